"""Spreadsheets on their way into the register: upload, match the columns, ask for a dry run, apply, discard.

Flushes, never commits. The long work is done by tracker/imports/work.py, in the background.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, func, select

from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db, locked_row, row_of
from tracker.imports import cells, rules, tables
from tracker.imports.asset_targets import ASSETS
from tracker.imports.models import Import, ImportRow
from tracker.imports.people_targets import PEOPLE
from tracker.imports.rows import CUSTOM, Column
from tracker.imports.rules import Choices, Counts, ImportState, ListOf, Verdict
from tracker.imports.tables import Line, Source, Unreadable
from tracker.imports.targets import Field, Vocabulary
from tracker.inventory.fields import all_fields
from tracker.values import Actor, Blocker, Conflict, Denied, NotFound, Subject, one_line, unprintable, utc_now

HEAD_MOST = 30  # rows among which the headings are looked for
SAMPLES = 4  # values of a column that are shown
SAMPLE_MOST, HEADING_MOST = 60, 200  # characters
PAGE = 50  # rows of a page
VOCABULARIES: Mapping[ListOf, Vocabulary] = {ListOf.ASSETS: ASSETS, ListOf.PEOPLE: PEOPLE}


@dataclass(frozen=True)
class Head:
    """The beginning of a table: which row has the headings, and some values below each."""

    row: int
    headings: list[str]
    samples: list[list[str]]


def subject_of(found: Import) -> Subject:
    """The import as the log knows it."""
    return Subject("import", found.id, found.name)


def upload(actor: Actor, name: str, data: bytes, list_of: ListOf = ListOf.ASSETS) -> Import:
    """Keep a file and match its columns as far as their headings tell. Raises Unreadable."""
    source = tables.examine(data)
    sheet = source.sheets[0] if source.sheets else ""
    head = _head(VOCABULARIES[list_of], data, source, sheet, 0)
    now = utc_now()
    found = Import(
        school_id=actor.school_id,
        name=_name(name),
        list_of=list_of.value,
        data=data,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        form=source.form,
        encoding=source.encoding,
        delimiter=source.delimiter,
        sheets=list(source.sheets),
        hidden=sorted(source.hidden),
        state=ImportState.UPLOADED.value,
        message="",
        apply_next=False,
        rows_total=tables.rows_about(data, source, sheet),
        rows_done=0,
        counts=vars(Counts()),
        creates={},
        digest="",
        seen_seq=0,
        worker="",
        heartbeat_at=None,
        uploaded_at=now,
        uploaded_by=actor.name,
        tried_at=None,
        applied_at=None,
        **_asked(actor),
        **_matched(actor.school_id, list_of, sheet, head),
    )
    add(found)
    told = {"size_bytes": len(data), "sha256": found.sha256}
    record(actor, EventKind.IMPORT_UPLOADED, subject_of(found), after=told)
    return found


def choose_table(actor: Actor, import_id: UUID, sheet: str, heading_row: int) -> Import:
    """Read another sheet, or take another row for the headings. Raises NotFound, Denied, Unreadable."""
    found = locked(actor.school_id, import_id)
    _refuse(rules.may_match(ImportState(found.state)).blockers)
    data, source = data_of(found), source_of(found)
    if source.form == "xlsx" and sheet not in source.sheets:
        raise Unreadable("There is no such sheet in this workbook. Choose one of the list.")
    head = _head(vocabulary_of(found), data, source, sheet, max(0, heading_row))
    for name, value in _matched(actor.school_id, ListOf(found.list_of), sheet, head).items():
        setattr(found, name, value)
    found.rows_total = tables.rows_about(data, source, sheet)
    _restart(found)
    return found


def match(actor: Actor, import_id: UUID, mapping: Mapping[int, str], choices: Choices, *, version: int) -> Import:
    """Say what the columns mean, and ask for a dry run. Raises NotFound, Denied with every reason, Conflict."""
    found = locked(actor.school_id, import_id)
    if found.version != version:
        raise Conflict("Somebody else matched the columns of this import, or it runs already. Look at it again.")
    labels, repeated = labels_of(found), vocabulary_of(found).repeated
    blockers = [*rules.may_try(ListOf(found.list_of), ImportState(found.state), set(mapping.values())).blockers]
    if not set(mapping.values()) <= set(labels) or not set(mapping) <= set(range(len(found.headings))):
        blockers.append(Blocker("unknown", "This form is not whole. Open it again and repeat your choice."))
    single = [word for word in mapping.values() if word not in repeated]
    for word in sorted({word for word in single if single.count(word) > 1}):
        message = f"Two columns are matched with “{labels.get(word, word)}”. Choose one, and leave the other out."
        blockers.append(Blocker("twice", message))
    _refuse(blockers)
    found.mapping = {str(column): word for column, word in mapping.items()}
    found.choices = dict(vars(choices))
    ask(actor, found)
    told = {"columns": [f"{found.headings[column]}: {word}" for column, word in sorted(mapping.items())]}
    record(actor, EventKind.IMPORT_TRIED, subject_of(found), after=told)
    return found


def try_again(actor: Actor, import_id: UUID) -> Import:
    """Ask for another dry run with the same columns. Raises NotFound, Denied."""
    found = locked(actor.school_id, import_id)
    mapped = set(found.mapping.values())
    _refuse(rules.may_try(ListOf(found.list_of), ImportState(found.state), mapped).blockers)
    ask(actor, found)
    return found


def ask(actor: Actor, found: Import) -> None:
    """Have the dry run begin, for this person."""
    _restart(found)
    found.state = ImportState.WAITING.value
    for name, value in _asked(actor).items():
        setattr(found, name, value)
    db.session.flush()


def apply(actor: Actor, import_id: UUID, digest: str) -> Import:
    """Ask for all of it to go into the register, as the dry run with this digest showed it. Once is enough.

    Raises NotFound, Denied with every reason why not, and Conflict where the dry run was repeated since.
    """
    found = get_import(actor.school_id, import_id)
    if _on_its_way(found, digest):
        return found  # without the lock, which whoever applies it holds to the end
    found = locked(actor.school_id, import_id)
    state = ImportState(found.state)
    if _on_its_way(found, digest):
        return found
    if found.digest != digest:
        raise Conflict("The dry run was repeated since you looked. Look at the new result, then apply it.")
    _refuse(rules.may_apply(state, counts_of(found)).blockers)
    same = found.asked_role == (actor.role.value if actor.role else "")
    for name, value in _asked(actor).items():
        setattr(found, name, value)
    found.message, found.apply_next = "", True
    # what a dry run says depends on the role: one of another role looks first, and is shown what is different
    found.state = (ImportState.APPLYING if same else ImportState.WAITING).value
    found.worker, found.heartbeat_at = "", None
    db.session.flush()
    return found


def _on_its_way(found: Import, digest: str) -> bool:
    """Whether somebody asked for the same before: pressed twice, or two people."""
    asked = found.apply_next or found.state in (ImportState.APPLYING.value, ImportState.APPLIED.value)
    return asked and found.digest == digest


def discard(actor: Actor, import_id: UUID) -> Import:
    """Throw the file and what the dry run said away. Raises NotFound, Denied."""
    found = locked(actor.school_id, import_id)
    _refuse(rules.may_discard(ImportState(found.state)).blockers)
    _restart(found)
    found.state, found.data, found.samples = ImportState.DISCARDED.value, None, []
    db.session.flush()
    forget_rows(found.school_id, found.id)
    record(actor, EventKind.IMPORT_DISCARDED, subject_of(found))
    return found


def forget_rows(school_id: UUID, import_id: UUID) -> None:
    """Remove what a dry run said."""
    db.session.execute(delete(ImportRow).where(ImportRow.school_id == school_id, ImportRow.import_id == import_id))


# --- what is there -------------------------------------------------------------------------------------------------


def get_import(school_id: UUID, import_id: UUID) -> Import:
    """The import. Raises NotFound, also for another school's."""
    return row_of(Import, school_id, import_id)


