"""Draw a certificate of data erasure: one page for people, then the details for an auditor. Pure: content in, PDF out.

The same content and crest give the same bytes. What the typeface cannot show is marked, and stands in full in the
attached content.
"""

from collections.abc import Iterator
from functools import partial
from io import BytesIO
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
)

from labels import fonts
from tracker.certificates import layout, words
from tracker.certificates.layout import Row, listed, rows, text
from tracker.certificates.paper import Content, Person
from tracker.values import london
from wipe import codec
from wipe.vocabulary import Outcome, VerificationKind

FOOT = 17 * mm
VIRTUAL = "VIRTUAL DRIVE – demonstration"
VERDICT = {
    Outcome.SANITISED_PURGE: "Erased",
    Outcome.SANITISED_CLEAR: "Erased",
    Outcome.CLEARED_WITH_EXCEPTIONS: "Erased with exceptions: this is not a pass",
}
MISSING_NOTE = (
    f"{fonts.MISSING} stands for a character that this typeface does not have. The content attached to this file has "
    "every character as it was given."
)


def render(content: Content, crest: bytes | None) -> bytes:
    """The certificate as a plain PDF, before it is archived and signed. `crest` is a PNG, or None for the initial."""
    for name in (fonts.REGULAR, fonts.BOLD, fonts.ITALIC, fonts.MONO, fonts.MONO_BOLD):
        fonts.font(name)
    furniture = _furniture(content, crest)
    output = BytesIO()
    document = BaseDocTemplate(
        output,
        pagesize=(layout.WIDTH, layout.HEIGHT),
        title=fonts.printable(f"{content.title} {content.number}"),
        author=fonts.printable(content.school.name),
        subject=fonts.printable(f"{content.device.model or 'Medium'} {content.device.serial or ''}"),
        creator="Caretaker",
        initialFontName=fonts.REGULAR,  # the default is not embedded
        invariant=1,
        pageCompression=1,
    )
    document.addPageTemplates([_template("first", furniture, 42 * mm), _template("later", furniture, 24 * mm)])
    canvas = partial(layout.CountedCanvas, foot=furniture.foot)
    document.build([NextPageTemplate("later"), *_front(content), PageBreak(), *_details(content)], canvasmaker=canvas)
    return output.getvalue()


def _template(name: str, furniture: layout.Furniture, top: float) -> PageTemplate:
    frame = Frame(
        layout.MARGIN,
        FOOT,
        layout.INNER,
        layout.HEIGHT - FOOT - top,
        leftPadding=0,
        rightPadding=0,
        topPadding=0,
        bottomPadding=0,
    )
    return PageTemplate(id=name, frames=[frame], onPage=layout.page(furniture, first=name == "first"))


def _furniture(content: Content, crest: bytes | None) -> layout.Furniture:
    school = content.school
    number = f"DfE {school.dfe_number}" if school.dfe_number else ""
    under = " · ".join(part for part in (", ".join((*school.address, school.postcode)), number) if part.strip(" ,"))
    return layout.Furniture(
        school=fonts.printable(school.name, fonts.BOLD),
        under=fonts.printable(under),
        number=fonts.printable(content.number, fonts.MONO_BOLD),
        foot=fonts.printable(f"{content.title} {content.number} · template {content.template}"),
        mark=fonts.printable(VIRTUAL, fonts.BOLD) if content.virtual else "",
        crest=layout.crest_of(crest),
    )


# The first page: what, how it ended, which medium, who.


def _front(content: Content) -> list[Flowable]:
    replaces = f" It replaces certificate {content.supersedes}." if content.supersedes else ""
    lede = f"Issued {london(content.issued_at)} by {content.school.name}.{replaces}"
    return [
        *([layout.Band(VIRTUAL), Spacer(0, 5 * mm)] if content.virtual else []),
        Paragraph(content.title, layout.TITLE),
        Spacer(0, 1.5 * mm),
        *text(lede, layout.LEDE),
        Spacer(0, 6 * mm),
        _verdict(content),
        Spacer(0, 8 * mm),
        layout.beside(_medium_in_short(content), _check(content), share=0.6),
        Spacer(0, 6 * mm),
        rows(_in_short(content)),
        Spacer(0, 7 * mm),
        CondPageBreak(40 * mm),
        layout.beside(_signer("Erased by", content.operator), _signer("Issued by", content.issuer), share=0.5),
        Spacer(0, 4 * mm),
        *text(
            "This file carries the digital signature of the school and the station's signed evidence; a PDF reader "
            "shows both. A signature in ink is not needed. The lines are there for those who want one.",
            layout.CAPTION,
        ),
    ]


