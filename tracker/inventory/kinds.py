"""Kinds of equipment: rows that a school adds to. Flushes, never commits."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import select

from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db
from tracker.inventory.details import KindDetails, may_keep_kind
from tracker.inventory.models import AssetKind
from tracker.values import Actor, Blocker, Denied, NotFound, Subject, folded, one_line

# What a primary school has, with what each kind means for data. AD5: in doubt a kind holds data.
DEFAULTS = (
    KindDetails("Laptop", portable=True),
    KindDetails("Desktop computer"),
    KindDetails("All-in-one computer"),
    KindDetails("Tablet", portable=True),
    KindDetails("Chromebook", portable=True),
    KindDetails("Server", server=True),
    KindDetails("Network storage (NAS)", server=True),
    KindDetails("Tape drive", data_bearing=False),
    KindDetails("Switch or router"),
    KindDetails("Wireless access point", fixed=True),
    KindDetails("Printer or copier"),
    KindDetails("Projector", data_bearing=False, fixed=True),
    KindDetails("Interactive panel", fixed=True),
    KindDetails("Monitor", data_bearing=False),
    KindDetails("Camera", portable=True),
    KindDetails("Telephone"),
    KindDetails("Mobile phone", portable=True),
    KindDetails("CCTV recorder", server=True),
    KindDetails("Visualiser", data_bearing=False),
    KindDetails("UPS", data_bearing=False),
    KindDetails("Other equipment"),
)


def kinds(school_id: UUID) -> list[AssetKind]:
    """All kinds, by name."""
    query = select(AssetKind).where(AssetKind.school_id == school_id).order_by(AssetKind.name)
    return list(db.session.scalars(query))


def get_kind(school_id: UUID, kind_id: UUID) -> AssetKind:
    """The kind. Raises NotFound, also for another school's."""
    kind = db.session.get(AssetKind, (school_id, kind_id))
    if kind is None:
        raise NotFound
    return kind


def add_kind(actor: Actor, details: KindDetails) -> AssetKind:
    """Add a kind. Raises Denied with every reason why not."""
    details = replace(details, name=one_line(details.name))
    found = list(may_keep_kind(details).blockers)
    if folded(details.name) in {folded(kind.name) for kind in kinds(actor.school_id)}:
        found.append(Blocker("kind_taken", f"There is a kind called {details.name} already."))
    if found:
        raise Denied(tuple(found))
    kind = AssetKind(school_id=actor.school_id, retired_at=None, **vars(details))
    add(kind)
    record(actor, EventKind.KIND_CREATED, Subject("kind", kind.id, kind.name), after=vars(details))
    return kind
