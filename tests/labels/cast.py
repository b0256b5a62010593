"""Labels to print: tags from a row of numbers, ordinary and hostile names."""

from labels.code import new
from labels.layout import Label

BASE = "https://caretaker.oakfield.example"
SCHOOL = "Oakfield Church of England Primary School"
HOSTILE = [
    "",
    "Dell Latitude 5420",
    "Łukasz Świątek, Siân Ó Briain, Đặng Thị Ước",
    "W" * 5000,
    "a " * 3000,
    "<b>bold</b> &amp; <para> %s {0}",
    "\u05e9\u05dc\u05d5\u05dd \u0639\u0644\u064a\u0643\u0645",
    "\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\u202egnp.exe\u0000\u0007\x1b[31m",
    ") Tj ET Q (",
    "\\( \\) \\",
    "line\nbreak\r\n\ttab",
]


def labels(count: int) -> list[Label]:
    """So many labels, hostile names among them."""
    return [
        Label(new(lambda size, n=n: ((n * 0x9E3779B1 + 13) & 0xFFFFFFFF).to_bytes(size, "big")), HOSTILE[n % 12])
        for n in range(count)
    ]
