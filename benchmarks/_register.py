"""A register of benchmark size, written straight into the tables: a school with its people, places, assets and log."""

import json
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, Engine, Integer, String, Table, Text, text, update
from uuid_utils.compat import uuid7

from labels import code
from tracker.audit.chain import GENESIS
from tracker.audit.kinds import EventKind
from tracker.audit.models import ChainHead, Event
from tracker.inventory.kinds import DEFAULTS
from tracker.inventory.models import Asset, AssetKind, CustomField, Location
from tracker.inventory.rules import AssetState, Ownership, serial_key
from tracker.media.models import Medium
from tracker.media.rules import MediumState
from tracker.people.models import Person
from tracker.values import folded

SLICE = 20_000  # rows at a time
NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
MODELS = {
    "Dell": ("Latitude 3420", "Latitude 5430", "OptiPlex 7090", "PowerEdge T350", "P2422H"),
    "HP": ("ProBook 450 G8", "EliteDesk 800 G6", "LaserJet Pro M404", "Aruba 2930F", "E24 G5"),
    "Lenovo": ("ThinkPad L14", "ThinkCentre M70q", "300e Chromebook", "ThinkVision T24i"),
    "Apple": ("iPad 9th generation", "MacBook Air M1", "iPhone SE"),
    "Epson": ("EB-685Wi", "EB-FH52", "WF-C5790"),
    "Promethean": ("ActivPanel 9", "ActivPanel Nickel"),
    "Acer": ("Chromebook Spin 511", "TravelMate P2", "V227Q"),
    "Canon": ("EOS 250D", "LV-WX300"),
}
FIRST = ("Aisha", "Beth", "Callum", "Dylan", "Efa", "Femi", "Grace", "Hana", "Imran", "Jo", "Kwame", "Lucy", "Mair")
LAST = ("Adams", "Begum", "Clarke", "Davies", "Evans", "Farouk", "Green", "Hughes", "Iqbal", "Jones", "Khan", "Lloyd")
NOTES = (
    "cracked corner", "lid hinge loose", "came with case and charger", "shared trolley", "keyboard replaced in March",
    "lent to the office over summer", "sticker of year six", "docking station missing", "needs new battery soon",
)  # fmt: skip
DEPARTMENTS = ("Art", "English", "Maths", "Science", "Music", "SEND", "Office", "Nursery", "Year 3", "Year 6", "")


_EMPTY: dict[type, Any] = {String: "", Text: "", Integer: 0, Boolean: False, JSON: {}}


