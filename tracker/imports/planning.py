"""What would become of each row: new, changed, unchanged or faulty, and why. Writes nothing.

The rules of the register are asked, not repeated: inventory.intake_rows has those that one thing and many share.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from labels import code
from tracker.imports import cells, matching
from tracker.imports.asset_targets import ASSETS
from tracker.imports.lookups import Register
from tracker.imports.matching import Matches
from tracker.imports.planned import Planned
from tracker.imports.plans import encoded, label_of_drive, medium_told, same_medium, shown
from tracker.imports.rows import Told
from tracker.imports.rules import Verdict
from tracker.inventory import facts, fields, rules, telling
from tracker.inventory.details import AssetDetails
from tracker.inventory.intake_rows import changed_copy, draft, may_change, settle
from tracker.inventory.models import Asset, CustomField
from tracker.inventory.rules import AssetState, CustomType, serial_key
from tracker.media.service import MediumDetails, faults_of, label_of, tidied
from tracker.values import Blocker, Role

# Which column a blocker of the register's rules is about
_COLUMNS: Mapping[str, str] = {
    "serial_and_reason": "serial_reason",
    "acquired_on": "acquired_on",
    "cost": "cost_pence",
    "insurance": "insurance_pence",
    "life": "life_months",
    "warranty": "warranty_until",
    "marked_on": "security_marked_on",
    "marking": "security_marking",
    "kind_hides_storage": "kind",
    "kind_retired": "kind",
    "no_location": "location",
    "not_lockable": "location",
    "same_serial": "serial",
}
_NEVER = frozenset({"storage_not_told"})
_PLAIN = frozenset(AssetDetails.__dataclass_fields__) - {
    "tag",
    "same_serial",
    "kind_id",
    "location_id",
    "custom",
    "notes",
}


class Planner:
    """Plans the rows of one file in their order; it remembers what earlier rows named."""

    def __init__(self, school_id: UUID, register: Register, role: Role | None) -> None:
        self.school_id, self.register, self.role = school_id, register, role
        self.fields: Mapping[UUID, CustomField] = {one.id: one for one in register.known.fields}
        self.serials: dict[str, int] = {}
        self.tags: dict[str, int] = {}
        self.drives: dict[str, int] = {}
        self.assets: dict[UUID, int] = {}
        self.prints: dict[str, int] = {}

    def foresee(self, rows: Iterable[Told]) -> None:
        """No row names a later one."""

    def plan(self, rows: Sequence[Told]) -> list[Planned]:
        """What would become of these rows."""
        prints = [self._print(row) for row in rows]
        matches = matching.load(self.school_id, rows, [one for one in prints if one])
        return [self._row(row, one, matches) for row, one in zip(rows, prints, strict=True)]

    def _print(self, row: Told) -> str:
        """What tells a row again that has neither tag nor serial number: all it says, and which of equal rows it is."""
        if row.values.get("tag") or serial_key(str(row.values.get("serial", ""))):
            return ""
        said = [row.values, row.place, row.custom, row.notes, [vars(one) for one in row.drives], row.no_storage]
        key = hashlib.sha256(json.dumps(said, default=str, sort_keys=True).encode()).hexdigest()
        self.prints[key] = self.prints.get(key, 0) + 1
        return hashlib.sha256(f"{key}:{self.prints[key]}".encode()).hexdigest()[:32]

    def _row(self, row: Told, fingerprint: str, matches: Matches) -> Planned:
        asset = self._asset(row, fingerprint, matches)
        self._seen(row, asset)
        found = self._new(row, matches) if asset is None else self._known(row, asset, matches)
        found.fingerprint = fingerprint
        found.remarks = [*row.remarks, *found.remarks]
        found.faults = [list(one) for one in row.faults]
        if found.faults:
            found.verdict, found.plan, found.changes, found.remarks = Verdict.FAULTY, {}, [], []
        return found

    def _asset(self, row: Told, fingerprint: str, matches: Matches) -> Asset | None:
        """The thing that a row is about; None for a new one, and where a fault was noted."""
        told, serial = str(row.values.get("tag", "")), str(row.values.get("serial", ""))
        others = matches.by_serial.get(serial_key(serial), [])
        tag = code.normalise(told) if told else None
        if told and tag is None:
            row.fault("tag", f"“{told[:40]}” is no tag of Caretaker. Leave it out, or match the column with the notes.")
            return None
        if tag is not None:
            row.values["tag"] = tag
            if tag in matches.retired:
                now = code.shown(matches.retired[tag].tag)
                row.fault("tag", f"The label {code.shown(tag)} was retired. The thing has the tag {now} now.")
                return None
            asset = matches.by_tag.get(tag)
            if others and asset not in others:
                row.fault("serial", f"{self._label(others[0])} has this serial number. Correct the tag or the number.")
            return asset
        if len(others) > 1:
            listed = ", ".join(code.shown(one.tag) for one in others[:3])
            row.fault("serial", f"Several things have this serial number: {listed}. Give the tag of the one you mean.")
            return None
        return others[0] if others else matches.by_print.get(fingerprint)

    def _seen(self, row: Told, asset: Asset | None) -> None:
        """Refuse a second row about the same thing, which would make the order of the rows decide."""
        serial, tag = serial_key(str(row.values.get("serial", ""))), str(row.values.get("tag", ""))
        for seen, key, target, what in (
            (self.serials, serial, "serial", "has the same serial number"),
            (self.tags, tag, "tag", "has the same tag"),
        ):
            if key and seen.setdefault(key, row.number) != row.number:
                row.fault(target, f"Row {seen[key]:,} {what}. Remove or correct one of the two.")
        if asset is not None and self.assets.setdefault(asset.id, row.number) != row.number:
            row.fault("serial", f"Row {self.assets[asset.id]:,} is about the same thing. Remove one of the two.")
        for number, drive in enumerate(row.drives, 1):
            key = serial_key(drive.serial)
            if key and self.drives.setdefault(key, row.number) != row.number:
                row.fault(
                    f"drive.{number}.serial", f"Row {self.drives[key]:,} lists this drive, too. Correct one of the two."
                )

    def creates(self) -> dict[str, dict[str, object]]:
        """Kinds, places and people that rows without a fault need and the register does not have, by their ids."""
        return {str(key): one for key, one in self.register.creates.items() if key in self.register.used}

    # --- a new thing ---------------------------------------------------------------------------------------------

    def _new(self, row: Told, matches: Matches) -> Planned:
        told = self._details(row, None)
        if told is None:
            return Planned(row.number, Verdict.FAULTY, self._named(row))
        details, blockers = settle(told, None, self.register.known)
        self._fault(row, blockers)
        drives = self._drives(row, details, None, matches)
        asset = draft(self.school_id, details, details.tag or "?")
        asset.media_count = asset.media_holding = len(drives)
        statement = self._statement(row, asset, False, {})
        remarks = self._statement_remarks(row, statement)
        now = facts.facts_from(asset, self.register.known.around(asset, bool(statement), {}))
        missing = rules.gates(now, AssetState.IN_STORE)
        if missing:
            remarks.append("It stays “Incoming”: " + " ".join(one.message for one in missing))
        elif row.state is AssetState.IN_USE:
            why = " ".join(one.message for one in rules.gates(now, AssetState.IN_USE))
            remarks.append(f"It goes into store, not into use yet: {why}".rstrip(": "))
        plan: dict[str, Any] = {"details": encoded(details), "drives": [encoded(one) for one in drives]}
        if statement:
            plan["no_storage"] = statement
        self._use(row, details)
        found = Planned(row.number, Verdict.NEW, self._label(asset), plan=plan, remarks=remarks)
        found.stored = not missing
        return found

    def _details(self, row: Told, asset: Asset | None) -> AssetDetails | None:
        """What the row says on top of what is known; None where not even the kind can be told."""
        known = None if asset is None else telling.details_of(asset)
        ids: dict[str, Any] = {}
        for target in ("kind", "location", "responsible"):
            said = row.place if target == "location" else row.values.get(target)
            if not said and not (target == "kind" and asset is None):
                continue
            try:
                ids[f"{target}_id"] = self._look(target, row)
            except ValueError as error:
                row.fault(target if target in row.headings else "building", str(error))
        plain = {name: value for name, value in row.values.items() if name in _PLAIN}
        if known is not None and known.serial and serial_key(plain.get("serial", "")) == serial_key(known.serial):
            del plain["serial"]  # only spelled otherwise
        if plain.get("serial"):
            plain.setdefault("serial_reason", "")
        elif known is not None and known.serial:
            plain.pop("serial_reason", None)  # the file does not know the number, the register does
        if known is None:
            if "kind_id" not in ids:
                return None
            known = AssetDetails(ids["kind_id"], tag=str(row.values.get("tag", "")))
        details = replace(known, **plain, **ids)
        return replace(details, notes=_notes(known.notes, row), custom=self._custom(row, details))

    def _look(self, target: str, row: Told) -> UUID:
        if target == "location":
            return self.register.place(row.place)
        look = self.register.kind if target == "kind" else self.register.person
        return look(str(row.values.get(target, "")))

    def _custom(self, row: Told, details: AssetDetails) -> dict[UUID, Any]:
        kept = dict(details.custom)
        for field_id, cell in row.custom.items():
            found = self.fields.get(UUID(field_id))
            target = f"custom.{field_id}"
            if found is None or found.retired_at is not None:
                row.fault(target, "This field is no longer used. Match the columns again.")
                continue
            try:
                value = fields.read(found, cells.custom_text(CustomType(found.type), cell))
            except ValueError as error:
                row.fault(target, str(error))
                continue
            if value is None:
                continue
            if found.kind_id not in (None, details.kind_id):
                kind = self.register.known.kinds[found.kind_id].name if found.kind_id else ""
                row.fault(target, f"Only a {kind} has this field. Leave the cell empty.")
                continue
            kept[found.id] = value
        return kept

    # --- a thing that is known -----------------------------------------------------------------------------------

    def _known(self, row: Told, asset: Asset, matches: Matches) -> Planned:
        found = Planned(row.number, Verdict.UNCHANGED, self._label(asset), asset.id)
        told = self._details(row, asset)
        if told is None or row.faults:
            return found
        details, blockers = settle(told, asset, self.register.known)
        had, has = telling.columns(telling.details_of(asset)), telling.columns(details)
        changed = [name for name in has if has[name] != had[name] and name != "serial_key"]
        latest, stated = matches.checks.get(asset.id, {}), asset.id in matches.stated
        if changed and not blockers:
            blockers = may_change(asset, changed_copy(asset, details), self.register.known, stated, latest)
        self._fault(row, blockers if changed else [])
        drives = self._drives(row, details, asset, matches)
        statement = "" if stated else self._statement(row, asset, stated, latest)
        if drives and not row.faults:
            self._fault(row, rules.may_edit(AssetState(asset.state)).blockers)
        found.remarks = self._statement_remarks(row, statement) if not stated else []
        now = AssetState(asset.state)
        if row.state is not None and row.state is not now and now is not AssetState.INCOMING:
            found.remarks.append(
                f"It is “{now.label}” in the register. An import does not change the state of a thing that is there."
            )
        if not changed and not drives and not statement:
            return found
        found.verdict = Verdict.CHANGED
        found.changes = self._changes(changed, had, has)
        found.changes += [["Storage medium", "", label_of_drive(one)] for one in drives]
        found.changes += [["Holds no storage", "", statement]] if statement else []
        found.changes += [["Statement that it holds no storage", "stands", "withdrawn"]] if stated and drives else []
        kept = encoded(details)
        told_now = {name: kept.get(name) for name in changed}
        found.plan = {"details": told_now, "drives": [encoded(one) for one in drives], "version": asset.version}
        if statement:
            found.plan["no_storage"] = statement
        self._use(row, details)
        return found

    def _changes(self, changed: Sequence[str], had: Mapping[str, Any], has: Mapping[str, Any]) -> list[list[str]]:
        told = []
        for name in changed:
            if name == "custom":
                ids = [one for one in has[name] if has[name].get(one) != had[name].get(one)]
                for one in ids:
                    known = self.fields[UUID(one)]
                    told.append([known.name, *(fields.shown(known, side[name].get(one)) for side in (had, has))])
                continue
            target = {"kind_id": "kind", "location_id": "location", "responsible_id": "responsible"}.get(name, name)
            told.append([ASSETS.by_word[target].label, *(self._shown(name, side[name]) for side in (had, has))])
        return told

    def _shown(self, name: str, value: Any) -> str:
        known = self.register.known
        if value is None:
            return ""
        if name == "kind_id":
            return known.kinds[value].name
        if name == "location_id":
            return known.places[value].path
        if name == "responsible_id":
            return known.people[value].name
        return shown(name, value)

    # --- storage -------------------------------------------------------------------------------------------------

    def _drives(self, row: Told, details: AssetDetails, asset: Asset | None, matches: Matches) -> list[MediumDetails]:
        """The media that the row lists and that are not in the thing already."""
        inside = list(matches.inside.get(asset.id, ())) if asset is not None else []
        found = []
        for number, drive in enumerate(row.drives, 1):
            medium = tidied(medium_told(drive, details.data_class))
            target = next((one for one in row.headings if one.startswith(f"drive.{number}.")), "")
            others = matches.media.get(serial_key(medium.serial), [])
            here = next((one for one in inside if same_medium(one, medium)), None)
            if here is not None:
                inside.remove(here)
                continue
            for blocker in faults_of(medium):
                row.fault(target, blocker.message)
            if others:
                message = f"{label_of(others[0])} is in the register already. Open it and move it."
                row.fault(f"drive.{number}.serial", message)
            found.append(medium)
        if found and row.no_storage:
            row.fault("no_storage", "The row lists a drive and says that there is none. Correct one of the two.")
        return found

    def _statement(self, row: Told, asset: Asset, stated: bool, latest: Any) -> str:
        """The reason of a statement that there is no storage, where this person may make it."""
        if not row.no_storage or self.role is not Role.TECHNICIAN or row.drives:
            return ""
        reason = "" if row.no_storage == "?" else row.no_storage
        now = facts.facts_from(asset, self.register.known.around(asset, stated, latest))
        decision = rules.may_assert_no_storage(now, self.role, reason)
        for blocker in decision.blockers:
            row.fault("no_storage", blocker.message)
        return reason.strip() if decision.allowed else ""

    def _statement_remarks(self, row: Told, statement: str) -> list[str]:
        if row.no_storage and not statement and self.role is not Role.TECHNICIAN:
            return ["That it holds no storage is left out: only a technician, who looked, can state it."]
        return []

    # --- in words ------------------------------------------------------------------------------------------------

    def _fault(self, row: Told, blockers: Sequence[Blocker]) -> None:
        for blocker in blockers:
            target = _COLUMNS.get(blocker.code, "")
            if blocker.code in ("too_long", "unprintable"):
                target = next(
                    (one.word for one in ASSETS.by_word.values() if f"The {one.label.lower()} " in blocker.message), ""
                )
            if blocker.code.startswith("custom:"):
                target = blocker.code.replace(":", ".")
            row.fault(target, blocker.message)

    def _label(self, asset: Asset) -> str:
        kind = self.register.known.kinds.get(asset.kind_id)
        tag = code.shown(asset.tag) if len(asset.tag) == code.LENGTH else ""
        name = " ".join(part for part in (tag, kind.name if kind else "", asset.make, asset.model) if part)
        return (f"{name}, serial {asset.serial}" if asset.serial else f"{name} {asset.name}".strip())[:300]

    def _named(self, row: Told) -> str:
        parts = (row.values.get(name) for name in ("kind", "make", "model", "name", "serial"))
        return " ".join(str(part) for part in parts if part)[:300]

    def _use(self, row: Told, details: AssetDetails) -> None:
        if not row.faults:
            self.register.use(details.kind_id, details.location_id, details.responsible_id)


def _notes(known: str, row: Told) -> str:
    """The notes with what the row adds to them; nothing is taken out, and nothing is added twice."""
    notes = known
    for part in [str(row.values.get("notes", "")), *row.notes]:
        if part and part not in notes:
            notes = f"{notes}\n{part}".strip()
    return notes
