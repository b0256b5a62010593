"""All that stands on a certificate of data erasure, as one frozen value that is stored beside the PDF.

Fields: NIST SP 800-88 Rev. 2 section 4.6 and appendix C, with a school's own (asset, policy, procedure). The law of
the format is the record's (wipe/record.py): members may be added with a new `template`, never given another meaning.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

import rfc8785

from tracker.certificates import claims, rules
from wipe import codec
from wipe.blocks import Ending
from wipe.facts import Bay, ErrorLimits, Health, HiddenArea, Hold, PassResult, Reading, VerifyResult, has_serial
from wipe.record import Interruption, NotRecorded, Record, Verified
from wipe.vocabulary import (
    DataClass,
    Destination,
    HiddenAreaKind,
    Level,
    Medium,
    Method,
    Outcome,
    Technique,
    Transport,
    TriState,
)

TEMPLATE = "erasure-2"  # version of the wording and the layout; a change of either is a new one
TEMPLATES = ("erasure-1", TEMPLATE)  # erasure-2 adds reports and all members that are marked as added


@dataclass(frozen=True, slots=True)
class School:
    """As printed at the top."""

    name: str
    address: tuple[str, ...]  # lines
    postcode: str
    dfe_number: str  # empty if none


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is named on the certificate."""

    name: str
    role: str  # the word on the screen


@dataclass(frozen=True, slots=True)
class Asset:
    """The asset that the medium was in, as the register has it. Empty texts are not known."""

    tag: str  # without hyphen
    name: str
    kind: str
    make: str
    model: str
    serial: str


@dataclass(frozen=True, slots=True)
class Registered:
    """The medium as the register has it, from its label or an earlier reading."""

    kind: Medium
    make: str
    model: str
    serial: str
    wwn: str
    capacity_bytes: int | None


@dataclass(frozen=True, slots=True)
class Device:
    """The medium as the device itself told it. None: it did not."""

    kind: Medium
    transport: Transport
    make: str | None
    model: str | None
    serial: str | None
    serial_source: str | None
    wwn: str | None
    firmware: str | None
    bridge: str | None
    capacity_bytes: int
    block_size: int
    attestation: str | None
    bay: str | None = codec.added(None, since=2)  # physical path at the station


@dataclass(frozen=True, slots=True)
class Register:
    """What the tracker adds to the evidence: who, where, under which papers, and under which number."""

    number: str
    code: str
    verify_url: str  # as printed and in the QR code, in capitals
    issued_at: datetime
    policy_version: str
    procedure_version: str
    school: School
    medium: Registered
    asset: Asset | None  # None: a loose medium
    source: str  # user, room or department it came from; empty if not known
    data_class: DataClass
    destination: Destination | None
    station: str
    issuer: Person
    operator: Person  # the record's operator with the role as a word
    supersedes: str | None  # number of the certificate that this one replaces


@dataclass(frozen=True, slots=True)
class Content:
    """The certificate. Everything printed is in here or follows from it; nothing is looked up when it is drawn."""

    template: str
    title: str
    number: str
    code: str
    verify_url: str
    issued_at: datetime
    supersedes: str | None
    policy_version: str
    procedure_version: str
    school: School
    virtual: bool
    device: Device
    registered: Registered
    asset: Asset | None
    source: str
    data_class: DataClass
    destination: Destination | None
    outcome: Outcome
    level: Level
    reasons: tuple[str, ...]
    claims: tuple[str, ...]
    technique: Technique
    method: Method
    standards: tuple[str, ...]
    passes: tuple[PassResult, ...]
    verification: VerifyResult | None  # None, on reports alone: nothing was read back
    hidden_areas: tuple[HiddenArea, ...]
    unreachable: tuple[str, ...]  # areas not reached, in sentences
    health_before: Health
    health_after: Health
    started: datetime
    ended: datetime
    errors: tuple[str, ...]
    interruptions: tuple[Interruption, ...]
    tool: str
    tool_version: str
    kernel: str
    tool_procedure: str  # as the station was told when it started
    station: str
    key_id: str
    record_id: str
    job_id: str | None
    evidence_sha256: str
    operator: Person
    issuer: Person
    limits: str
    not_recorded: tuple[NotRecorded, ...]
    ending: Ending | None = codec.added(None, since=2)
    error_limits: ErrorLimits | None = codec.added(None, since=2)
    bay: Bay | None = codec.added(None, since=2)  # as the station names it
    readings: tuple[Reading, ...] = codec.added((), since=2)
    holds: tuple[Hold, ...] = codec.added((), since=2)
    clock_moved_seconds: int = codec.added(0, since=2)

    @property
    def report(self) -> bool:
        """Whether it tells of a run that did not erase, and so is no certificate."""
        return self.outcome in rules.REPORT_TITLE


