"""The pages of photos and documents, and how a file goes out, on both databases."""

import gc
import io
import re
from email.message import Message
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.cast import Site, counted
from tests.things import things
from tests.tracker.attachments import samples
from tracker.attachments import rules
from tracker.attachments.models import Attachment
from tracker.attachments.storage import Files
from tracker.attachments.views import BODY_LIMIT
from tracker.audit.models import Event
from tracker.db import db
from tracker.inventory import kinds
from tracker.inventory import service as inventory
from tracker.inventory.details import AssetDetails
from tracker.people import service as people
from tracker.people.rules import PersonDetails

File = tuple[bytes, str]


class Pages:
    """A school with an asset and a person, or one thing of each type, and its technician's browser."""

    def __init__(self, site: Site, ids: dict[str, str]) -> None:
        self.site, self.ids = site, ids
        db.session.commit()
        self.tess = site.client("tess")
        self.asset = f"/assets/{self.ids['asset_id']}"
        self.new = f"/attachments/new/asset/{self.ids['asset_id']}"
        self.before = self.rows()
        self.files = Files(site.app.extensions["caretaker"].instance, site.school_id())

    def rows(self) -> int:
        found = db.session.scalar(select(func.count()).select_from(Attachment)) or 0
        db.session.rollback()
        return found

    def add(self, *files: File, client: FlaskClient | None = None, to: str = "", **told: Any) -> TestResponse:
        sent = [(io.BytesIO(data), name) for data, name in files]
        data = {"files": sent, "caption": "", **told}
        return (client or self.tess).post(to or self.new, data=data, content_type="multipart/form-data")

    def newest(self) -> str:
        found = db.session.scalars(
            select(Attachment).order_by(Attachment.added_at.desc(), Attachment.id.desc())
        ).first()
        assert found is not None
        address = f"/attachments/{found.id}"
        db.session.rollback()
        return address

    def post(self, address: str, client: FlaskClient | None = None, **told: str) -> TestResponse:
        client = client or self.tess
        version = re.search(r'name="version" value="(\d+)"', client.get(address).get_data(as_text=True))
        assert version
        return client.post(address, data={"version": version[1], **told})


@pytest.fixture
def pages(site: Site) -> Pages:
    tess = site.actor("tess")
    inventory.create_defaults(tess)
    kind = next(one.id for one in kinds.kinds(tess.school_id) if one.name == "Projector")
    asset = inventory.register(tess, AssetDetails(kind, name="Hall projector", serial="P-1"))
    person = people.add_person(tess, PersonDetails("Pat Person"))
    return Pages(site, {"asset_id": str(asset.id), "person_id": str(person.id)})


