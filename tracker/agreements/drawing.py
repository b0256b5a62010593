"""A signature drawn on a screen: read, checked by content, and kept as a small PNG of our own."""

import base64
import binascii
from io import BytesIO

from PIL import Image

from tracker.values import Blocker, Denied

LIMIT = 200_000  # bytes as sent
SIZE_MOST = (1200, 600)  # pixels
INK_LEAST = 40  # dark pixels: a dot is no signature
_PREFIX = "data:image/png;base64,"
_REFUSED = Blocker("drawn", "The drawn signature could not be read. Clear it and draw again, or type the name.")


def of_data_url(text: str) -> bytes:
    """The bytes of what a canvas sends; none for an empty field. Raises Denied."""
    if not text:
        return b""
    if not text.startswith(_PREFIX) or len(text) > LIMIT * 4 // 3 + len(_PREFIX):
        raise Denied((_REFUSED,))
    try:
        return base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise Denied((_REFUSED,)) from None


def checked(data: bytes) -> bytes:
    """The drawing as a grey PNG without anything else in the file. Raises Denied for what is no drawing."""
    if len(data) > LIMIT:
        raise Denied((_REFUSED,))
    try:
        with Image.open(BytesIO(data), formats=["PNG"]) as image:
            if image.width > SIZE_MOST[0] or image.height > SIZE_MOST[1]:
                raise Denied((_REFUSED,))
            drawn = Image.new("RGBA", image.size, "white")
            drawn.alpha_composite(image.convert("RGBA"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise Denied((_REFUSED,)) from None
    grey = drawn.convert("L")
    if sum(grey.histogram()[:128]) < INK_LEAST:
        raise Denied((Blocker("drawn", "The drawn signature is empty. Draw it again, or type the name."),))
    output = BytesIO()
    grey.save(output, "PNG", optimize=True)
    return output.getvalue()
