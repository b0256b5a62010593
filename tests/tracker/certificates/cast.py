"""A sound record, the school around it, and a certificate: what every test here starts from."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tracker.certificates.paper import Asset, Content, Person, Register, Registered, School, content_of
from wipe import plan as planning
from wipe import record, verdict
from wipe.blocks import Ending
from wipe.facts import (
    Capabilities,
    Drive,
    Geometry,
    Health,
    HiddenArea,
    Identity,
    PassResult,
    Sample,
    ThroughputPoint,
    VerifyResult,
)
from wipe.vocabulary import (
    DataClass,
    Destination,
    HiddenAreaKind,
    Medium,
    Method,
    Transport,
    TriState,
    VerificationKind,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
START = datetime(2026, 11, 20, 13, 2, 11, 250_000, UTC)
CAPACITY = 500_107_862_016
BASE = "https://caretaker.oakfield.example"
CODE = "7KQ2M8ZT4XWN5BGA"

IDENTITY = Identity(
    device="/dev/sdb",
    kind=Medium.HDD,
    transport=Transport.SATA,
    make="Western Digital",
    model="WDC WD5000AAKX-60U6AA0",
    serial="WD-WCC2EFP01537",
    serial_source="udev",
    wwn="0x50014ee2b4c1f9a7",
    firmware="18.01H18",
    bay="pci-0000:00:1f.2-ata-2",
    virtual=False,
    bridge=None,
)
HEALTH = Health(TriState.YES, 34, 0, 0, 18_204, None, 0, "sat", ())
EMPTY_AREAS = tuple(HiddenArea(kind, TriState.NO, 0) for kind in HiddenAreaKind)


def geometry(capacity: int = CAPACITY) -> Geometry:
    return Geometry(capacity, 512, 4096, 0, True, False)


def profile(capacity: int, phase: int = 0) -> tuple[ThroughputPoint, ...]:
    """64 points that fall towards the inner tracks, with the small dents of a real drive."""

    def rate(n: int) -> int:
        dent = 22e6 if n == 41 else 3e6 * ((n * 7 + phase) % 5)
        return int(148e6 - 72e6 * (n / 64) ** 1.7 - dent)

    return tuple(ThroughputPoint(capacity * n // 64, rate(n)) for n in range(1, 65))


def make(
    identity: Identity = IDENTITY,
    *,
    capacity: int = CAPACITY,
    method: Method = Method.NIST_CLEAR,
    kind: VerificationKind = VerificationKind.FULL,
    attestation: str | None = None,
    **changes: Any,
) -> record.Record:
    """A record whose outcome follows from its evidence, whatever is changed."""
    drive = Drive(identity, geometry(capacity), HEALTH, Capabilities(), (), (), ())
    plan = planning.make(drive, method, kind, attestation)
    passes = tuple(
        PassResult(
            number=one.number,
            pattern=one.kind,
            pattern_digest=hashlib.sha256(f"pattern {one.number}".encode()).hexdigest(),
            bytes_expected=capacity,
            bytes_written=capacity,
            unwritten=(),
            started=START + timedelta(minutes=80 * (one.number - 1)),
            ended=START + timedelta(minutes=80 * one.number, seconds=12),
            throughput=profile(capacity, one.number),
        )
        for one in plan.passes
    )
    read = capacity if kind is VerificationKind.FULL else capacity // 9
    verification = VerifyResult(
        kind=kind,
        pattern=passes[-1].pattern,
        pattern_digest=passes[-1].pattern_digest,
        bytes_expected=read,
        bytes_read=read,
        mismatched=(),
        unreadable=(),
        sample=None
        if kind is VerificationKind.FULL
        else Sample("5f0c" * 8, 1000, 2002, hashlib.sha256(b"places").hexdigest()),
        sha256=None if kind is VerificationKind.FULL else hashlib.sha256(b"bytes").hexdigest(),
        started=passes[-1].ended,
        ended=passes[-1].ended + timedelta(minutes=71, seconds=40),
    )
    draft = record.Record(
        format=record.FORMAT,
        version=record.VERSION,
        record_id="01938c5e-7a3b-7d52-9c11-4be07f3a6d20",
        job_id="01938c59-11f0-7a0e-8f2f-9ad8f0b3c4e1",
        asset_tag="N056194P",
        key_id=record.key_id(KEY.public_key()),
        tool=record.Tool("caretaker wipe", "0.1.0", "6.1.0-26-amd64", "ICT-07 v3"),
        operator=record.Operator("u1", "Tomasz Łukaszewicz", "technician"),
        attestation=attestation,
        identity=identity,
        geometry=geometry(capacity),
        plan=record.PlanSummary(
            "", plan.method, plan.technique, plan.standards, plan.passes, plan.verification, plan.limits
        ),
        steps=(),
        passes=passes,
        verification=verification,
        ending=Ending.COMPLETE,
        identity_held=TriState.YES,
        interruptions=(),
        hidden_areas=EMPTY_AREAS if identity.transport is Transport.SATA else (),
        health_before=HEALTH,
        health_after=replace(HEALTH, temperature_c=41, power_on_hours=18_207),
        errors=(),
        started=START,
        ended=verification.ended + timedelta(seconds=4),
        outcome=verdict.Outcome.FAILED,
        level=record.Level.NONE,
        reasons=(),
        limits="No software can prove the absence of data in areas that a drive does not expose: sectors moved aside, "
        "spare areas, and whatever its firmware keeps to itself.",
        not_recorded=(
            record.NotRecorded("confidentiality category before the run", "kept in the school's register"),
            record.NotRecorded("backup of the data", "not known to the station"),
            record.NotRecorded("destination", "decided at disposal"),
            record.NotRecorded("person who verified", "the verification was made by the program"),
        ),
    )
    return settle(replace(draft, **changes))


def settle(draft: record.Record) -> record.Record:
    """The draft with the digest, steps and outcome that its own evidence gives."""
    from wipe import codec

    plan = record.planned(draft)
    steps = record.steps_of(plan, draft.passes, draft.verification, draft.ending, draft.identity_held)
    settled = replace(draft, plan=replace(draft.plan, digest=codec.digest(plan)), steps=steps)
    found = record.judged(settled)
    return replace(settled, outcome=found.outcome, level=found.level, reasons=found.reasons)


def verified(made: record.Record) -> record.Verified:
    """As the tracker gets it: signed by the station, and checked."""
    return record.verify(record.sign(made, KEY), {made.key_id: KEY.public_key()})


SCHOOL = School("Oakfield Primary School", ("Mill Lane", "Oakfield", "Worcester"), "WR7 4QA", "885/2147")
MEDIUM = Registered(Medium.HDD, "Western Digital", "WD5000AAKX", "WD-WCC2EFP01537", "", CAPACITY)
REGISTER = Register(
    number="OAK-E-000042",
    code=CODE,
    verify_url=f"{BASE}/V/{CODE}".upper(),
    issued_at=datetime(2026, 11, 24, 9, 31, 7, 0, UTC),
    policy_version="E-Safety 2026.1",
    procedure_version="ICT-07 v3",
    school=SCHOOL,
    medium=MEDIUM,
    asset=Asset("N056194P", "Office computer 3", "Desktop computer", "Dell", "OptiPlex 7010", "5CG1234XYZ"),
    source="School office",
    data_class=DataClass.PERSONAL,
    destination=Destination.EXTERNAL,
    station="Server room bench",
    issuer=Person("Siân Ó Briain", "Bursar"),
    operator=Person("Tomasz Łukaszewicz", "Technician"),
    supersedes=None,
)


def content(made: record.Record | None = None, **changes: Any) -> Content:
    """A certificate about `made`, or about a clean hard drive; `changes` are of the register."""
    return content_of(verified(made or make()), replace(REGISTER, **changes))