def said(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


def test_a_photo_is_added_seen_said_otherwise_and_removed(pages: Pages) -> None:
    assert f'href="{pages.new}"' in said(pages.tess.get(pages.asset))
    answer = pages.add((samples.from_a_phone(), "IMG_9.JPG"), caption="Lid before the loan")
    assert (answer.status_code, answer.location) == (302, pages.asset + "#attachments")
    photo = pages.newest()
    page = said(pages.tess.get(pages.asset))
    assert "IMG_9.jpg is added." in page
    assert f'src="{photo}/thumbnail"' in page
    assert "Lid before the loan" in page
    page = said(pages.tess.get(photo))
    assert f'<img class="photo" src="{photo}/file" width="1920" height="2560" alt="Lid before the loan">' in page
    assert "The original is not kept" in page
    assert pages.post(photo + "/caption", caption="Lid").location == photo
    assert "<h1>Lid</h1>" in said(pages.tess.get(photo))
    refused = pages.post(photo + "/remove", reason="no")
    assert refused.status_code == 422
    assert "Say why" in said(refused)
    assert pages.post(photo + "/remove", reason="Photo of another laptop").location == pages.asset + "#attachments"
    page = said(pages.tess.get(pages.asset))
    assert f'src="{photo}/thumbnail"' not in page
    assert "Photo of another laptop" in page
    assert "A photo or document was removed" in page


def test_several_files_at_once_are_all_added_or_none(pages: Pages) -> None:
    good = [(samples.jpeg(number), f"{number}.jpg") for number in range(3)]
    answer = pages.add(*good, (samples.pdf(), "Agreement.pdf"), camera=(io.BytesIO(samples.jpeg(9)), "image.jpg"))
    assert answer.status_code == 302
    assert "5 files are added." in said(pages.tess.get(pages.asset))
    assert pages.rows() == pages.before + 5
    answer = pages.add((samples.jpeg(7), "7.jpg"), (b"GIF89a", "8.gif"), (b"", "9.jpg"))
    assert answer.status_code == 422
    page = said(answer)
    assert "8.gif is a picture of a type that is not kept" in page
    assert "9.jpg is empty" in page
    assert "There is a problem" in page
    assert pages.rows() == pages.before + 5
    again = pages.add((samples.jpeg(0), "again.jpg"), (samples.jpeg(8), "new.jpg"))
    assert "again.jpg is here already, as 0.jpg" in said(again)
    assert pages.rows() == pages.before + 5


def test_too_many_none_and_too_long_are_told_at_the_form(pages: Pages) -> None:
    for files, told, sentence in (
        ([], {}, "Choose a photo or a document."),
        ([(b"x", f"{number}.txt") for number in range(11)], {}, "These are 11 files. Add at most 10 at a time."),
        ([(b"x", "a.txt")], {"caption": "x" * 201}, "The caption is longer than 200 characters."),
        ([(b"x", "a.txt")], {"caption": "a\x1b[2J"}, "The caption holds characters"),
    ):
        answer = pages.add(*files, **told)
        assert answer.status_code == 422
        assert sentence in said(answer)
    assert pages.rows() == pages.before


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_request_that_is_too_large_is_refused_before_it_is_read(pages: Pages) -> None:
    answer = pages.add((b"x" * (BODY_LIMIT + 1), "big.txt"))
    assert answer.status_code == 413
    answer = pages.tess.post(f"{pages.asset}/edit", data={"notes": "x" * (1 << 21)})
    assert answer.status_code == 413  # other forms stay small
    large = pages.add((b"\0" * (rules.FILE_LIMIT + 1), "large.bin"))
    assert "large.bin is larger than 20 MB" in said(large)
    assert pages.rows() == pages.before
    del answer, large
    gc.collect()  # the test client leaves its temporary files open


@pytest.mark.parametrize(
    "name",
    ["../../x.jpg", "a\0b.jpg", "\u202egpj.exe", "x" * 5000 + ".jpg", "CON.jpg", "a%0D%0AX-Evil: 1.jpg", "%22><b>.jpg"],
)
def test_an_evil_name_does_no_harm_anywhere(pages: Pages, name: str) -> None:
    assert pages.add((samples.jpeg(), name)).status_code == 302
    photo = pages.newest()
    answer = pages.tess.get(photo + "/file")
    assert answer.status_code == 200
    assert "X-Evil" not in answer.headers
    kept = db.session.scalars(select(Attachment.name).order_by(Attachment.added_at.desc())).first() or ""
    assert kept == rules.kept_name(kept, rules.MediaType.JPEG)
    told = Message()
    told["Content-Disposition"] = answer.headers["Content-Disposition"]
    assert told.get_filename() == kept
    assert "<b>" not in said(pages.tess.get(photo))


def test_a_file_goes_out_as_what_it_is_and_runs_nothing(pages: Pages) -> None:
    kept = {
        "a.jpg": (samples.jpeg(), "image/jpeg", "inline"),
        "b.png": (samples.encoded(samples.picture(), "PNG"), "image/png", "inline"),
        "c.pdf": (samples.pdf(), "application/pdf", "inline"),
        "d.txt": (b"just text", "text/plain; charset=utf-8", "attachment"),
    }
    for name, (data, mimetype, how) in kept.items():
        pages.add((data, name))
        for client in (pages.tess, pages.site.client("gwen")):
            answer = client.get(pages.newest() + "/file")
            assert answer.headers["Content-Type"] == mimetype
            assert answer.headers["Content-Disposition"] == f"{how}; filename={name}"
            assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
            assert answer.headers["Cache-Control"] == "private, no-cache"
            if not mimetype.startswith("image/"):
                assert answer.data == data
            taken = client.get(pages.newest() + "/file?download=1")
            assert taken.headers["Content-Disposition"] == f"attachment; filename={name}"


def test_a_name_of_other_letters_comes_back_whole(pages: Pages) -> None:
    pages.add((samples.jpeg(), "Größe – 写真 £5.jpg"))
    header = pages.tess.get(pages.newest() + "/file").headers["Content-Disposition"]
    assert "filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%E2%80%93%20%E5%86%99%E7%9C%9F%20%C2%A35.jpg" in header
    assert header.isascii()


def test_a_browser_asks_again_without_being_sent_the_file_again_and_takes_parts(pages: Pages) -> None:
    data = samples.pdf()
    pages.add((data, "a.pdf"))
    address = pages.newest() + "/file"
    first = pages.tess.get(address)
    etag = first.headers["ETag"]
    assert first.headers["Accept-Ranges"] == "bytes"
    again = pages.tess.get(address, headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    part = pages.tess.get(address, headers={"Range": "bytes=10-19", "If-Range": etag})
    assert (part.status_code, part.data) == (206, data[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(data)}"
    for wrong in ("bytes=999999999-", "bytes=-0", "bytes=5-2", "lines=1-2", "bytes=0-0,5-9"):
        answer = pages.tess.get(address, headers={"Range": wrong})
        assert answer.status_code in (200, 206, 416)
    other = pages.tess.get(address, headers={"Range": "bytes=10-19", "If-Range": '"other"'})
    assert (other.status_code, other.data) == (200, data)
    head = pages.tess.head(address)
    assert (head.status_code, head.data, head.headers["Content-Length"]) == (200, b"", str(len(data)))


def test_roles_see_add_and_remove_as_the_policy_says(pages: Pages) -> None:
    pages.add((samples.jpeg(), "a.jpg"))
    photo = pages.newest()
    for username in ("tess", "beth", "hana", "gwen", "adam"):
        client = pages.site.client(username)
        assert client.get(photo).status_code == 200
        assert client.get(photo + "/file").status_code == 200
        editor = username in ("tess", "beth")
        page = said(client.get(pages.asset))
        assert (f'href="{pages.new}"' in page) is editor
        assert ("Remove…" in said(client.get(photo))) is editor
        for address in (pages.new, photo + "/remove", photo + "/caption"):
            assert client.get(address).status_code == (200 if editor else 403)
            if not editor:
                assert client.post(address, data={"reason": "A long enough reason"}).status_code == 403
    stan = pages.site.client("stan")
    for address in (photo, photo + "/file", photo + "/thumbnail"):
        assert stan.get(address).status_code == 404


def test_another_school_sees_nothing_of_a_file(pages: Pages) -> None:
    pages.add((samples.jpeg(), "a.jpg"))
    photo, otto, before = pages.newest(), pages.site.client("otto"), pages.rows()
    for address in (photo, photo + "/file", photo + "/thumbnail", photo + "/remove", photo + "/caption", pages.new):
        assert otto.get(address).status_code == 404
    assert pages.add((b"x", "x.txt"), client=otto).status_code == 404
    form = {"reason": "A long enough reason", "caption": "x", "version": "1"}
    for address in (photo + "/remove", photo + "/caption"):
        assert otto.post(address, data=form).status_code == 404
    assert pages.rows() == before


@pytest.mark.parametrize("type", ["user", "school", "evidence", "nonsense", "Asset", "asset%00"])
def test_nothing_can_be_attached_to_what_no_feature_names(pages: Pages, type: str) -> None:
    answer = pages.add((b"x", "x.txt"), to=f"/attachments/new/{type}/{pages.ids['asset_id']}")
    assert answer.status_code in (400, 404)
    assert pages.add((b"x", "x.txt"), to=f"/attachments/new/asset/{uuid4()}").status_code == 404
    assert pages.rows() == pages.before


@pytest.mark.parametrize(
    ("type", "page"),
    [
        ("asset", "/assets/{}"), ("medium", "/media/{}"), ("job", "/jobs/{}"), ("station", "/stations/{}"),
        ("person", "/people/{}"), ("location", "/locations/{}"), ("certificate", "/certificates/{}"),
    ],
)  # fmt: skip
def test_every_thing_that_is_said_to_takes_files_and_shows_them(site: Site, type: str, page: str) -> None:
    pages = Pages(site, things(site.actor("tess"), site.app.extensions["caretaker"]))
    thing = pages.ids[f"{type}_id"]
    address = page.format(thing)
    answer = pages.add((samples.pdf(type), "paper.pdf"), to=f"/attachments/new/{type}/{thing}")
    assert (answer.status_code, answer.location) == (302, f"{address}#attachments")
    shown = said(pages.tess.get(address))
    assert f'href="{pages.newest()}/file?download=1"' in shown
    assert "A photo or document was added" in shown


def test_what_was_removed_is_opened_by_those_in_charge_only_and_erased_for_good(pages: Pages) -> None:
    pages.add((samples.jpeg(), "a.jpg"))
    photo = pages.newest()
    hana, beth = pages.site.client("hana"), pages.site.client("beth")
    assert "Only a file that was removed" in said(hana.get(photo + "/erase"))
    assert hana.post(photo + "/erase", data={"reason": "A pupil is in it", "version": "1"}).status_code == 422
    pages.post(photo + "/remove", reason="A pupil is in it")
    for username, status in (("tess", 404), ("gwen", 404), ("beth", 200), ("hana", 200), ("adam", 200)):
        client = pages.site.client(username)
        assert client.get(photo + "/file").status_code == status
        page = said(client.get(photo))
        assert "A pupil is in it" in page
        assert ("<img" in page) is (status == 200)
    assert pages.tess.get(photo + "/erase").status_code == 403
    assert pages.post(photo + "/erase", beth, reason="short").status_code == 422
    before = len(list(pages.files.all()))
    assert pages.post(photo + "/erase", hana, reason="A pupil can be recognised").location == photo
    assert len(list(pages.files.all())) == before - 2
    page = said(hana.get(photo))
    assert "It is erased." in page
    assert "The file itself was erased" in page
    assert hana.get(photo + "/file").status_code == 404
    assert "was erased" in said(beth.get(pages.asset))


def test_somebody_who_was_slower_is_told(pages: Pages) -> None:
    pages.add((samples.jpeg(), "a.jpg"))
    photo = pages.newest()
    pages.post(photo + "/caption", caption="Newer")
    for address, told in (("/caption", {"caption": "Mine"}), ("/remove", {"reason": "A long enough reason"})):
        answer = pages.tess.post(photo + address, data={"version": "1", **told})
        assert answer.status_code == 422
        assert "Tess Technician changed a.jpg" in said(answer)
        assert pages.tess.post(photo + address, data=told).status_code == 422
    assert "<h1>Newer</h1>" in said(pages.tess.get(photo))


def test_a_file_that_the_disk_lost_is_told_and_not_made_up(pages: Pages) -> None:
    pages.add((samples.jpeg(), "a.jpg"))
    photo = pages.newest()
    sha256 = re.search(r"[0-9a-f]{64}", said(pages.tess.get(photo)))
    assert sha256
    path = pages.files.path(sha256[0])
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"X")
    answer = pages.tess.get(photo + "/file")
    assert answer.status_code == 500
    assert "not what was kept on the server" in said(answer)
    path.unlink()
    assert "missing on the server" in said(pages.tess.get(photo + "/file"))
    assert pages.tess.get(photo).status_code == 200
    pages.add((samples.jpeg(), "b.jpg"), to=f"/attachments/new/person/{pages.ids['person_id']}")  # the same content
    assert pages.tess.get(photo + "/file").data == whole


def test_a_disk_that_takes_nothing_is_told_and_nothing_is_kept(pages: Pages, tmp_path: Path) -> None:
    folder = pages.files.instance / "attachments"
    if folder.exists():
        folder.rename(tmp_path / "away")
    folder.write_text("a file in its place")
    answer = pages.add((samples.jpeg(5), "a.jpg"), (samples.jpeg(6), "b.jpg"))
    assert answer.status_code == 503
    assert "folder for attachments is missing, so nothing was kept" in said(answer)
    assert pages.rows() == pages.before
    kinds = db.session.scalars(select(Event.kind).order_by(Event.seq.desc())).first()
    assert kinds != "attachment:added"


def test_an_upload_does_not_lock_others_out_while_it_is_looked_at(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.attachments import content

    real, other = content.examine, pages.site.client("beth")

    def slow(file: Any, name: str) -> content.Content:
        assert other.post("/people/new", data={"name": "Somebody", "kind": "staff"}).status_code == 302
        return real(file, name)

    monkeypatch.setattr(content, "examine", slow)
    assert pages.add((samples.jpeg(), "a.jpg")).status_code == 302


def test_the_page_of_a_thing_asks_the_database_the_same_for_one_file_and_for_many(pages: Pages) -> None:
    pages.add((samples.jpeg(0), "0.jpg"))
    pages.tess.get(pages.asset)
    with counted() as one:
        pages.tess.get(pages.asset)
    pages.add(*[(samples.jpeg(number), f"{number}.jpg") for number in range(1, 8)])
    pages.tess.get(pages.asset)
    with counted() as many:
        pages.tess.get(pages.asset)
    assert len(many) == len(one)


def test_a_form_without_its_token_adds_nothing(pages: Pages) -> None:
    pages.site.app.config["WTF_CSRF_ENABLED"] = True
    assert pages.add((samples.jpeg(), "a.jpg")).status_code == 400
    assert pages.rows() == pages.before
