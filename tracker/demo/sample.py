"""The sample school of the demonstration, made through the services, so that its history is real.

The same content every time (tags included: a label that was printed yesterday still fits); only numbers of rows and
times differ.
"""

import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from labels import code
from tracker.accounts import service as accounts
from tracker.accounts.models import School, User
from tracker.db import db
from tracker.demo import desk, paperwork, school
from tracker.demo.drives import GB, Storage, VirtualDrive, draw
from tracker.demo.drives import VIRTUAL_DRIVES as VIRTUAL_DRIVES
from tracker.demo.equipment import BATCHES, LOOSE, Batch
from tracker.demo.school import PASSWORD as PASSWORD
from tracker.inventory import checks, kinds, labelling, places
from tracker.inventory import service as inventory
from tracker.inventory.checks_rules import CheckDetails
from tracker.inventory.details import AssetDetails
from tracker.inventory.models import Asset
from tracker.inventory.rules import AssetState, CheckKind, Ownership
from tracker.media import service as media
from tracker.media.service import MediumDetails
from tracker.people import service as people
from tracker.values import Actor, NotFound, Role, folded, today

SIGN_INS = tuple((username, role.label) for username, _, role in school.USERS)
ORIGIN = "demonstration"
_OWNERS = {Ownership.LEASED: "Wyre Office Leasing Ltd", Ownership.DONATED: "A parent's firm"}
_SERVERS = frozenset({"Server", "Network storage (NAS)", "CCTV recorder"})
_INSTALLED = frozenset({"Wireless access point", "Projector", "Interactive panel"})
SEED = 20261124
_DRIVES = {one.file: one for one in VIRTUAL_DRIVES}


@dataclass
class _Made:
    """What was made so far, by name."""

    actor: Actor
    rng: random.Random
    kinds: dict[str, UUID]
    places: dict[str, UUID] = field(default_factory=dict)
    holders: list[UUID] = field(default_factory=list)
    own: paperwork.Own = field(default_factory=lambda: paperwork.Own({}))
    keeper: UUID | None = None  # who looks after the servers
    serials: set[str] = field(default_factory=set)


def fill() -> None:
    """Make the sample school, if it is not there yet. The caller commits."""
    if _school_id() is not None:
        return
    details = accounts.SchoolDetails(
        code=school.CODE,
        name=school.NAME,
        address="Cathedral Walk\nWorcester",
        postcode="WR1 2AA",
        dfe_number="885/3300",
        incident_contact="the school office, 01905 000000",
        procedure_version="Wiping procedure 2.1",
        policy_version="E-Safety policy 2026",
    )
    founded = accounts.create_school(details, origin=ORIGIN)
    system = Actor(founded.id, None, "Caretaker", None, ORIGIN)
    for username, name, role in school.USERS:
        accounts.create_user(
            system,
            username=username,
            name=name,
            role=role,
            password=PASSWORD,
            expires_on=today() + timedelta(days=365) if role is Role.AUDITOR else None,
        )
    inventory.create_defaults(system)
    actor = technician()
    rng = random.Random(SEED)  # noqa: S311 - a sample that is the same every time; nothing here is secret
    made = _Made(actor, rng, {kind.name: kind.id for kind in kinds.kinds(founded.id)})
    _places(made)
    _people(made)
    made.own = paperwork.add_fields(actor, made.kinds)
    for batch in BATCHES:
        _batch(made, batch)
    for storage, count, note, virtual in LOOSE:
        for number in range(count):
            _medium(made, storage, None, _DRIVES.get(virtual) if number == 0 else None, note)
    desk.fill(actor, made.holders)


def technician() -> Actor:
    """The demonstration's technician. Raises NotFound before `fill`."""
    query = select(User).where(User.school_id == _school_id(), User.username == school.USERS[0][0])
    user = db.session.scalar(query)
    if user is None:
        raise NotFound
    return Actor(user.school_id, user.id, user.name, Role(user.role), ORIGIN)


def _school_id() -> UUID | None:
    return db.session.scalar(select(School.id).where(School.code == school.CODE))


def _places(made: _Made) -> None:
    (site, name) = places.choices(made.actor.school_id)[0]
    made.places[name] = site
    for name, details, parent in school.places():
        inside = replace(details, parent_id=made.places[parent])
        made.places[name] = places.add_location(made.actor, inside).id


def _people(made: _Made) -> None:
    for details in school.persons():
        email = f"{folded(details.name).replace(' ', '.')}@{school.CODE}.example"
        keeper = details.job == "Network technician"
        confirmed = date(2025, 9, 3) if keeper else None
        person = people.add_person(made.actor, replace(details, email=email, dbs_confirmed_on=confirmed))
        if keeper:
            made.keeper = person.id
        if details.job in ("Class teacher", "SENCO", "Deputy head teacher", "Head teacher", "School business manager"):
            made.holders.append(person.id)


