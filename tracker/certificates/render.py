"""Draw a certificate, or a report of a run that did not erase: one page for people, then the details for an auditor.

Pure: content in, PDF out; the same content and crest give the same bytes. What the typeface cannot show is marked, and
stands in full in the attached content.
"""

from collections.abc import Iterator
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    PageBreak,
    Paragraph,
    Spacer,
)

from labels import fonts
from tracker.certificates import account, layout, letter, run_pages, words
from tracker.certificates.layout import Row, listed, rows, text
from tracker.certificates.paper import Content, Person
from tracker.values import london
from wipe import codec
from wipe.vocabulary import Outcome

FOOT = 17 * mm
VIRTUAL = "VIRTUAL DRIVE – demonstration"
VERDICT = {
    Outcome.SANITISED_PURGE: "Erased",
    Outcome.SANITISED_CLEAR: "Erased",
    Outcome.CLEARED_WITH_EXCEPTIONS: "Erased with exceptions: this is not a pass",
    Outcome.FAILED: "Failed: not erased",
    Outcome.INTERRUPTED: "Interrupted: not erased",
    Outcome.INDETERMINATE: "Not proved to be erased",
}
# In white on ink at the top of the first page, and big behind the text of every page: nobody takes it for a pass
BAND = {
    Outcome.CLEARED_WITH_EXCEPTIONS: "CLEARED WITH EXCEPTIONS – not a pass",
    Outcome.FAILED: "FAILED – not erased – destroy this medium",
    Outcome.INTERRUPTED: "INTERRUPTED – not erased",
    Outcome.INDETERMINATE: "INDETERMINATE – not proved to be erased",
}
MARK = {
    Outcome.CLEARED_WITH_EXCEPTIONS: "WITH EXCEPTIONS",
    Outcome.FAILED: "FAILED",
    Outcome.INTERRUPTED: "NOT ERASED",
    Outcome.INDETERMINATE: "NOT PROVED",
}
MISSING_NOTE = (
    f"{fonts.MISSING} stands for a character that this typeface does not have. The content attached to this file has "
    "every character as it was given."
)


def render(content: Content, crest: bytes | None) -> bytes:
    """The certificate as a plain PDF, before it is archived and signed. `crest` is a PNG, or None for the initial."""
    head = letter.Head(
        title=f"{content.title} {content.number}",
        number=content.number,
        named="Report number" if content.report else "Certificate number",
        subject=f"{content.device.model or 'Medium'} {content.device.serial or ''}",
        foot=f"{content.title} {content.number} · template {content.template}",
        mark=" · ".join(_marks(content)),
    )
    return letter.draw(content.school, crest, head, lambda: [*_front(content), PageBreak(), *_details(content)])


def _marks(content: Content) -> list[str]:
    return [*([VIRTUAL] if content.virtual else []), *([MARK[content.outcome]] if content.outcome in MARK else [])]


# The first page: what, how it ended, which medium, who.


def _front(content: Content) -> list[Flowable]:
    kind = "report" if content.report else "certificate"
    replaces = f" It replaces {kind} {content.supersedes}." if content.supersedes else ""
    tight = content.outcome in BAND  # more has to be said, and the signatures stay on the first page
    lede = f"Issued {london(content.issued_at)} by {content.school.name}.{replaces}"
    return [
        *_bands(content),
        Paragraph(content.title, layout.TITLE),
        Spacer(0, 1.5 * mm),
        *text(lede, layout.LEDE),
        Spacer(0, (4 if tight else 6) * mm),
        _verdict(content),
        Spacer(0, (5 if tight else 8) * mm),
        layout.beside(_medium_in_short(content), _check(content), share=0.6),
        Spacer(0, (3 if tight else 6) * mm),
        rows(_in_short(content)),
        Spacer(0, (4 if tight else 7) * mm),
        CondPageBreak(36 * mm),
        layout.beside(_signer(_ran(content), content.operator), _signer("Issued by", content.issuer), share=0.5),
        Spacer(0, 4 * mm),
        *text(
            "This file carries the digital signature of the school and the station's signed evidence; a PDF reader "
            "shows both. A signature in ink is not needed. The lines are there for those who want one.",
            layout.CAPTION,
        ),
    ]