def locked(school_id: UUID, import_id: UUID) -> Import:
    """The import as it is now, locked until the transaction ends. Raises NotFound."""
    return locked_row(Import, school_id, import_id)


def listed(school_id: UUID, page: int) -> tuple[list[Import], int]:
    """One page of imports, the newest first, and how many there are."""
    mine = Import.school_id == school_id
    total = db.session.scalar(select(func.count()).select_from(Import).where(mine)) or 0
    query = select(Import).where(mine).order_by(Import.uploaded_at.desc(), Import.id.desc())
    return list(db.session.scalars(query.limit(PAGE).offset((page - 1) * PAGE))), total


def rows(
    found: Import, verdict: Verdict | None, after: int, *, limit: int = PAGE, remarks: bool = False
) -> list[ImportRow]:
    """Rows in the order of the file behind row `after`; `remarks`: only those with something to say."""
    where: list[ColumnElement[bool]] = [ImportRow.school_id == found.school_id, ImportRow.import_id == found.id]
    where.append(ImportRow.number > after)
    if verdict is not None:
        where.append(ImportRow.verdict == verdict.value)
    if remarks:
        where.append(ImportRow.remarked.is_(True))
    return list(db.session.scalars(select(ImportRow).where(*where).order_by(ImportRow.number).limit(limit)))


