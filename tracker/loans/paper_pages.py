"""Draw the paper of a loan. Pure: content in, PDF out; the same content and crest give the same bytes."""

import base64
from collections.abc import Iterator
from datetime import date
from io import BytesIO

from reportlab.lib.units import mm
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    Image,
    KeepTogether,
    Paragraph,
    Spacer,
)

from tracker.certificates import layout, letter
from tracker.certificates.layout import Row, rows, text
from tracker.loans.paper import TITLE, Content, Item, Mark
from tracker.values import london

DRAWN = (60 * mm, 20 * mm)  # of a signature on paper, at most


def render(content: Content, crest: bytes | None) -> bytes:
    """The paper as a plain PDF, before it is archived and signed. `crest` is a PNG, or None for the initial."""
    head = letter.Head(
        title=f"{TITLE} {content.number}",
        number=content.number,
        named="Number",
        subject=content.borrower,
        foot=f"{TITLE} {content.number} · template {content.template}",
    )
    return letter.draw(content.school, crest, head, lambda: _story(content))


def _story(content: Content) -> Iterator[Flowable]:
    back = sum(one.returned_at is not None for one in content.items)
    count = f"{len(content.items)} thing{'' if len(content.items) == 1 else 's'}"
    state = f"{count}, all back." if back == len(content.items) else f"{count}, {back} back."
    yield Paragraph(TITLE, layout.TITLE)
    yield Spacer(0, 1.5 * mm)
    yield from text(f"As it stood on {london(content.issued_at)}. {state}", layout.LEDE)
    yield Spacer(0, 6 * mm)
    yield rows(_agreed(content))
    yield from _section("Signed when it went out", [_mark(content.signed_out)])
    if content.signed_in:
        yield from _section("Signed when it came back", [_mark(one) for one in content.signed_in])
    yield Paragraph("Things", layout.SECTION)
    yield Spacer(0, 1.5 * mm)
    yield rows([_thing(content, one) for one in content.items])
    yield Paragraph("Terms", layout.SECTION)
    yield from text(f"{content.terms_title}, version {content.terms_number}", layout.LEDE)
    yield Spacer(0, 2 * mm)
    for line in content.terms.splitlines():
        yield from text(line, layout.BODY) if line.strip() else [Spacer(0, 3 * mm)]
    yield CondPageBreak(30 * mm)
    yield Paragraph("About this file", layout.SECTION)
    yield Spacer(0, 1.5 * mm)
    yield rows(_about(content))


def _agreed(content: Content) -> list[Row]:
    until = f"{date.fromisoformat(content.due_on):%-d %B %Y}"
    leaves = f"Yes: {content.purpose}" if content.off_site else "No"
    return [
        ("Lender", text(content.school.name)),
        ("Borrower", text(f"{content.borrower}, {content.borrower_kind.lower()}")),
        ("From", text(f"{london(content.lent_at)}, handed out by {content.lent_by}")),
        ("Until", text(until)),
        ("Leaves the school", text(leaves)),
        ("Kept", text(content.place)),
    ]


def _section(title: str, marks: list[list[Flowable]]) -> Iterator[Flowable]:
    first, *others = marks
    yield KeepTogether([Paragraph(title, layout.SECTION), Spacer(0, 1.5 * mm), *first])
    for one in others:
        yield KeepTogether([Spacer(0, 4 * mm), *one])


def _mark(mark: Mark) -> list[Flowable]:
    if not mark.signatory:
        return [*text(mark.means)]
    how = mark.means + (f": {mark.reference}" if mark.reference else "")
    when = f", {london(mark.at)}" if mark.at else ""
    below: list[Flowable] = [*text(mark.signatory, layout.NAME), *text(f"{how}{when}")]
    if not mark.drawn:
        return [*text("The name was typed.", layout.CAPTION), *below]
    image = Image(BytesIO(base64.b64decode(mark.drawn)), hAlign="LEFT")
    image._restrictSize(*DRAWN)
    return [image, layout.Line(DRAWN[0]), *below]


def _thing(content: Content, item: Item) -> Row:
    lines = [*text(item.label)]
    if item.serial:
        lines += text(f"Serial number {item.serial}", layout.CODE)
    lines += text(f"With: {item.accessories or 'nothing else'}")
    lines += text(f"Went out: {item.condition_out or 'without a mark'}")
    if item.returned_at is None:
        lines += text("Not back yet")
    else:
        how = f"{item.condition_in}: {item.note_in}" if item.note_in else item.condition_in
        by = "not signed" if item.signed_in is None else f"signed by {content.signed_in[item.signed_in].signatory}"
        lines += text(f"Came back {london(item.returned_at)}: {how}. Received by {item.received_by}, {by}")
    return item.tag, lines


def _about(content: Content) -> list[Row]:
    return [
        ("Number", text(content.number, layout.CODE)),
        ("Made", text(f"{london(content.issued_at)} by {content.issued_by}")),
        ("SHA-256 of the terms", text(content.terms_sha256, layout.CODE)),
        ("Attached to this file", text("content.json, all that this paper says")),
        ("Signature", text("This file carries the digital signature of the school; a PDF reader shows it.")),
    ]
