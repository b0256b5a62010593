"""Files as people send them, and as attackers do: made here, byte for byte, so that none lies in the repository."""

import io
import struct
import zipfile
import zlib
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, ImageDraw

PLACE = b"GPS-OF-SOMEBODYS-HOME"


def picture(size: tuple[int, int] = (640, 480), mode: str = "RGB", seed: int = 0) -> Image.Image:
    """A picture whose top left corner is red, so that one sees which way up it is; `seed` makes another one."""
    made = Image.new("RGB", size, (40, seed * 37 % 200, 120))
    draw = ImageDraw.Draw(made)
    draw.rectangle((0, 0, size[0] // 4, size[1] // 4), fill=(220, 20, 20))
    draw.ellipse((size[0] // 2, size[1] // 2, *size), fill=(240, 240, 200))
    return made.convert(mode)


def encoded(made: Image.Image, form: str, **told: Any) -> bytes:
    out = io.BytesIO()
    made.save(out, form, **told)
    return out.getvalue()


def jpeg(seed: int = 0, size: tuple[int, int] = (640, 480), **told: Any) -> bytes:
    return encoded(picture(size, seed=seed), "JPEG", **told)


def from_a_phone(orientation: int = 6, size: tuple[int, int] = (4032, 3024)) -> bytes:
    """A JPEG with the place, the device, a comment and XMP, lying on its side."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x013B] = orientation, "Phone maker", PLACE.decode()
    exif[0x8825] = {1: "N", 2: (52.0, 11.0, 30.0), 3: "W", 4: (2.0, 13.0, 0.0), 29: "2026:11:24"}
    return encoded(picture(size), "JPEG", exif=exif, comment=PLACE, xmp=b"<x:xmpmeta>" + PLACE + b"</x:xmpmeta>")


def png_bomb(edge: int = 10_000) -> bytes:
    """A whole PNG of `edge` x `edge` pixels in a few kilobytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", edge, edge, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((edge + 7) // 8 + 1) * edge, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def text_bomb() -> bytes:
    """A small PNG with compressed texts that unpack to 200 MB."""
    whole = encoded(picture((8, 8)), "PNG")
    body = b"Comment\0\0" + zlib.compress(bytes(200 << 20), 9)
    bomb = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    return whole[:33] + bomb + whole[33:]


def new_pdf() -> pikepdf.Pdf:
    made = pikepdf.new()
    made.add_blank_page(page_size=(300, 200))
    return made


def saved(made: pikepdf.Pdf, **told: Any) -> bytes:
    out = io.BytesIO()
    made.save(out, deterministic_id="encryption" not in told, **told)
    return out.getvalue()


def pdf(note: str = "Agreement") -> bytes:
    """A plain PDF of one page."""
    made = new_pdf()
    made.docinfo["/Title"] = note
    return saved(made)


def scripted(where: str) -> bytes:
    """PDFs that run a program, in the places where one can hide."""
    made = new_pdf()
    script = Dictionary(S=Name.JavaScript, JS=String("app.alert('x')"))
    page = made.pages[0].obj
    if where == "open":
        made.Root.OpenAction = script
    elif where == "names":
        made.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("x"), script])))
    elif where == "page":
        page.AA = Dictionary(O=made.make_indirect(script))
    elif where == "link":
        page.Annots = Array([Dictionary(Type=Name.Annot, Subtype=Name.Link, A=Dictionary(S=Name.Named, Next=script))])
    elif where == "unreachable":
        page.Rubbish = Array([Array([Dictionary(Deep=Dictionary(S=Name.JavaScript))])])
    return saved(made, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def launching(action: str) -> bytes:
    made = new_pdf()
    made.Root.OpenAction = Dictionary(S=Name("/" + action), F=String("calc.exe"))
    return saved(made)


def carrying(how: str) -> bytes:
    """PDFs with other files inside."""
    made = new_pdf()
    if how == "attached":
        made.attachments["evil.exe"] = b"MZ"
    elif how == "annotation":
        made.pages[0].obj.Annots = Array([Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment)])
    else:
        made.Root.Collection = Dictionary(View=Name.D)
    return saved(made)


def xfa() -> bytes:
    made = new_pdf()
    made.Root.AcroForm = Dictionary(XFA=Array([String("template"), made.make_stream(b"<xdp/>")]), Fields=Array([]))
    return saved(made)


def protected(user: str, owner: str = "owner") -> bytes:
    return saved(new_pdf(), encryption=pikepdf.Encryption(user=user, owner=owner))


def pdf_bomb(megabytes: int) -> bytes:
    """A whole PDF with a stream of objects that unpacks to so many megabytes."""
    packer = zlib.compressobj(9)
    packed = packer.compress(b"4 0 <<>>") + b"".join(packer.compress(b" " * (1 << 20)) for _ in range(megabytes))
    packed += packer.flush()
    parts = [
        b"%PDF-1.5\n",
        b"1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n",
        b"2 0 obj\n<</Type/Pages/Kids[6 0 R]/Count 1>>\nendobj\n",
        b"6 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>\nendobj\n",
        b"3 0 obj\n<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream\nendobj\n"
        % (len(packed), packed),
    ]
    at = [sum(map(len, parts[:number])) for number in range(6)]
    rows = [(0, 0, 0), (1, at[1], 0), (1, at[2], 0), (1, at[4], 0), (2, 3, 0), (1, at[5], 0), (1, at[3], 0)]
    table = b"".join(struct.pack(">BIH", *row) for row in rows)
    told = b"<</Type/XRef/Size 7/W[1 4 2]/Root 1 0 R/Length %d>>" % len(table)
    end = b"5 0 obj\n%s\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % (told, table, at[5])
    return b"".join(parts) + end


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        made.writestr("word/document.xml", "<w:document/>")
    return out.getvalue()


def pdf_and_archive() -> bytes:
    """A PDF that is a ZIP as well: the archive stands in front of the end of the PDF."""
    whole, inside = pdf(), archive()
    return whole + inside + b"\n%%EOF\n"