def data_of(found: Import) -> bytes:
    """The file, byte for byte. Raises NotFound where it was discarded."""
    mine = (Import.school_id == found.school_id) & (Import.id == found.id)
    data = db.session.scalar(select(Import.data).where(mine))
    if data is None:
        raise NotFound
    return data


def source_of(found: Import) -> Source:
    """What the file is, as it was found when it came."""
    return Source(found.form, found.encoding, found.delimiter, tuple(found.sheets), frozenset(found.hidden))


def choices_of(found: Import) -> Choices:
    """What was chosen for the whole file."""
    known = {one.name for one in fields(Choices)}
    return Choices(**{name: value for name, value in found.choices.items() if name in known})  # type: ignore[arg-type] # as they were kept


def counts_of(found: Import) -> Counts:
    """What the last dry run counted."""
    known = {one.name for one in fields(Counts)}
    told: dict[str, Any] = {name: value for name, value in found.counts.items() if name in known}
    return Counts(**{**told, "remarks": tuple(tuple(one) for one in told.get("remarks", ()))})


def columns_of(found: Import) -> list[Column]:
    """The columns that are used."""
    told = sorted((int(column), word) for column, word in found.mapping.items())
    return [Column(column, found.headings[column] or f"Column {column + 1}", word) for column, word in told]


def vocabulary_of(found: Import) -> Vocabulary:
    """What the columns of this spreadsheet can mean."""
    return VOCABULARIES[ListOf(found.list_of)]


def fields_of(school_id: UUID, list_of: ListOf = ListOf.ASSETS) -> list[Field]:
    """The school's own fields as targets; people have none."""
    if list_of is not ListOf.ASSETS:
        return []
    return [Field(f"{CUSTOM}{one.id}", one.name) for one in all_fields(school_id) if one.retired_at is None]


def labels_of(found: Import) -> dict[str, str]:
    """What people call each target that a column of this spreadsheet can mean."""
    return _labels(found.school_id, ListOf(found.list_of))


def _labels(school_id: UUID, list_of: ListOf) -> dict[str, str]:
    own = {field.word: field.name for field in fields_of(school_id, list_of)}
    return {word: target.label for word, target in VOCABULARIES[list_of].by_word.items()} | own


# --- reading the beginning ------------------------------------------------------------------------------------------