def _bands(content: Content) -> list[Flowable]:
    told = [*([VIRTUAL] if content.virtual else []), *([BAND[content.outcome]] if content.outcome in BAND else [])]
    return [part for one in told for part in (layout.Band(one), Spacer(0, 3 * mm))]


def _ran(content: Content) -> str:
    return "Run by" if content.report else "Erased by"


def _verdict(content: Content) -> Flowable:
    strong = content.outcome in BAND
    ending = VERDICT[content.outcome]
    parts = [Paragraph(f"{ending} (virtual drive)" if content.virtual else ending, layout.VERDICT)]
    parts += [part for claim in content.claims for part in text(claim, layout.BODY)]
    if content.reasons:
        parts.append(Paragraph("Why" if content.report else "Exceptions", layout.HEADING))
        parts += listed([f"• {reason}" for reason in content.reasons], "", layout.BODY)
    return layout.panel(parts, strong=strong, clear=content.virtual or strong)


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
        *text(f"Scan to check this {'report' if content.report else 'certificate'}, or open", layout.RIGHT_CAPTION),
        *text(host.lower(), layout.RIGHT_CODE),
        *text(f"{mark}{code}", layout.RIGHT_CODE),
    ]


def _in_short(content: Content) -> list[Row]:
    run = account.of_content(content)
    missing, early = account.unwritten(run), account.ended_early(run)
    held = words.DATA[content.data_class]
    return [
        ("Run" if content.report else "Erased", text(f"{london(content.started)} to {london(content.ended)}")),
        ("Method", text(words.METHOD[content.method])),
        *([("Ended early", text(early))] if early else []),
        *([("Written", text(account.written(run)))] if content.report else []),
        *([("Not written", text(account.total(missing)))] if missing else []),
        ("Verified", text(account.read_back(run))),
        *([("Interruptions", text(account.in_short(run)))] if run.interruptions else []),
        ("May hold still" if content.report else "May have held", text(held)),
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
    yield from run_pages.section("The medium", [*_as_read(content), *_as_registered(content)])
    yield from run_pages.done(content)
    yield from run_pages.verified(content)
    yield from run_pages.section("Evidence", _evidence(content))
    yield from run_pages.section("Papers and people", _papers(content))
    yield from run_pages.section("Limits", _limits(content))


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
        *([("Bay", text(device.bay, layout.CODE))] if device.bay else []),
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


def _evidence(content: Content) -> list[Row]:
    return [
        ("Record", text(content.record_id, layout.CODE)),
        ("SHA-256 of the record", text(content.evidence_sha256, layout.CODE)),
        ("Key of the station", text(content.key_id, layout.CODE)),
        ("Station", text(content.station)),
        ("Job", text(content.job_id or "", layout.CODE)),
        ("Program", text(f"{content.tool} {content.tool_version}, Linux {content.kernel}")),
        (
            "Attached to this file",
            text("evidence.jws, the station's signed record; content.json, what stands here"),
        ),
        ("Verification code", text(content.code, layout.CODE)),
    ]


def _papers(content: Content) -> list[Row]:
    school = content.school
    address = ", ".join(part for part in (school.name, *school.address, school.postcode) if part)
    return [
        ("School", text(address)),
        ("DfE number", text(school.dfe_number)),
        ("Report" if content.report else "Certificate", text(content.number, layout.CODE)),
        ("Issued", text(words.moment(content.issued_at))),
        ("Status when issued", text(f"Replaces {content.supersedes}" if content.supersedes else "Original")),
        ("E-Safety policy", text(content.policy_version)),
        ("Wiping procedure", text(content.tool_procedure or content.procedure_version)),
        (_ran(content), text(f"{content.operator.name}, {content.operator.role}")),
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
    shown = (fonts.printable(told, name) for told in set(_texts(value)) for name in (fonts.REGULAR, fonts.MONO))
    return any(fonts.MISSING in one for one in shown)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)