def _verdict(content: Content) -> Flowable:
    strong = content.outcome is Outcome.CLEARED_WITH_EXCEPTIONS
    ending = VERDICT[content.outcome]
    parts = [Paragraph(f"{ending} (virtual drive)" if content.virtual else ending, layout.VERDICT)]
    parts += [part for claim in content.claims for part in text(claim, layout.BODY)]
    if content.reasons:
        parts.append(Paragraph("Exceptions", layout.HEADING))
        parts += listed([f"• {reason}" for reason in content.reasons], "", layout.BODY)
    return layout.panel(parts, strong=strong, clear=content.virtual)


def _medium_in_short(content: Content) -> list[Flowable]:
    device, asset = content.device, content.asset
    name = " ".join(part for part in (device.make, device.model) if part) or words.KIND[device.kind]
    about = f"{words.KIND[device.kind]}, {words.short_size(device.capacity_bytes)}"
    serial = device.serial or content.registered.serial
    found: list[Flowable] = [
        Paragraph("Medium", layout.LABEL),
        *text(_cut(name, 120), layout.NAME),
        *text(about, layout.VALUE),
        Spacer(0, 3.5 * mm),
        Paragraph("Serial number" if device.serial else "Serial number, attested by the operator", layout.LABEL),
        *text(_cut(serial, 80), layout.SERIAL),
        Spacer(0, 3.5 * mm),
        Paragraph("Asset", layout.LABEL),
    ]
    if asset is None:
        return [*found, *text("Loose medium, not part of an asset", layout.VALUE)]
    return [*found, *text(words.grouped(asset.tag), layout.SERIAL), *text(_cut(asset.name, 160), layout.VALUE)]


def _check(content: Content) -> list[Flowable]:
    host, mark, code = content.verify_url.rpartition("/V/")
    return [
        layout.Code(content.verify_url, 36 * mm),
        *text("Scan to check this certificate, or open", layout.RIGHT_CAPTION),
        *text(host.lower(), layout.RIGHT_CODE),
        *text(f"{mark}{code}", layout.RIGHT_CODE),
    ]


def _in_short(content: Content) -> list[Row]:
    whole = content.verification.kind is VerificationKind.FULL
    read = f"{words.short_size(content.verification.bytes_read)} read back"
    return [
        ("Erased", text(f"{london(content.started)} to {london(content.ended)}")),
        ("Method", text(words.METHOD[content.method])),
        ("Verified", text(f"Every block: {read}, no difference" if whole else f"By sample: {read}, no difference")),
        ("May have held", text(words.DATA[content.data_class])),
    ]


def _signer(label: str, person: Person) -> list[Flowable]:
    return [
        Paragraph(label, layout.LABEL),
        *text(_cut(person.name, 120), layout.NAME),
        *text(_cut(person.role, 120), layout.VALUE),
        Spacer(0, 9 * mm),
        layout.Line(72 * mm),
        Paragraph("Signature and date", layout.CAPTION),
    ]


def _cut(value: str, limit: int) -> str:
    """Short enough for the first page; the details have it in full."""
    return value if len(value) <= limit else value[: limit - 1] + "…"


# The other pages: every field.


def _details(content: Content) -> Iterator[Flowable]:
    for title, entries in (
        ("The medium", [*_as_read(content), *_as_registered(content)]),
        ("What was done", _done(content)),
        ("How it was verified", _verified(content)),
        ("Evidence", _evidence(content)),
        ("Papers and people", _papers(content)),
        ("Limits", _limits(content)),
    ):
        yield CondPageBreak(30 * mm)
        yield Paragraph(title, layout.SECTION)
        yield Spacer(0, 1.5 * mm)
        yield rows(entries)
        if title == "What was done":
            yield from _profile(content)


