"""Frames and photos: what is on them is told, what is none is refused, and nobody sends too many."""

import io

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from labels import code
from labels.qr import asset_url
from tests.cast import Site, body
from tests.labels.test_picture import BOMB, drawn, on_paper, png, saved
from tests.tracker.inventory.test_views import make
from tracker.inventory import camera_views
from tracker.throttle import Throttle
from tracker.values import Actor

JSON = {"Accept": "application/json"}
NOISE = b"\xff\xd8\xff\xe0 no picture"


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counters of each test's own: the cast has the same numbers in every database."""
    monkeypatch.setattr(camera_views, "FRAMES", Throttle(600, 60, lambda: 0.0))
    monkeypatch.setattr(camera_views, "PHOTOS", Throttle(30, 60, lambda: 0.0))


def frame(client: FlaskClient, picture: bytes, kind: str = "image/jpeg") -> TestResponse:
    return client.post("/scan/frame", data=picture, headers={**JSON, "Content-Type": kind})


def photo(client: FlaskClient, picture: bytes, name: str = "IMG_1.jpg", **told: str) -> TestResponse:
    return client.post("/scan/photo", data={"photo": (io.BytesIO(picture), name), **told})


def test_a_frame_tells_the_codes_on_it(tess: FlaskClient, actor: Actor) -> None:
    url = asset_url("https://register.example", make(actor).tag)
    answer = frame(tess, saved(on_paper(drawn(url))))
    assert (answer.status_code, answer.get_json()) == (200, {"codes": [{"text": url, "sure": True}]})
    assert frame(tess, saved(on_paper())).get_json() == {"codes": []}


@pytest.mark.parametrize(
    ("picture", "status"),
    [
        (b"", 422), (NOISE, 422), (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 422), (saved(on_paper())[:2000], 422),
        (png(100_000, 100_000, BOMB), 422), (png(20_000, 20_000, BOMB), 422), (png(5000, 4000, BOMB), 422),
        (bytes((1 << 20) + 1), 413),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "kind", ["image/jpeg", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]
)
def test_a_frame_that_is_none_gets_a_clear_answer(tess: FlaskClient, picture: bytes, status: int, kind: str) -> None:
    answer = frame(tess, picture, kind)
    assert answer.status_code == status
    assert answer.get_json()["error"]["message"].endswith(".")


def test_a_photo_opens_the_list_without_scripts(tess: FlaskClient, actor: Actor) -> None:
    asset, earlier = make(actor), make(actor)
    page = body(photo(tess, saved(on_paper(drawn(asset_url("https://x.example", asset.tag)))), codes=earlier.tag))
    assert f'href="/assets/{asset.id}"' in page
    assert f'href="/assets/{earlier.id}"' in page


def test_a_photo_is_answered_to_the_pages_script_as_data(tess: FlaskClient, actor: Actor) -> None:
    sent = {"photo": (io.BytesIO(saved(on_paper(drawn("N056194P")))), "x.jpg")}
    assert tess.post("/scan/photo", data=sent, headers=JSON).get_json() == {
        "codes": [{"text": "N056194P", "sure": True}]
    }
    sent = {"photo": (io.BytesIO(NOISE), "x.jpg")}
    answer = tess.post("/scan/photo", data=sent, headers=JSON)
    assert (answer.status_code, answer.get_json()["error"]["message"]) == (
        (422, "This is no whole JPEG, PNG or WebP picture. Take it again.")
    )


@pytest.mark.parametrize(
    ("picture", "says"),
    [
        (NOISE, "no whole JPEG, PNG or WebP picture"), (b"", "no whole JPEG"), (saved(on_paper()), "No code was found"),
        (png(8000, 8000, BOMB), "more than 16 million pixels"), (b"<svg onload=alert(1)>", "no whole JPEG"),
    ],
)  # fmt: skip
def test_a_photo_that_says_nothing_is_told_at_the_form(tess: FlaskClient, picture: bytes, says: str) -> None:
    answer = photo(tess, picture)
    assert answer.status_code == 422
    assert says in body(answer)
    assert "Error: Scan" in body(answer)


def test_a_photo_that_is_missing_or_too_large_is_refused(tess: FlaskClient) -> None:
    assert "No photo was sent" in body(tess.post("/scan/photo", data={"photo": "text"}))
    head = b'--x\r\nContent-Disposition: form-data; name="photo"; filename="x.jpg"\r\n\r\n'
    for sent, status in ((b"\xff\xfe", 422), (head + bytes(camera_views.PHOTO_BYTES), 413)):
        kind = {"Content-Type": "multipart/form-data; boundary=x"}
        assert tess.post("/scan/photo", data=sent, headers=kind).status_code == status


def test_a_code_that_holds_what_no_database_keeps_does_no_harm(tess: FlaskClient, actor: Actor) -> None:
    picture = saved(on_paper(drawn("A\0B\x1dC<script>", scale=6)), "PNG")
    page = body(photo(tess, picture))
    assert "\0" not in page
    assert "<script>C" not in page
    assert "C<script>" not in page


def test_only_those_who_may_scan_send_pictures(site: Site, actor: Actor) -> None:
    picture = saved(on_paper(drawn("N056194P")))
    assert frame(site.client("gwen"), picture).status_code == 200
    for username, status in (("stan", 403), (None, 401)):
        client = site.client(username)
        assert frame(client, picture).status_code == status
        assert photo(client, picture).status_code == status


def test_too_many_pictures_in_a_minute_wait(site: Site, tess: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [0.0]
    monkeypatch.setattr(camera_views, "FRAMES", Throttle(3, 60, lambda: moment[0]))
    assert [frame(tess, NOISE).status_code for _ in range(5)] == [422, 422, 422, 429, 429]
    assert frame(site.client("gwen"), NOISE).status_code == 422, "one person does not slow another down"
    moment[0] = 61
    assert frame(tess, NOISE).status_code == 422


def test_a_camera_that_is_left_on_keeps_no_session_alive(site: Site) -> None:
    assert site.app.view_functions["inventory.scan_frame"].unattended  # type: ignore[attr-defined] # functions take attributes


def test_the_whole_way_from_a_frame_to_the_asset(tess: FlaskClient, actor: Actor) -> None:
    asset = make(actor)
    url = asset_url("http://old.example:8443", asset.tag)
    (seen,) = frame(tess, saved(on_paper(drawn(url)))).get_json()["codes"]
    (told,) = tess.post("/scan/batch", json={"codes": [seen["text"]]}).get_json()["results"]
    assert told["said"].startswith(f"Found: {code.shown(asset.tag)}")
