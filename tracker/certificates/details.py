"""A certificate, a report or a run as headings and lines: for those who are signed in, and in public. Pure."""

from dataclasses import dataclass

from tracker.certificates import account, words
from tracker.certificates.account import Place, Run
from tracker.certificates.paper import Content
from tracker.certificates.render import VERDICT
from tracker.values import iso_utc
from wipe.record import Record
from wipe.vocabulary import Outcome, VerificationKind

SHOWN = 20  # ranges on a page
PRIVATE = ("Errors", "Bay at the station")  # with text that people wrote
Line = tuple[str, tuple[str, ...]]  # label, and what stands there; nothing: a dash


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its lines."""

    title: str
    lines: tuple[Line, ...]


def verdict(content: Content) -> tuple[str, str]:
    """How the run ended, in words, and the tone: good, warn or, where nothing was erased, bad."""
    word = VERDICT[content.outcome]
    if content.report:
        return (f"{word} (virtual drive: a demonstration)" if content.virtual else word), "bad"
    clean = content.outcome in (Outcome.SANITISED_CLEAR, Outcome.SANITISED_PURGE) and not content.virtual
    return (f"{word} (virtual drive: a demonstration)" if content.virtual else word), "good" if clean else "warn"


def sections(content: Content) -> tuple[Section, ...]:
    """Everything, for those who are signed in."""
    return (
        Section("The medium", (*_device(content), *_attested(content), *_registered(content))),
        Section("What was done", _done(content)),
        Section("How it was verified", _verified(content)),
        Section("Evidence", (*_evidence(content), ("Station", (content.station,)))),
        Section("Papers and people", _papers(content)),
    )


def public(content: Content) -> tuple[Section, ...]:
    """The technical facts alone. No text that people wrote is in it, since it could name somebody."""
    asset = () if content.asset is None else (("Asset tag", (words.grouped(content.asset.tag),)),)
    return (
        Section("The medium", (*_device(content), *asset)),
        Section("What was done", tuple(line for line in _done(content) if line[0] not in PRIVATE)),
        Section("How it was verified", _verified(content)),
        Section("Evidence", _evidence(content)),
    )


def _text(*parts: str | None) -> tuple[str, ...]:
    joined = " ".join(part for part in parts if part)
    return (joined,) if joined else ()


def _device(content: Content) -> tuple[Line, ...]:
    device = content.device
    return (
        ("Kind and connection", (f"{words.KIND[device.kind]}, {device.transport.value.upper()}",)),
        ("Make and model", _text(device.make, device.model)),
        ("Serial number", _text(device.serial or "the device gave none")),
        ("WWN or EUI", _text(device.wwn)),
        ("Firmware", _text(device.firmware)),
        *((("Bay", (device.bay,)),) if device.bay else ()),
        ("Capacity", (words.size(device.capacity_bytes),)),
    )


def _attested(content: Content) -> tuple[Line, ...]:
    told = content.device.attestation
    return (("Attested by the operator", (told,)),) if told else ()


def _registered(content: Content) -> tuple[Line, ...]:
    kept, asset = content.registered, content.asset
    goes = words.GOES[content.destination] if content.destination else "Not decided when this was issued"
    about = (
        (f"{words.grouped(asset.tag)} {asset.name}".strip(), f"{asset.kind} {asset.make} {asset.model}".strip())
        if asset
        else ()
    )
    return (
        ("Serial number in the register", _text(kept.serial)),
        ("Asset", about or ("Loose medium, not part of an asset",)),
        ("Came from", _text(content.source)),
        ("May have held", (words.DATA[content.data_class],)),
        ("Destination", (goes,)),
    )


def _done(content: Content) -> tuple[Line, ...]:
    return (
        ("Method", (f"{words.METHOD[content.method]} ({content.method.value})",)),
        ("Standards", content.standards or ("None is claimed",)),
        *told_of(account.of_content(content)),
        ("Hidden areas", tuple(words.an_area(one) for one in content.hidden_areas) or ("None was asked about",)),
        ("Not reached", content.unreachable or ("Nothing that was reported",)),
    )


def run(record: Record) -> tuple[Section, ...]:
    """A run as its signed record tells of it, whether or not it proves anything."""
    told = account.of_record(record)
    return (Section("What was done", told_of(told)), Section("How it was verified", _read_back(told)))


def told_of(one: Run) -> tuple[Line, ...]:
    """What was done, and everything that went wrong on the way."""
    early = account.ended_early(one)
    return (
        *((("Ended early", (early,)),) if early else ()),
        ("Passes", tuple(words.a_pass(done) for done in one.passes) or ("None",)),
        ("Written", (account.written(one),)),
        ("Blocks not written", _places(account.unwritten(one))),
        ("Slow regions", _places(account.slow(one))),
        ("Writing speed", tuple(account.speed(one)) or ("Not recorded",)),
        ("Limits for errors", (account.limits(one),)),
        ("Started", (words.moment(one.started),)),
        ("Ended", (f"{words.moment(one.ended)}, after {words.duration(one.started, one.ended)}",)),
        ("Errors", one.errors or ("None",)),
        ("Interruptions", tuple(account.interruptions(one)) or ("None",)),
        *((label, tuple(lines)) for label, lines in account.beside(one)),
        ("Health", tuple(account.health_lines(one))),
    )


def _places(places: list[Place]) -> tuple[str, ...]:
    """The first twenty ranges below their sum; the evidence has them all."""
    more = (f"and {len(places) - SHOWN:,} more, in the evidence",) if len(places) > SHOWN else ()
    return (account.total(places), *(account.a_place(one) for one in places[:SHOWN]), *more)


def _read_back(one: Run) -> tuple[Line, ...]:
    done = one.verification
    if done is None:
        return (("Kind", ("Nothing was read back: the run did not come so far",)),)
    whole = done.kind is VerificationKind.FULL
    return (
        ("Kind", ("Every block was read back" if whole else "A random sample was read back",)),
        ("Read back", (f"{done.bytes_read:,} of {done.bytes_expected:,} bytes",)),
        ("Blocks that differ", _places(account.differing(one))),
        ("Time", (f"{words.moment(done.started)}, {words.duration(done.started, done.ended)}",)),
    )


def _verified(content: Content) -> tuple[Line, ...]:
    by = (f"{content.tool} {content.tool_version}, reading past all caches; not by a person",)
    read = _read_back(account.of_content(content))
    return (*read, ("Verified by", by)) if content.verification is not None else read


def _evidence(content: Content) -> tuple[Line, ...]:
    return (
        ("Record", (content.record_id,)),
        ("SHA-256 of the record", (content.evidence_sha256,)),
        ("Key of the station", (content.key_id,)),
        ("Program", (f"{content.tool} {content.tool_version}",)),
    )


def _papers(content: Content) -> tuple[Line, ...]:
    return (
        (
            "Run by" if content.report else "Erased by",
            _text(content.operator.name, f"({content.operator.role})" if content.operator.role else ""),
        ),
        ("Issued by", _text(content.issuer.name, f"({content.issuer.role})" if content.issuer.role else "")),
        ("Issued at", (words.moment(content.issued_at),)),
        ("Policy", _text(content.policy_version)),
        ("Procedure", _text(content.procedure_version)),
        ("Replaces", _text(content.supersedes)),
        ("Template", (content.template,)),
    )


def cells(content: Content) -> tuple[str, ...]:
    """What a list in CSV adds from the certificate itself."""
    tag = words.grouped(content.asset.tag) if content.asset else ""
    return (tag, content.outcome.value, content.level.value, content.method.value, iso_utc(content.ended))
