"""A certificate as headings and lines: the page for those who are signed in, and the public one. Pure."""

from dataclasses import dataclass

from tracker.certificates import words
from tracker.certificates.paper import Content
from tracker.certificates.render import VERDICT
from tracker.values import iso_utc
from wipe.vocabulary import Outcome, VerificationKind

Line = tuple[str, tuple[str, ...]]  # label, and what stands there; nothing: a dash


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its lines."""

    title: str
    lines: tuple[Line, ...]


def verdict(content: Content) -> tuple[str, str]:
    """How the run ended, in words, and the tone: good or warn."""
    word = VERDICT[content.outcome]
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
        Section("What was done", tuple(line for line in _done(content) if line[0] != "Errors")),
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
    unwritten = [words.a_range(one) for done in content.passes for one in done.unwritten]
    cut_off = [f"A run begun {words.moment(one.started)} was cut off" for one in content.interruptions]
    return (
        ("Method", (f"{words.METHOD[content.method]} ({content.method.value})",)),
        ("Standards", content.standards or ("None is claimed",)),
        ("Passes", tuple(words.a_pass(one) for one in content.passes)),
        ("Blocks not written", _some(unwritten)),
        ("Hidden areas", tuple(words.an_area(one) for one in content.hidden_areas) or ("None was asked about",)),
        ("Not reached", content.unreachable or ("Nothing that was reported",)),
        ("Started", (words.moment(content.started),)),
        ("Ended", (f"{words.moment(content.ended)}, after {words.duration(content.started, content.ended)}",)),
        ("Errors", content.errors or ("None",)),
        ("Interruptions", _some(cut_off)),
        ("Health before", (words.health(content.health_before),)),
        ("Health after", (words.health(content.health_after),)),
    )


def _some(lines: list[str]) -> tuple[str, ...]:
    """The first twenty; the file has them all."""
    return (*lines[:20], *([f"and {len(lines) - 20:,} more"] if len(lines) > 20 else [])) or ("None",)


def _verified(content: Content) -> tuple[Line, ...]:
    done = content.verification
    whole = done.kind is VerificationKind.FULL
    bad = [words.a_range(one) for one in (*done.mismatched, *done.unreadable)]
    return (
        ("Kind", ("Every block was read back" if whole else "A random sample was read back",)),
        ("Read back", (f"{done.bytes_read:,} of {done.bytes_expected:,} bytes",)),
        ("Blocks that differ", _some(bad)),
        ("Time", (f"{words.moment(done.started)}, {words.duration(done.started, done.ended)}",)),
        ("Verified by", (f"{content.tool} {content.tool_version}, reading past all caches; not by a person",)),
    )


def _evidence(content: Content) -> tuple[Line, ...]:
    return (
        ("Record", (content.record_id,)),
        ("SHA-256 of the record", (content.evidence_sha256,)),
        ("Key of the station", (content.key_id,)),
        ("Program", (f"{content.tool} {content.tool_version}",)),
    )


def _papers(content: Content) -> tuple[Line, ...]:
    return (
        ("Erased by", _text(content.operator.name, f"({content.operator.role})" if content.operator.role else "")),
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
