"""Draw the paper of a loan. Pure: content in, PDF out; the same content and crest give the same bytes."""

import base64
from collections.abc import Iterator
from datetime import date
from functools import partial
from io import BytesIO

from reportlab.lib.units import mm
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    Image,
    KeepTogether,
    NextPageTemplate,
    PageTemplate,
    Paragraph,
    Spacer,
)

from labels import fonts
from tracker.certificates import layout
from tracker.certificates.layout import Row, rows, text
from tracker.loans.paper import TITLE, Content, Item, Mark
from tracker.values import london

FOOT = 17 * mm
DRAWN = (60 * mm, 20 * mm)  # of a signature on paper, at most


def render(content: Content, crest: bytes | None) -> bytes:
    """The paper as a plain PDF, before it is archived and signed. `crest` is a PNG, or None for the initial."""
    for name in (fonts.REGULAR, fonts.BOLD, fonts.ITALIC, fonts.MONO, fonts.MONO_BOLD):
        fonts.font(name)
    furniture = _furniture(content, crest)
    output = BytesIO()
    document = BaseDocTemplate(
        output,
        pagesize=(layout.WIDTH, layout.HEIGHT),
        title=fonts.printable(f"{TITLE} {content.number}"),
        author=fonts.printable(content.school.name),
        subject=fonts.printable(content.borrower),
        creator="Caretaker",
        initialFontName=fonts.REGULAR,  # the default is not embedded
        invariant=1,
        pageCompression=1,
    )
    document.addPageTemplates([_template("first", furniture, 42 * mm), _template("later", furniture, 24 * mm)])
    canvas = partial(layout.CountedCanvas, foot=furniture.foot)
    document.build([NextPageTemplate("later"), *_story(content)], canvasmaker=canvas)
    return output.getvalue()


def _template(name: str, furniture: layout.Furniture, top: float) -> PageTemplate:
    none = dict.fromkeys(("leftPadding", "rightPadding", "topPadding", "bottomPadding"), 0)
    frame = Frame(layout.MARGIN, FOOT, layout.INNER, layout.HEIGHT - FOOT - top, **none)
    return PageTemplate(id=name, frames=[frame], onPage=layout.page(furniture, first=name == "first"))


def _furniture(content: Content, crest: bytes | None) -> layout.Furniture:
    school = content.school
    number = f"DfE {school.dfe_number}" if school.dfe_number else ""
    under = " · ".join(part for part in (", ".join((*school.address, school.postcode)), number) if part.strip(" ,"))
    return layout.Furniture(
        school=fonts.printable(school.name, fonts.BOLD),
        under=fonts.printable(under),
        number=fonts.printable(content.number, fonts.MONO_BOLD),
        foot=fonts.printable(f"{TITLE} {content.number} · template {content.template}"),
        mark="",
        named="Number",
        crest=layout.crest_of(crest),
    )


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