def _as_read(content: Content) -> list[Row]:
    device = content.device
    source = text(f"read by {device.serial_source}") if device.serial_source else []
    blocks = device.capacity_bytes // max(device.block_size, 1)
    return [
        ("Kind and connection", text(f"{words.KIND[device.kind]}, {device.transport.value.upper()}")),
        ("Make and model", text(" ".join(part for part in (device.make, device.model) if part))),
        ("Serial number", [*text(device.serial or "the device gave none", layout.CODE), *source]),
        ("WWN or EUI", text(device.wwn or "", layout.CODE)),
        ("Firmware", text(device.firmware or "", layout.CODE)),
        ("Capacity", text(f"{words.size(device.capacity_bytes)}; {blocks:,} blocks of {device.block_size:,} bytes")),
        *([("USB bridge", text(device.bridge))] if device.bridge else []),
        *([("Attested by the operator", text(device.attestation))] if device.attestation else []),
    ]


def _as_registered(content: Content) -> list[Row]:
    kept, asset = content.registered, content.asset
    name = " ".join(part for part in (kept.make, kept.model) if part)
    known = [words.KIND[kept.kind], name, words.short_size(kept.capacity_bytes) if kept.capacity_bytes else ""]
    entries: list[Row] = [
        ("In the register", text(", ".join(part for part in known if part))),
        ("Serial in the register", text(kept.serial, layout.CODE)),
    ]
    if kept.wwn:
        entries.append(("WWN in the register", text(kept.wwn, layout.CODE)))
    if asset is None:
        entries.append(("Asset", text("Loose medium, not part of an asset")))
    else:
        made = " ".join(part for part in (asset.make, asset.model) if part)
        line = ", ".join(part for part in (asset.name, asset.kind, made) if part)
        entries.append(("Asset", [*text(words.grouped(asset.tag), layout.CODE), *text(line)]))
        entries.append(("Serial of the asset", text(asset.serial, layout.CODE)))
    if content.source:
        entries.append(("Came from", text(content.source)))
    goes = words.GOES[content.destination] if content.destination else "Not decided when this was issued"
    return [*entries, ("May have held", text(words.DATA[content.data_class])), ("Destination", text(goes))]


def _done(content: Content) -> list[Row]:
    unwritten = [words.a_range(one) for done in content.passes for one in done.unwritten]
    cut_off = [f"A run begun {words.moment(one.started)} was cut off" for one in content.interruptions]
    return [
        ("Outcome", text(content.outcome.value, layout.CODE)),
        ("Method", text(f"{words.METHOD[content.method]} ({content.method.value})")),
        ("Class of method", text(content.technique.value.capitalize())),
        ("Standards", listed(content.standards, "None is claimed")),
        ("Passes", listed([words.a_pass(one) for one in content.passes], "None")),
        ("Blocks not written", listed(unwritten, "None")),
        ("Hidden areas", listed([words.an_area(one) for one in content.hidden_areas], "None was asked about")),
        ("Not reached", listed(content.unreachable, "Nothing that was reported; see the limits below")),
        ("Started", text(words.moment(content.started))),
        ("Ended", text(f"{words.moment(content.ended)}, after {words.duration(content.started, content.ended)}")),
        ("Errors", listed(content.errors, "None")),
        ("Interruptions", listed(cut_off, "None")),
        ("Health before", [*text(words.health(content.health_before)), *_messages(content.health_before.messages)]),
        ("Health after", [*text(words.health(content.health_after)), *_messages(content.health_after.messages)]),
    ]


def _messages(messages: tuple[str, ...]) -> list[Paragraph]:
    return listed(messages, "") if messages else []


