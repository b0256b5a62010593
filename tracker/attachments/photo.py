"""Photos, drawn anew: what is kept holds the picture and nothing else, above all not where it was taken.

The original is not kept. Decoding is the work of Pillow, one picture at a time, since a picture of the largest size
allowed takes some hundred megabytes while it is open.
"""

import struct
import threading
import warnings
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageCms

from tracker.attachments.rules import EDGE, PIXELS, PNG_LIMIT, THUMBNAIL, MediaType

_ORIENTATION = 0x0112  # tag of Exif
_TURNS = {
    2: [Image.Transpose.FLIP_LEFT_RIGHT],
    3: [Image.Transpose.ROTATE_180],
    4: [Image.Transpose.FLIP_TOP_BOTTOM],
    5: [Image.Transpose.TRANSPOSE],
    6: [Image.Transpose.ROTATE_270],
    7: [Image.Transpose.TRANSVERSE],
    8: [Image.Transpose.ROTATE_90],
}
_PROFILE_LIMIT = 1 << 20  # bytes of a colour profile that is looked at
_FORMATS = {MediaType.JPEG: "JPEG", MediaType.PNG: "PNG", MediaType.WEBP: "WEBP"}
# All that Pillow's readers are known to raise on broken input
_BROKEN = (
    OSError, SyntaxError, ValueError, EOFError, TypeError, AttributeError, LookupError, ArithmeticError, MemoryError,
    RuntimeError, struct.error, Image.DecompressionBombError,
)  # fmt: skip
_one_at_a_time = threading.Lock()


class NotTaken(Exception):
    """The picture is not taken; `str()` is the code of tracker.attachments.rules.WHY."""


@dataclass(frozen=True)
class Photo:
    """A picture as it is kept, and a small one for lists (JPEG)."""

    media_type: MediaType
    data: bytes
    width: int
    height: int
    thumbnail: bytes


def redraw(data: bytes, media_type: MediaType) -> Photo:
    """Decode the whole picture, turn it upright, make it at most EDGE pixels long, and encode it anew.

    Raises NotTaken.
    """
    with _one_at_a_time:
        try:
            return _redrawn(data, media_type)
        except _BROKEN as error:
            raise NotTaken("damaged_photo") from error


def _redrawn(data: bytes, media_type: MediaType) -> Photo:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit, below, is lower
        opened = Image.open(BytesIO(data), formats=(_FORMATS[media_type],))
    with opened:
        if opened.width * opened.height > PIXELS:
            raise NotTaken("pixels")
        if opened.mode.startswith(("I", "F")):
            raise NotTaken("deep")
        turns = _TURNS.get(_orientation(opened), [])
        profile = opened.info.get("icc_profile")
        picture: Image.Image = opened if media_type is MediaType.JPEG else _plain(opened)
        picture.thumbnail((EDGE, EDGE), reducing_gap=3.0)  # decodes a JPEG at a lower resolution where it can
        picture.load()
        for turn in turns:
            picture = picture.transpose(turn)
        picture = _clean(_plain(_in_srgb(picture, profile)))
    small = _on_white(picture)
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    kept, encoded = _encoded(picture, media_type)
    return Photo(kept, encoded, picture.width, picture.height, _jpeg(small, 80))


def _orientation(picture: Image.Image) -> int:
    try:
        found = picture.getexif().get(_ORIENTATION, 1)
    except _BROKEN:  # broken Exif is no reason to refuse a good picture: it is thrown away in any case
        return 1
    return found if isinstance(found, int) else 1


def _plain(picture: Image.Image) -> Image.Image:
    """In grey, RGB or RGBA."""
    if picture.mode in ("L", "RGB", "RGBA"):
        return picture
    if picture.mode == "1":
        return picture.convert("L")
    clear = picture.mode in ("LA", "PA", "La", "RGBa") or "transparency" in picture.info
    return picture.convert("RGBA" if clear else "RGB")


def _in_srgb(picture: Image.Image, profile: object) -> Image.Image:
    """In the colours of every screen: the profile is thrown away with all that else stands beside the picture."""
    if not isinstance(profile, bytes) or len(profile) > _PROFILE_LIMIT or picture.mode not in ("RGB", "CMYK"):
        return picture
    try:
        told = ImageCms.ImageCmsProfile(BytesIO(profile))
        turned = ImageCms.profileToProfile(picture, told, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, *_BROKEN):  # a profile that cannot be used: the colours stay as they are
        return picture
    return turned or picture


def _clean(picture: Image.Image) -> Image.Image:
    """The pixels alone: Pillow writes some of what came with a picture (comment, profile) out again."""
    return Image.frombytes(picture.mode, picture.size, picture.tobytes())


def _encoded(picture: Image.Image, media_type: MediaType) -> tuple[MediaType, bytes]:
    out = BytesIO()
    if media_type is MediaType.WEBP:
        picture.save(out, "WEBP", quality=85, method=4)
        return media_type, out.getvalue()
    if media_type is MediaType.PNG:
        picture.save(out, "PNG", optimize=False, compress_level=6)
        if len(out.getvalue()) <= PNG_LIMIT:
            return media_type, out.getvalue()
    return MediaType.JPEG, _jpeg(_on_white(picture), 85)


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture.copy()
    white = Image.new("RGB", picture.size, "white")
    white.paste(picture, mask=picture.getchannel("A"))
    return white


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return out.getvalue()
