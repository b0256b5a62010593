"""What a printer would make of a PDF: grey pixels by poppler, and the codes that a reader finds on them."""

import subprocess

import zxingcpp
from PIL import Image

FORMATS = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])


def pages(pdf: bytes, dpi: int) -> list[Image.Image]:
    """Every page as grey pixels."""
    command = ["pdftoppm", "-r", str(dpi), "-gray", "-"]
    rest = subprocess.run(command, input=pdf, capture_output=True, check=True).stdout
    found = []
    while rest:  # one PGM after another: b"P5\nWIDTH HEIGHT\n255\n" and a byte for each pixel
        kind, size, depth, rest = rest.split(b"\n", 3)
        assert (kind, depth) == (b"P5", b"255")
        width, height = map(int, size.split())
        found.append(Image.frombytes("L", (width, height), rest[: width * height]))
        rest = rest[width * height :]
    assert found
    return found


def codes(image: Image.Image) -> list[str]:
    """The text of every QR code on it."""
    return [found.text for found in zxingcpp.read_barcodes(image, formats=FORMATS)]