def _profile(content: Content) -> Iterator[Flowable]:
    lines = [[(p.offset, p.bytes_per_second) for p in one.throughput] for one in content.passes]
    lines = [line for line in lines if len(line) > 1]
    if not lines:
        return
    top = max(rate for line in lines for _, rate in line)
    capacity = content.device.capacity_bytes
    yield CondPageBreak(39 * mm)
    yield Spacer(0, 6 * mm)
    yield Paragraph("Writing speed over the medium, from its first block to its last", layout.LABEL)
    yield Spacer(0, 2.5 * mm)
    yield layout.Profile(lines, capacity, (f"{top / 1e6:,.0f} MB/s", "0", words.short_size(capacity)))


def _verified(content: Content) -> list[Row]:
    done = content.verification
    whole = done.kind is VerificationKind.FULL
    bad = [words.a_range(one) for one in (*done.mismatched, *done.unreadable)]
    entries: list[Row] = [
        ("Kind", text("Every block was read back" if whole else "A random sample was read back")),
        ("Read back", text(f"{done.bytes_read:,} of {done.bytes_expected:,} bytes")),
        ("Blocks that differ", listed(bad, "None")),
        ("Compared with", text(f"{words.PATTERN[done.pattern]}, pattern {done.pattern_digest}", layout.CODE)),
        ("Time", text(f"{words.moment(done.started)}, {words.duration(done.started, done.ended)}")),
        ("Verified by", text(f"{content.tool} {content.tool_version}, reading past all caches; not by a person")),
    ]
    if done.sample is not None:
        sample = done.sample
        places = f"{sample.samples:,} places in {sample.sections:,} sections of equal size, seed {sample.seed}"
        entries += [
            ("Sample", text(places, layout.CODE)),
            ("List of places", text(f"SHA-256 {sample.list_sha256}", layout.CODE)),
        ]
    if done.sha256:
        entries.append(("Bytes read", text(f"SHA-256 {done.sha256}", layout.CODE)))
    return entries


def _evidence(content: Content) -> list[Row]:
    return [
        ("Record", text(content.record_id, layout.CODE)),
        ("SHA-256 of the record", text(content.evidence_sha256, layout.CODE)),
        ("Key of the station", text(content.key_id, layout.CODE)),
        ("Station", text(content.station)),
        ("Job", text(content.job_id or "", layout.CODE)),
        ("Program", text(f"{content.tool} {content.tool_version}, Linux {content.kernel}")),
        ("Attached to this file", text("evidence.jws, the station's signed record; content.json, this certificate")),
        ("Verification code", text(content.code, layout.CODE)),
    ]


def _papers(content: Content) -> list[Row]:
    school = content.school
    address = ", ".join(part for part in (school.name, *school.address, school.postcode) if part)
    return [
        ("School", text(address)),
        ("DfE number", text(school.dfe_number)),
        ("Certificate", text(content.number, layout.CODE)),
        ("Issued", text(words.moment(content.issued_at))),
        ("Status when issued", text(f"Replaces {content.supersedes}" if content.supersedes else "Original")),
        ("E-Safety policy", text(content.policy_version)),
        ("Wiping procedure", text(content.tool_procedure or content.procedure_version)),
        ("Erased by", text(f"{content.operator.name}, {content.operator.role}")),
        ("Issued by", text(f"{content.issuer.name}, {content.issuer.role}")),
    ]


def _limits(content: Content) -> list[Row]:
    gaps = [f"{one.name}: {one.why}" for one in content.not_recorded]
    entries: list[Row] = [
        ("Limits", text(content.limits)),
        ("Fields not recorded", listed(gaps, "None")),
    ]
    if _has_missing(codec.encode(content)):
        entries.append((f"The sign {fonts.MISSING}", text(MISSING_NOTE)))
    return entries


def _has_missing(value: Any) -> bool:
    """Whether any text in it has a character that the paper cannot show."""
    if isinstance(value, str):
        return fonts.MISSING in fonts.printable(value) or fonts.MISSING in fonts.printable(value, fonts.MONO)
    if isinstance(value, dict):
        return any(_has_missing(one) for one in value.values())
    return isinstance(value, list) and any(_has_missing(one) for one in value)