def _batch(made: _Made, batch: Batch) -> None:
    for index in range(batch.count):
        place = batch.places[index % len(batch.places)]
        details = AssetDetails(
            kind_id=made.kinds[batch.kind],
            ownership=batch.ownership,
            name=batch.name.format(n=index + 1, place=place),
            make=batch.make,
            model=batch.model,
            serial=_serial(made, batch.serial),
            location_id=made.places[place],
            responsible_id=_responsible(made, batch, index),
            owner=_OWNERS.get(batch.ownership, ""),
            data_class=batch.data_class,
            acquired_on=date(batch.year, 1 + made.rng.randrange(9), 1 + made.rng.randrange(28)),
            cost_pence=batch.pounds * 100 if batch.pounds else None,
            tag=code.new(made.rng.randbytes),
        )
        asset = inventory.register(made.actor, paperwork.filled_in(details, batch, place, made.own))
        asset.label_printed_at = None  # the tag is given so that it is the same every time, not for a label
        db.session.flush()
        for number, storage in enumerate(batch.storage):
            first = index == 0 and number == 0 and batch.virtual
            _medium(made, storage, asset.id, _DRIVES[batch.virtual] if first else None, "")
        if batch.no_storage:
            inventory.assert_no_storage(made.actor, asset.id, batch.no_storage)
        if batch.holders:
            _check_encryption(made, asset, index)
        if batch.state == AssetState.IN_USE:
            _make_ready(made, asset, batch)
        _move_on(made, asset, batch)


def _responsible(made: _Made, batch: Batch, index: int) -> UUID | None:
    if batch.holders:
        return made.holders[index % len(made.holders)]
    return made.keeper if batch.kind in _SERVERS else None


def _make_ready(made: _Made, asset: Asset, batch: Batch) -> None:
    """What gate G2 asks before it is used: a printed label, and the record of an installation."""
    wanted = labelling.Wanted(asset.id, asset.tag, asset.name, before=False)
    labelling.printed(made.actor, [wanted], stock="L7160", copies=1, reason=None)
    if batch.kind in _INSTALLED and asset.acquired_on is not None:
        how = "Fixed, wired and electrically checked"
        details = CheckDetails(CheckKind.INSTALLATION, True, asset.acquired_on, "Severn Classroom Systems Ltd", how)
        checks.record_check(made.actor, asset.id, details)


def _check_encryption(made: _Made, asset: Asset, index: int) -> None:
    """Teachers' laptops were looked at over the last months: one is not in order, some not for too long."""
    done_on = checks.today() - timedelta(days=25 * index)
    passed, how = index != 4, "BitLocker XTS-AES 128"
    note = "" if passed else "Switched off after a repair; will be switched on at the next visit."
    details = CheckDetails(CheckKind.ENCRYPTION, passed, done_on, made.actor.name, how, note)
    checks.record_check(made.actor, asset.id, details)


def _move_on(made: _Made, asset: Asset, batch: Batch) -> None:
    """Take the asset to the state of its batch, one allowed step after the other."""
    wanted = AssetState(batch.state)
    if wanted is AssetState(asset.state):
        return
    if wanted is AssetState.MISSING:
        desk.report_missing(made.actor, asset, batch.reason)
        return
    inventory.change_state(made.actor, asset.id, wanted, version=asset.version, reason=batch.reason)


def _medium(made: _Made, storage: Storage, asset_id: UUID | None, virtual: VirtualDrive | None, note: str) -> None:
    """A medium of this model, or the one that a virtual drive stands for."""
    if virtual is None:
        details = MediumDetails(
            storage.kind,
            storage.make,
            storage.model,
            _serial(made, storage.serial),
            capacity_bytes=storage.gigabytes * GB,
            notes=note,
            asset_id=asset_id,
        )
    else:
        details = MediumDetails(
            virtual.kind,
            virtual.make,
            virtual.model,
            virtual.serial,
            capacity_bytes=virtual.capacity_mib << 20,  # as the file is: the station compares it
            notes=note or "In this demonstration a file of the station stands for it.",
            asset_id=asset_id,
        )
    media.add_medium(made.actor, details)


def _serial(made: _Made, pattern: str) -> str:
    """A serial number of this pattern that nothing else has."""
    while pattern:
        serial = draw(made.rng, pattern)
        if serial not in made.serials:
            made.serials.add(serial)
            return serial
    return ""