def _head(vocabulary: Vocabulary, data: bytes, source: Source, sheet: str, row: int) -> Head:
    """The headings and some values below them; `row` 0: look for the row that has the headings. Raises Unreadable."""
    first = list[Line]()
    for line in tables.lines(data, source, sheet):
        if row and line.number < row:
            continue
        first.append(line)
        if len(first) >= HEAD_MOST + SAMPLES:
            break
    if not first:
        raise Unreadable("This table is empty. Choose another sheet or file.")
    chosen = first[0] if row else _heading_line(vocabulary, first)
    headings = [_text(cell)[:HEADING_MOST] for cell in chosen.cells]
    below = [line for line in first if line.number > chosen.number]
    if not below:
        raise Unreadable("There is no row below the headings. Choose another row for the headings, or another file.")
    width = max(len(headings), *(len(line.cells) for line in below))
    headings += [""] * (width - len(headings))
    tables.check_sheet(data, source, sheet, chosen.number)
    samples = [_samples(below, column) for column in range(width)]
    return Head(chosen.number, headings, samples)


def _heading_line(vocabulary: Vocabulary, first: Sequence[Line]) -> Line:
    """The row with the most headings that are known; where none has two, the first with two texts."""
    best = max(first[:HEAD_MOST], key=lambda line: vocabulary.score([_text(cell) for cell in line.cells]))
    if vocabulary.score([_text(cell) for cell in best.cells]) >= 2:
        return best
    return next((line for line in first if sum(bool(_text(cell)) for cell in line.cells) > 1), first[0])


def _samples(below: Sequence[Line], column: int) -> list[str]:
    told = (_text(line.cells[column]) for line in below if column < len(line.cells))
    return list(dict.fromkeys(text[:SAMPLE_MOST] for text in told if text))[:SAMPLES]


def _text(cell: tables.Cell) -> str:
    try:
        text = cells.text_of(cell)
    except ValueError:
        text = str(cell)
    return "".join(" " if unprintable(character) else character for character in text[:500])


def _matched(school_id: UUID, list_of: ListOf, sheet: str, head: Head) -> dict[str, Any]:
    """The columns for these headings: as the school matched them the last time, else by their names."""
    key = hashlib.sha256("\0".join(head.headings).encode()).hexdigest()
    last = db.session.scalar(_before(school_id, list_of, key).limit(1))
    known = _labels(school_id, list_of)
    if last is not None:
        mapping = {column: word for column, word in last.mapping.items() if word in known}
        choices = dict(last.choices)
    else:
        own = fields_of(school_id, list_of)
        guessed = VOCABULARIES[list_of].guess(head.headings, head.samples, own)
        mapping = {str(column): word for column, word in guessed.items()}
        choices = dict(vars(Choices()))
    return {
        "sheet": sheet,
        "heading_row": head.row,
        "headings": head.headings,
        "headings_key": key,
        "samples": head.samples,
        "mapping": mapping,
        "choices": choices,
    }


def _before(school_id: UUID, list_of: ListOf, key: str) -> Select[Import]:
    """The imports with these headings whose columns somebody matched, the latest first."""
    same = select(Import).where(Import.school_id == school_id, Import.headings_key == key, Import.tried_at.is_not(None))
    return same.where(Import.list_of == list_of.value).order_by(Import.uploaded_at.desc())


def remembered(found: Import) -> Import | None:
    """The earlier import whose columns this one began with."""
    query = _before(found.school_id, ListOf(found.list_of), found.headings_key)
    return db.session.scalar(query.where(Import.uploaded_at < found.uploaded_at).limit(1))


def _asked(actor: Actor) -> dict[str, Any]:
    role = actor.role.value if actor.role else ""
    return {"asked_by": actor.name, "asked_by_id": actor.id, "asked_role": role, "asked_from": actor.origin[:100]}


def _restart(found: Import) -> None:
    """Whatever runs at this import notices at its next step, and leaves it alone."""
    found.state, found.message, found.worker = ImportState.UPLOADED.value, "", ""
    found.heartbeat_at, found.rows_done, found.apply_next = None, 0, False
    found.digest = ""
    db.session.flush()


def _name(name: str) -> str:
    plain = one_line("".join(" " if unprintable(c) else c for c in name.replace("\\", "/").rpartition("/")[2]))
    return plain[:200] or "Spreadsheet"


def _refuse(blockers: Sequence[Blocker]) -> None:
    if blockers:
        raise Denied(tuple(blockers))