def content_of(verified: Verified, register: Register, template: str = TEMPLATE) -> Content:
    """The content of a certificate, or of a report, from verified evidence and the register's facts.

    Raises RuntimeError where the table of claims has nothing to say: the rules were not asked first.
    """
    record = verified.record
    title, said = _said(record)
    virtual, first = record.identity.virtual, template == TEMPLATES[0]
    return Content(
        template=template,
        title=title,
        number=register.number,
        code=register.code,
        verify_url=register.verify_url,
        issued_at=register.issued_at,
        supersedes=register.supersedes,
        policy_version=register.policy_version,
        procedure_version=register.procedure_version,
        school=register.school,
        virtual=virtual,
        device=_device(record, bay=None if first else record.identity.bay),
        registered=register.medium,
        asset=register.asset,
        source=register.source,
        data_class=register.data_class,
        destination=register.destination,
        outcome=record.outcome,
        level=record.level,
        reasons=record.reasons,
        claims=said,
        technique=record.plan.technique,
        method=record.plan.method,
        standards=claims.standards(record.outcome, record.plan.method, record.plan.standards, virtual=virtual),
        passes=record.passes,
        verification=record.verification,
        hidden_areas=record.hidden_areas,
        unreachable=_unreachable(record),
        health_before=record.health_before,
        health_after=record.health_after,
        started=record.started,
        ended=record.ended,
        errors=record.errors,
        interruptions=record.interruptions,
        tool=record.tool.name,
        tool_version=record.tool.version,
        kernel=record.tool.kernel,
        tool_procedure=record.tool.procedure,
        station=register.station,
        key_id=record.key_id,
        record_id=record.record_id,
        job_id=record.job_id,
        evidence_sha256=hashlib.sha256(verified.signed).hexdigest(),
        operator=register.operator,
        issuer=register.issuer,
        limits=record.limits,
        not_recorded=tuple(one for one in record.not_recorded if not _supplied(one.name, register)),
        ending=None if first else record.ending,
        error_limits=None if first else record.plan.limits,
        bay=None if first else record.bay,
        readings=() if first else record.readings,
        holds=() if first else record.holds,
        clock_moved_seconds=0 if first else record.clock_moved_seconds,
    )


def _said(record: Record) -> tuple[str, tuple[str, ...]]:
    """Title and sentences. Raises RuntimeError where there are none."""
    virtual = record.identity.virtual
    if record.outcome in rules.REPORT_TITLE:
        return rules.REPORT_TITLE[record.outcome], claims.not_erased(record.outcome, virtual=virtual)
    read = record.verification.kind if record.verification else None
    said = claims.sentences(record.outcome, record.level, read, record.identity.kind, virtual=virtual)
    if not said or record.outcome not in rules.TITLE:
        raise RuntimeError("there is nothing that this record proves; rules.may_issue comes first")
    return rules.TITLE[record.outcome], said


def canonical(content: Content) -> bytes:
    """The bytes that are stored and attached: canonical JSON (RFC 8785)."""
    return rfc8785.dumps(codec.encode(content))


def parse(stored: bytes) -> Content:
    """A content from stored bytes. Raises ValueError (wipe.codec.Malformed) for anything that is none."""
    return codec.decode(Content, json.loads(stored), "certificate")


def facts_of(
    verified: Verified,
    medium: Registered,
    *,
    accepted: bool,
    key_known: bool,
    later_run: bool,
    current: str | None,
    superseding: str | None,
) -> rules.Facts:
    """The facts that rules.may_issue asks for, from the evidence and what only the register knows."""
    record = verified.record
    identity = record.identity
    attested = bool((record.attestation or "").strip())
    device = rules.Known(
        kind=Medium.UNKNOWN if identity.virtual else identity.kind,  # a file plays whatever kind it likes
        serial=identity.serial or "",
        wwn=identity.wwn or "",
        capacity_bytes=record.geometry.capacity_bytes,
    )
    register = rules.Known(medium.kind, medium.serial, medium.wwn, medium.capacity_bytes)
    return rules.Facts(
        evidence_accepted=accepted,
        key_known=key_known,
        outcome=record.outcome,
        level=record.level,
        verification=record.verification.kind if record.verification else None,
        kind=identity.kind,
        virtual=identity.virtual,
        operator_named=record.operator is not None and bool(record.operator.name.strip()),
        differing=rules.differing(register, device, attested=attested),
        identified=has_serial(identity) or attested,
        later_run=later_run,
        current=current,
        superseding=superseding,
    )


def _device(record: Record, *, bay: str | None) -> Device:
    identity = record.identity
    return Device(
        kind=identity.kind,
        transport=identity.transport,
        make=identity.make,
        model=identity.model,
        serial=identity.serial,
        serial_source=identity.serial_source,
        wwn=identity.wwn,
        firmware=identity.firmware,
        bridge=identity.bridge,
        capacity_bytes=record.geometry.capacity_bytes,
        block_size=record.geometry.logical_block_size,
        attestation=record.attestation,
        bay=bay,
    )


def _unreachable(record: Record) -> tuple[str, ...]:
    """Areas that the overwriting did not reach, or that nobody could show to be empty."""
    names = {HiddenAreaKind.HPA: "HPA", HiddenAreaKind.DCO: "DCO", HiddenAreaKind.AMAX: "AMAX"}
    found = []
    for area in record.hidden_areas:
        if area.state is TriState.YES:
            size = "" if area.sectors is None else f" of {area.sectors:,} blocks"
            found.append(f"A hidden area ({names[area.kind]}){size} was not overwritten.")
        elif area.state is TriState.UNKNOWN:
            found.append(f"Whether there is a hidden area ({names[area.kind]}) could not be told.")
    moved = max(record.health_before.reallocated or 0, record.health_after.reallocated or 0)
    if moved:
        found.append(f"{moved:,} sectors that the drive had moved aside were not overwritten.")
    return tuple(found)


def _supplied(name: str, register: Register) -> bool:
    """Whether the register knows what a station's record must leave open (names as in wipe.session.NOT_RECORDED)."""
    return {
        "source of the medium (user, computer, department)": register.asset is not None or bool(register.source),
        "confidentiality category before the run": True,
        "destination": register.destination is not None,
    }.get(name, False)
