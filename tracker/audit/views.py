"""The log: the history of one thing as a panel, the whole log with filters, CSV, and checkpoints."""

from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.wrappers import Response

from tracker import web
from tracker.audit import checkpoints, keys, words
from tracker.audit.kinds import EventKind
from tracker.audit.search import SYSTEM, Filter, actors, page, search
from tracker.audit.service import Entry, history, record
from tracker.config import BadSetting
from tracker.db import db
from tracker.spreadsheet import csv_bytes
from tracker.values import LONDON, Actor, Role, Subject, iso_utc, utc_now

bp = Blueprint("audit", __name__)
SEALERS = frozenset({Role.HEAD, Role.BURSAR, Role.AUDITOR})
PAGE = 50  # events
CSV_ROWS = 100_000
HEADER = ("number", "when (UTC)", "what", "kind", "thing", "who", "role", "from", "before", "after", "why")


bp.add_app_template_global(words.sentence, "sentence")
bp.add_app_template_global(words.changes, "changes")


def history_of(subject_type: str) -> list[web.Panel]:
    """The history panel for one type of thing, see tracker/app.py."""

    def body(actor: Actor, subject_id: UUID) -> Markup:
        entries = history(actor.school_id, subject_type, subject_id)
        if _discreet(actor):
            entries = [one for one in entries if one.role != Role.STAFF.value]
        page = render_template("audit/_history.html", entries=entries, type=subject_type, id=subject_id)
        return Markup(page)  # noqa: S704 - a template made it

    return [web.Panel("History", body)]


@bp.get("/log")
@web.allow(web.READERS)
def log() -> ResponseReturnValue:
    """What happened in this school, the newest first."""
    found = page(web.actor().school_id, _filter(), before_seq=_before(), limit=PAGE)
    kept = _arguments()
    return render_template(
        "audit/log.html",
        entries=found.entries,
        older=urlencode({**kept, "before": found.older}) if found.older else None,
        unsearched=found.unsearched,
        newest=urlencode(kept) if _before() else None,
        query=urlencode(kept),
        kept=kept,
        kinds=_kinds(),
        discreet=_discreet(web.actor()),
        actors=[(str(one), name) for one, name in actors(web.actor().school_id)],
    )


def _kinds() -> dict[str, list[tuple[str, str]]]:
    """The choices of the filter: code and sentence, by what they are about."""
    found: dict[str, list[tuple[str, str]]] = {}
    for kind in sorted(EventKind, key=lambda one: one.value):
        found.setdefault(kind.value.partition(":")[0].capitalize(), []).append((kind.value, words.sentence(kind)))
    return found


@bp.get("/log.csv")
@web.allow(web.READERS)
def log_csv() -> ResponseReturnValue:
    """Exactly what is filtered, as a file; that it was taken out is in the log."""
    actor = web.actor()
    entries = search(actor.school_id, _filter(), before_seq=None, limit=CSV_ROWS)
    web.writing()
    told = {"rows": len(entries), **_arguments()}
    record(actor, EventKind.REGISTER_EXPORTED, Subject("school", actor.school_id, "The log"), after=told)
    db.session.commit()
    return Response(
        csv_bytes(HEADER, (_cells(one) for one in entries)),
        mimetype="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="log-{utc_now():%Y-%m-%d}.csv"'},
    )


def _cells(one: Entry) -> tuple[str, ...]:
    before, after = (_told(side) for side in (one.before, one.after))
    return (
        str(one.seq), iso_utc(one.at), words.sentence(one.kind), one.kind, one.label, one.actor, one.role or "",
        one.origin, before, after, one.why,
    )  # fmt: skip


def _told(values: dict[str, object]) -> str:
    return "; ".join(f"{name}: {words.shown(value, name)}" for name, value in values.items())


def _arguments() -> dict[str, str]:
    names = ("kind", "actor", "who", "what", "from", "to", "type", "id")
    return {name: request.args[name][:200] for name in names if request.args.get(name)}


def _filter() -> Filter:
    """From the address; what cannot be used is left out."""
    kept = _arguments()
    to = _day(kept.get("to"))
    return Filter(
        kind=kept["kind"] if kept.get("kind") in set(EventKind) else None,
        actor=kept.get("who", ""),
        label=kept.get("what", ""),
        since=_midnight(_day(kept.get("from"))),
        until=_midnight(to + timedelta(days=1)) if to else None,
        subject_type=kept.get("type"),
        subject_id=_uuid(kept.get("id")),
        actor_id=SYSTEM if kept.get("actor") == SYSTEM else _uuid(kept.get("actor")),
        discreet=_discreet(web.actor()),
    )


def _discreet(actor: Actor) -> bool:
    """Whether somebody sees the log without who reported what: a governor (clause IN4: a colleague is not shown)."""
    return actor.role is Role.GOVERNOR


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        return None
    return day if day and 2000 <= day.year < 2200 else None


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), LONDON).astimezone(UTC) if day else None


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _before() -> int | None:
    text = request.args.get("before", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


@bp.get("/log/checkpoints")
@web.allow(web.READERS)
def checkpoint_list() -> ResponseReturnValue:
    """The signed statements of how the log stood."""
    rows = checkpoints.newest(web.actor().school_id)
    return render_template("audit/checkpoints.html", rows=rows, sealer=web.actor().role in SEALERS)


@bp.post("/log/checkpoints")
@web.allow(SEALERS)
def checkpoint() -> ResponseReturnValue:
    """Read the whole log and sign how it stands."""
    try:
        checkpoints.sign(web.actor(), keys.signing_key(web.config().instance))
    except (checkpoints.BadLog, BadSetting) as error:
        db.session.rollback()
        flash(str(error), "danger")
    else:
        db.session.commit()
        flash("The log was read and holds. Download the checkpoint and keep it elsewhere.", "success")
    return redirect(url_for("audit.checkpoint_list"))


@bp.get("/log/checkpoints/<uuid:checkpoint_id>.jws")
@web.allow(web.READERS)
def checkpoint_file(checkpoint_id: UUID) -> ResponseReturnValue:
    """One statement, to be kept elsewhere."""
    found = checkpoints.get_checkpoint(web.actor().school_id, checkpoint_id)
    return _download(found.statement + "\n", f"checkpoint-{found.seq}.jws", "application/jose")


@bp.get("/log/checkpoints/key.pem")
@web.allow(web.READERS)
def checkpoint_key() -> ResponseReturnValue:
    """The public key that checks them."""
    key = keys.signing_key(web.config().instance).public_key()
    return _download(keys.public_pem(key).decode(), "checkpoint-key.pem", "application/x-pem-file")


def _download(text: str, name: str, kind: str) -> Response:
    return Response(text, mimetype=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