def load(engine: Engine, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows past the models, as fast as each database can: COPY on PostgreSQL, one statement on SQLite."""
    columns = list(table.columns)
    names = ", ".join(column.name for column in columns)
    processors = [column.type.dialect_impl(engine.dialect).bind_processor(engine.dialect) for column in columns]
    ready = (
        tuple(
            process(row[column.name]) if process and row[column.name] is not None else row[column.name]
            for column, process in zip(columns, processors, strict=True)
        )
        for row in rows
    )
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        if engine.dialect.name == "postgresql":
            with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:  # type: ignore[attr-defined]
                for told in ready:
                    copy.write_row(told)
        else:
            marks = ", ".join("?" * len(columns))
            cursor.execute("BEGIN")
            while part := list(islice(ready, SLICE)):
                cursor.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", part)  # noqa: S608
        connection.commit()
    finally:
        connection.close()


def blank(table: Any, /, **told: Any) -> dict[str, Any]:
    """A row with every column: what is told, else what an empty one holds."""
    row = {column.name: told.get(column.name) for column in table.__table__.columns}
    for column in table.__table__.columns:
        if row[column.name] is None and not column.nullable:
            row[column.name] = 1 if column.name == "version" else _EMPTY[type(column.type)]
    return row


class Builder:
    """Fills a migrated database. The same seed gives the same register."""

    def __init__(self, engine: Engine, school_id: UUID, *, assets: int, events: int) -> None:
        self.engine, self.school, self.assets, self.events = engine, school_id, assets, events
        self.pick = random.Random(20261124)  # noqa: S311 - sample data
        self.kinds = [uuid7() for _ in DEFAULTS]
        self.places: list[UUID] = []
        self.people = [uuid7() for _ in range(max(20, assets // 50))]
        self.asset_ids = [uuid7() for _ in range(assets)]
        self.fields = [uuid7() for _ in range(3)]
        self.begin = 0  # events that are there already

    def fill(self) -> None:
        """Everything, in an order that foreign keys allow."""
        load(self.engine, AssetKind.__table__, self._kinds())  # type: ignore[arg-type] # a table, as declared
        load(self.engine, Location.__table__, self._places())  # type: ignore[arg-type]
        load(self.engine, Person.__table__, self._people())  # type: ignore[arg-type]
        load(self.engine, CustomField.__table__, self._custom())  # type: ignore[arg-type]
        load(self.engine, Asset.__table__, self._assets())  # type: ignore[arg-type]
        load(self.engine, Medium.__table__, self._media())  # type: ignore[arg-type]
        with self.engine.connect() as connection:
            self.begin = connection.scalar(text("SELECT max(seq) FROM events")) or 0
        load(self.engine, Event.__table__, self._log())  # type: ignore[arg-type]
        with self.engine.begin() as connection:  # a sign-in while it is measured goes on from there
            connection.execute(
                update(ChainHead).where(ChainHead.school_id == self.school).values(seq=self.begin + self.events)
            )
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if connection.dialect.name == "postgresql":  # as its autovacuum does within minutes; SQLite has none
                connection.execute(text("VACUUM ANALYZE"))

    def _kinds(self) -> Iterator[dict[str, Any]]:
        for found, told in zip(self.kinds, DEFAULTS, strict=True):
            yield blank(AssetKind, school_id=self.school, id=found, **vars(told))

    def _places(self) -> Iterator[dict[str, Any]]:
        for site in range(max(1, self.assets // 5000)):
            path, parent = f"School {site + 1:02}", uuid7()
            yield self._place(parent, None, "site", path, path)
            for room in range(30):
                name = f"Room {room + 1}"
                yield self._place(uuid7(), parent, "room", name, f"{path} / {name}")

    def _place(self, found: UUID, parent: UUID | None, level: str, name: str, path: str) -> dict[str, Any]:
        self.places.append(found)
        told = {"parent_id": parent, "level": level, "name": name, "path": path, "search": folded(path)}
        return blank(Location, school_id=self.school, id=found, **told)

    def _people(self) -> Iterator[dict[str, Any]]:
        for number, found in enumerate(self.people):
            name = f"{FIRST[number % 13]} {LAST[number // 13 % 12]} {number // 156 or ''}".strip()
            told = {"name": name, "kind": "staff", "search": folded(name), "created_at": NOW}
            yield blank(Person, school_id=self.school, id=found, **told)

    def _custom(self) -> Iterator[dict[str, Any]]:
        for position, (found, name) in enumerate(zip(self.fields, ("Charger", "Insurer", "Room key"), strict=True)):
            yield blank(CustomField, school_id=self.school, id=found, name=name, type="text", position=position)

    def _assets(self) -> Iterator[dict[str, Any]]:
        for number, found in enumerate(self.asset_ids):
            yield self._asset(number, found)

    def _asset(self, number: int, found: UUID) -> dict[str, Any]:
        pick = self.pick
        make = pick.choice(list(MODELS))
        serial = f"{make[:2].upper()}{pick.getrandbits(40):010X}"
        bought = date(2016, 1, 1) + timedelta(days=pick.randrange(3900)) if pick.random() < 0.9 else None
        custom = {str(self.fields[0]): f"C-{pick.randrange(9999)}"} if pick.random() < 0.4 else {}
        told: dict[str, Any] = {
            "tag": tag_of(number),
            "kind_id": self.kinds[int(pick.triangular(0, len(self.kinds) - 0.01, 0))],
            "name": f"{pick.choice(DEPARTMENTS)} {number % 997}".strip() if pick.random() < 0.5 else "",
            "make": make,
            "model": pick.choice(MODELS[make]),
            "serial": serial,
            "serial_key": serial_key(serial),
            "ownership": (Ownership.LEASED if pick.random() < 0.1 else Ownership.SCHOOL).value,
            "location_id": pick.choice(self.places) if pick.random() < 0.9 else None,
            "responsible_id": pick.choice(self.people) if pick.random() < 0.7 else None,
            "data_class": "P",
            "state": pick.choices(list(AssetState), weights=[2, 15, 60, 5, 2, 2, 4, 1, 1, 1, 2, 3, 2])[0].value,
            "acquired_on": bought,
            "cost_pence": pick.randrange(5_000, 200_000) if pick.random() < 0.85 else None,
            "description": pick.choice(("black", "silver, scratched lid", "")),
            "department": pick.choice(DEPARTMENTS),
            "supplier": pick.choice(("Stone Group", "XMA", "Misco", "Amazon Business", "")),
            "order_number": f"PO-{pick.randrange(20_000):05}" if pick.random() < 0.6 else "",
            "funding_source": pick.choice(("Delegated budget", "Pupil premium", "PTA", "")),
            "warranty_until": bought + timedelta(days=1095) if bought and pick.random() < 0.7 else None,
            "custom": custom,
            "notes": ", ".join(pick.sample(NOTES, 3)) if pick.random() < 0.3 else "",
            "label_printed_at": NOW if pick.random() < 0.8 else None,
            "media_count": 1 if pick.random() < 0.7 else 0,
            "created_at": NOW,
        }
        own = ("serial", "serial_key", "name", "make", "model", "description", "department", "supplier", "order_number")
        texts = [told["tag"], code.shown(told["tag"]), *(told[name] for name in own), *custom.values(), told["notes"]]
        return blank(Asset, school_id=self.school, id=found, **told, search=folded(" ".join(texts)))

    def _media(self) -> Iterator[dict[str, Any]]:
        states = [one.value for one in MediumState]
        for number, found in enumerate(self.asset_ids):
            if number % 5 == 4:
                continue
            serial = f"S{self.pick.getrandbits(48):012X}"
            told = {
                "asset_id": found if number % 5 else None,
                "kind": "ssd" if number % 3 else "hdd",
                "make": "Samsung" if number % 3 else "Seagate",
                "model": f"Model {number % 37}",
                "serial": serial,
                "serial_key": serial,
                "capacity_bytes": 256_000_000_000,
                "data_class": "P",
                "state": states[number % len(states)],
                "created_at": NOW,
            }
            yield blank(Medium, school_id=self.school, id=uuid7(), **told)

    def _log(self) -> Iterator[dict[str, Any]]:
        kinds = [EventKind.ASSET_CHANGED, EventKind.ASSET_MOVED, EventKind.LABEL_PRINTED, EventKind.ASSET_STATE_CHANGED]
        names = [f"{FIRST[n % 13]} {LAST[n % 12]}" for n in range(40)]
        actors = [uuid7() for _ in names]
        for number in range(self.events):
            seq, about, who = self.begin + number + 1, self.pick.randrange(len(self.asset_ids)), self.pick.randrange(40)
            kind = EventKind.USER_SIGNED_IN if number % 20 == 0 else self.pick.choice(kinds)
            label = f"{code.shown(tag_of(about))} Laptop Dell Latitude {about % 400}"
            if kind is EventKind.USER_SIGNED_IN:
                label = names[who]
            detail = {
                "actor": names[who], "after": {"location": f"School {about % 20:02} / Room {about % 30}"},
                "before": {"location": None}, "label": label, "origin": "10.0.0.7", "request": None,
                "role": "technician", "why": "",
            }  # fmt: skip
            yield blank(
                Event,
                school_id=self.school,
                id=uuid7(),
                seq=seq,
                at=NOW - timedelta(seconds=(self.events - number) * 40),
                kind=kind.value,
                actor_id=actors[who],
                subject_type="user" if kind is EventKind.USER_SIGNED_IN else "asset",
                subject_id=actors[who] if kind is EventKind.USER_SIGNED_IN else self.asset_ids[about],
                detail=json.dumps(detail, separators=(",", ":")),
                salt=b"\0" * 32,
                detail_digest="0" * 64,
                previous=GENESIS,
                hash="0" * 64,
            )


def tag_of(number: int) -> str:
    """A tag for each number, not in order, with its check character."""
    return code.new(lambda count: (number * 0x2545F4915 % (1 << 35)).to_bytes(count, "big"))
