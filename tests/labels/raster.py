"""What a printer would make of a PDF: grey pixels by poppler, and the codes that a reader finds on them."""

import subprocess
from io import BytesIO

import zxingcpp
from PIL import Image

FORMATS = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])


def pages(pdf: bytes, dpi: int) -> list[Image.Image]:
    """Every page as grey pixels."""
    found: list[Image.Image] = []
    while True:
        number = str(len(found) + 1)
        command = ["pdftoppm", "-r", str(dpi), "-gray", "-f", number, "-l", number, "-"]
        done = subprocess.run(command, input=pdf, capture_output=True, check=False)
        if not done.stdout:
            assert found, done.stderr
            return found
        with Image.open(BytesIO(done.stdout)) as page:
            page.load()
            found.append(page.copy())


def codes(image: Image.Image) -> list[str]:
    """The text of every QR code on it."""
    return [found.text for found in zxingcpp.read_barcodes(image, formats=FORMATS)]
