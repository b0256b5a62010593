"""A paper of the school: its head on the first page, what stands on every page, and the file around the text.

Pure: the same text, head and crest give the same bytes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from io import BytesIO

from reportlab.lib.units import mm
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, NextPageTemplate, PageTemplate

from labels import fonts
from tracker.certificates import layout
from tracker.certificates.paper import School

FOOT = 17 * mm
FIRST, LATER = 42 * mm, 24 * mm  # of the head, from the upper edge


@dataclass(frozen=True, slots=True)
class Head:
    """What a paper is called, where it is not its text."""

    title: str
    number: str
    named: str  # what the number is: "Certificate number"
    subject: str  # in the properties of the file
    foot: str
    mark: str = ""  # big and pale behind the text; empty for none


def draw(school: School, crest: bytes | None, head: Head, story: Callable[[], Iterable[Flowable]]) -> bytes:
    """The paper as a plain PDF, before it is archived and signed. `crest` is a PNG, or None for the initial.

    `story` is asked for its parts when the typefaces are there.
    """
    for name in (fonts.REGULAR, fonts.BOLD, fonts.ITALIC, fonts.MONO, fonts.MONO_BOLD):
        fonts.font(name)
    furniture = _furniture(school, crest, head)
    output = BytesIO()
    document = BaseDocTemplate(
        output,
        pagesize=(layout.WIDTH, layout.HEIGHT),
        title=fonts.printable(head.title),
        author=fonts.printable(school.name),
        subject=fonts.printable(head.subject),
        creator="Caretaker",
        initialFontName=fonts.REGULAR,  # the default is not embedded
        invariant=1,
        pageCompression=1,
    )
    document.addPageTemplates([_template("first", furniture, FIRST), _template("later", furniture, LATER)])
    canvas = partial(layout.CountedCanvas, foot=furniture.foot)
    document.build([NextPageTemplate("later"), *story()], canvasmaker=canvas)
    return output.getvalue()


def _template(name: str, furniture: layout.Furniture, top: float) -> PageTemplate:
    none = dict.fromkeys(("leftPadding", "rightPadding", "topPadding", "bottomPadding"), 0)
    frame = Frame(layout.MARGIN, FOOT, layout.INNER, layout.HEIGHT - FOOT - top, **none)
    return PageTemplate(id=name, frames=[frame], onPage=layout.page(furniture, first=name == "first"))


def _furniture(school: School, crest: bytes | None, head: Head) -> layout.Furniture:
    number = f"DfE {school.dfe_number}" if school.dfe_number else ""
    under = " · ".join(part for part in (", ".join((*school.address, school.postcode)), number) if part.strip(" ,"))
    return layout.Furniture(
        school=fonts.printable(school.name, fonts.BOLD),
        under=fonts.printable(under),
        number=fonts.printable(head.number, fonts.MONO_BOLD),
        foot=fonts.printable(head.foot),
        mark=fonts.printable(head.mark, fonts.BOLD),
        named=head.named,
        crest=layout.crest_of(crest),
    )
