"""Files as they come, sound ones first, then those that somebody made on purpose."""

import io
import time

import pytest
from PIL import Image, ImageCms

from tests.tracker.attachments import samples
from tracker.attachments import rules
from tracker.attachments.content import Content, examine
from tracker.attachments.rules import MediaType
from tracker.values import Denied

pytestmark = pytest.mark.pure


def taken(data: bytes, name: str = "file") -> Content:
    return examine(io.BytesIO(data), name)


def refused(data: bytes, name: str = "file") -> str:
    with pytest.raises(Denied) as caught:
        taken(data, name)
    (blocker,) = caught.value.blockers
    return blocker.code


def opened(content: Content) -> Image.Image:
    found = Image.open(io.BytesIO(content.data))
    found.load()
    return found


@pytest.mark.parametrize(
    ("form", "media_type"), [("JPEG", MediaType.JPEG), ("PNG", MediaType.PNG), ("WEBP", MediaType.WEBP)]
)
def test_a_picture_is_drawn_anew_in_its_own_type(form: str, media_type: MediaType) -> None:
    content = taken(samples.encoded(samples.picture((800, 600)), form), "Photo.of.laptop.html")
    assert (content.media_type, content.width, content.height) == (media_type, 800, 600)
    assert content.name == "Photo.of.laptop.html" + media_type.suffix
    picture = opened(content)
    assert (picture.format, picture.size) == (form, (800, 600))
    red = picture.convert("RGB").getpixel((20, 20))
    assert isinstance(red, tuple)
    assert red[0] > 190
    assert red[1] < 60
    small = Image.open(io.BytesIO(content.thumbnail))
    assert (small.format, small.size) == ("JPEG", (320, 240))


def test_a_photo_from_a_phone_loses_place_device_and_size_and_stands_upright() -> None:
    sent = samples.from_a_phone()
    assert samples.PLACE in sent
    assert b"Phone maker" in sent
    content = taken(sent)
    for kept in (content.data, content.thumbnail):
        assert not any(trace in kept for trace in (samples.PLACE, b"Phone maker", b"Exif", b"xmp", b"http://ns"))
        assert not Image.open(io.BytesIO(kept)).getexif()
    assert (content.width, content.height) == (1920, 2560)
    assert len(content.data) < len(sent)
    corner = opened(content).getpixel((content.width - 40, 40))  # top left before it was turned
    assert isinstance(corner, tuple)
    assert corner[0] > 190


@pytest.mark.parametrize(
    ("orientation", "corner"),
    [(1, "tl"), (2, "tr"), (3, "br"), (4, "bl"), (5, "tl"), (6, "tr"), (7, "br"), (8, "bl"), (99, "tl"), (0, "tl")],
)
def test_every_way_to_hold_a_camera_gives_an_upright_photo(orientation: int, corner: str) -> None:
    content = taken(samples.from_a_phone(orientation, (400, 300)))
    width, height = content.width or 0, content.height or 0
    assert (width, height) == ((300, 400) if 5 <= orientation <= 8 else (400, 300))
    places = {"tl": (9, 9), "tr": (width - 9, 9), "bl": (9, height - 9), "br": (width - 9, height - 9)}
    red = {name for name, at in places.items() if opened(content).convert("RGB").getpixel(at)[0] > 190}  # type: ignore[index]
    assert red == {corner}


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr"])
def test_every_usual_kind_of_colours_is_taken(mode: str) -> None:
    form = "JPEG" if mode in ("CMYK", "YCbCr") else "PNG"
    content = taken(samples.encoded(samples.picture((64, 48), mode), form))
    assert opened(content).mode in ("L", "RGB", "RGBA")


def test_a_clear_picture_stays_clear_and_its_small_one_is_white_there() -> None:
    made = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    content = taken(samples.encoded(made, "PNG"))
    assert opened(content).getpixel((5, 5))[3] == 0  # type: ignore[index]
    assert Image.open(io.BytesIO(content.thumbnail)).getpixel((5, 5)) == (255, 255, 255)


def test_colours_of_another_profile_are_turned_into_those_of_every_screen() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for told in (profile, b"no profile", ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()):
        content = taken(samples.jpeg(icc_profile=told))
        assert "icc_profile" not in opened(content).info


def test_the_same_photo_gives_the_same_bytes_and_another_one_others() -> None:
    assert taken(samples.jpeg(1)).sha256 == taken(samples.jpeg(1), "other name").sha256
    assert taken(samples.jpeg(1)).sha256 != taken(samples.jpeg(2)).sha256


def test_a_photo_of_several_pictures_is_taken_with_its_first() -> None:
    out = io.BytesIO()
    samples.picture().save(out, "MPO", save_all=True, append_images=[samples.picture(seed=50)])
    content = taken(out.getvalue(), "IMG.MPO")
    assert (content.media_type, content.width) == (MediaType.JPEG, 640)
    moving = samples.encoded(samples.picture(), "PNG", save_all=True, append_images=[samples.picture(seed=9)])
    assert getattr(opened(taken(moving)), "n_frames", 1) == 1


def test_a_drawing_too_large_without_loss_is_kept_as_jpeg() -> None:
    noise = Image.frombytes("RGB", (2000, 2000), __import__("random").Random(1).randbytes(12_000_000))
    content = taken(samples.encoded(noise, "PNG"), "noise.png")
    assert (content.media_type, content.name) == (MediaType.JPEG, "noise.jpg")


def test_a_pdf_and_a_text_are_kept_byte_for_byte() -> None:
    paper, text = (samples.pdf(), "Agreement.PDF", "Agreement.pdf"), (b"WD-1;0.6\n", "list.csv", "list.txt")
    for data, name, kept in (paper, text):
        content = taken(data, name)
        assert (content.data, content.name, content.thumbnail, content.width) == (data, kept, b"", None)


@pytest.mark.parametrize(
    "data",
    [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x04\0\0\0WEBP", samples.jpeg()[:-3000], samples.jpeg()[:200]],
    ids=["JPEG without a picture", "PNG without one", "WebP without one", "cut off", "cut off at once"],
)
def test_a_broken_picture_is_refused(data: bytes) -> None:
    assert refused(data) == "damaged_photo"


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_a_picture_that_was_cut_off_is_refused(form: str) -> None:
    whole = samples.encoded(samples.picture(), form)
    taken(whole)
    assert refused(whole[: len(whole) // 2]) == "damaged_photo"


def test_a_picture_in_the_clothes_of_another_type_is_refused() -> None:
    whole = samples.encoded(samples.picture(), "PNG")
    assert refused(b"\xff\xd8\xff\xe0" + whole) == "damaged_photo"
    assert refused(b"%PDF-1.7\n" + whole + b"%%EOF") == "damaged_pdf"


def test_bombs_are_refused_at_once() -> None:
    began = time.monotonic()
    assert refused(samples.png_bomb()) == "pixels"
    assert refused(samples.encoded(Image.new("1", (60_000, 900)), "PNG")) == "pixels"
    assert refused(samples.text_bomb()) == "damaged_photo"
    assert taken(samples.pdf_bomb(1)).media_type is MediaType.PDF
    assert refused(samples.pdf_bomb(300)) == "damaged_pdf"
    assert time.monotonic() - began < 30  # a bomb that went off takes minutes, or the machine


def test_a_picture_with_more_shades_than_a_screen_has_is_told_so() -> None:
    assert refused(samples.encoded(Image.new("I;16", (9, 9), 40000), "PNG")) == "deep"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"GIF89a/*<script>alert(1)</script>*/", "other_image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "drawing"),
        (b"<html><body>hello", "drawing"),
        (samples.archive(), "office"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "heic"),
        (b"MZ\x90\0\3\0\0\0", "unknown"),
        (b"\x7fELF\2\1\1\0", "unknown"),
    ],
)
@pytest.mark.parametrize("name", ["photo.jpg", "paper.pdf", "notes.txt"])
def test_a_good_name_helps_no_bad_content(data: bytes, code: str, name: str) -> None:
    assert refused(data, name) == code


def test_what_follows_a_picture_is_thrown_away() -> None:
    for tail in (b"<script>alert(1)</script>", samples.archive(), samples.pdf()):
        content = taken(samples.jpeg() + tail)
        assert tail[-20:] not in content.data
        assert content.sha256 == taken(samples.jpeg()).sha256


def test_a_file_of_exactly_the_limit_is_read_and_one_byte_more_is_not() -> None:
    assert refused(b"\0" * rules.FILE_LIMIT) == "unknown"
    assert refused(b"\0" * (rules.FILE_LIMIT + 1)) == "too_large"


@pytest.mark.parametrize("where", ["open", "names", "page", "link", "unreachable"])
def test_a_pdf_with_a_program_is_refused_wherever_it_hides(where: str) -> None:
    assert refused(samples.scripted(where)) == "scripted_pdf"


@pytest.mark.parametrize("action", ["Launch", "SubmitForm", "ImportData", "GoToR", "Movie", "Sound", "Rendition"])
def test_a_pdf_that_starts_something_is_refused(action: str) -> None:
    assert refused(samples.launching(action)) == "starting_pdf"


@pytest.mark.parametrize("action", ["GoTo", "URI", "Named"])
def test_a_pdf_with_a_link_is_taken(action: str) -> None:
    assert taken(samples.launching(action)).media_type is MediaType.PDF


@pytest.mark.parametrize("how", ["attached", "annotation", "portfolio"])
def test_a_pdf_that_carries_files_is_refused(how: str) -> None:
    assert refused(samples.carrying(how)) == "carrying_pdf"


def test_other_pdfs_that_nobody_could_rely_on_are_refused() -> None:
    assert refused(samples.xfa()) == "form_pdf"
    assert refused(samples.protected("secret")) == "encrypted_pdf"
    assert refused(samples.protected("")) == "encrypted_pdf"  # opens for everybody, but is protected against changes
    assert refused(samples.pdf_and_archive()) == "archive_in_pdf"
    assert refused(samples.pdf() + samples.archive()) == "archive_in_pdf"
    for cut in (8, 100, len(samples.pdf()) - 8):
        assert refused(samples.pdf()[:cut]) == "damaged_pdf"
    assert refused(b"%PDF-1.7\n%%EOF") == "damaged_pdf"
    assert refused(b"\0" + samples.pdf()) == "unknown"


def test_a_pdf_of_too_many_parts_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.attachments.pdf.PDF_OBJECTS", 3)
    assert refused(samples.pdf()) == "complicated_pdf"
