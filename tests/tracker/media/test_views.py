"""The pages of media, on both databases."""

import pytest
from flask.testing import FlaskClient

from tests.cast import Site, counted
from tests.things import Bench, bench
from tracker.db import db
from tracker.media import service


@pytest.fixture
def school(site: Site) -> Bench:
    made = bench(site.actor("tess"))
    db.session.commit()
    return made


@pytest.fixture
def tess(site: Site, school: Bench) -> FlaskClient:
    return site.client("tess")


FORM = {"kind": "ssd", "make": "Samsung", "model": "870 EVO", "serial": "S6PE0417", "capacity": "", "data_class": "P"}


def test_a_drive_is_added_to_an_asset_found_by_its_serial_and_downloaded(tess: FlaskClient, school: Bench) -> None:
    asset = school.asset()
    db.session.commit()
    answer = tess.post(f"/media/new?asset={asset.id}", data=FORM, follow_redirects=True)
    assert "is in the register" in answer.text
    assert "S6PE0417" in tess.get(f"/assets/{asset.id}").text
    assert tess.get("/scan?q=s6pe-0417").headers["Location"].startswith("/media/")
    tess.post("/media/new", data={**FORM, "serial": "OTHER", "wwn": "0x50014ee2b4c1f9a7"})
    assert tess.get("/scan?q=50014EE2B4C1F9A7").headers["Location"].startswith("/media/")
    assert "1 medium" in tess.get("/media?q=0x50014ee2b4c1f9a7").text
    listed = tess.get("/media?q=s6pe")
    assert "1 medium" in listed.text
    assert "S6PE0417" in tess.get("/media.csv").text
    assert "Nothing fits" in tess.get("/media?q=nothing-like-that").text


@pytest.mark.parametrize(
    "changes", [{"kind": "teapot"}, {"capacity": "much"}, {"capacity": "0"}, {"serial": "x" * 500}, {"data_class": ""}]
)
def test_a_form_that_cannot_be_kept_is_shown_again_with_the_reason(tess: FlaskClient, changes: dict[str, str]) -> None:
    answer = tess.post("/media/new", data={**FORM, **changes})
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert "No storage media yet" in tess.get("/media").text


@pytest.mark.parametrize("query", ["?state=nonsense", "?kind=%FF", "?page=99999999999", "?page=-1", "?q=%25_%27%22<b>"])
def test_a_list_takes_any_address(tess: FlaskClient, query: str) -> None:
    answer = tess.get("/media" + query)
    assert answer.status_code == 200
    assert "<b>" not in answer.text


def test_the_list_asks_the_database_as_often_for_many_as_for_few(tess: FlaskClient, school: Bench) -> None:
    school.medium()
    tess.get("/media")
    with counted() as few:
        tess.get("/media")
    for _ in range(30):
        school.medium()
    with counted() as many:
        tess.get("/media")
    assert len(many) == len(few)


def test_states_move_by_hand_only_with_reason_and_right(site: Site, tess: FlaskClient, school: Bench) -> None:
    medium = school.medium()
    db.session.commit()
    address, version = f"/media/{medium.id}/state", str(medium.version)
    assert tess.post(address, data={"to": "sanitised", "why": "trust me", "version": version}).status_code == 422
    assert tess.post(address, data={"to": "missing", "why": "", "version": version}).status_code == 422
    beth = site.client("beth")
    assert beth.post(address, data={"to": "missing", "why": "gone", "version": version}).status_code == 403
    assert tess.post(address, data={"to": "missing", "why": "gone", "version": version}).status_code == 302
    stale = tess.post(address, data={"to": "held", "why": "found", "version": version})
    assert stale.status_code == 422
    assert "Somebody else changed" in stale.text
    assert service.get_medium(medium.school_id, medium.id).state == "missing"


def test_evidence_comes_back_byte_for_byte_and_quarantine_shows_every_reason(
    site: Site, tess: FlaskClient, school: Bench
) -> None:
    good = school.wiped(school.medium())
    other = school.wiped(school.medium(), operator=None)
    db.session.commit()
    assert tess.get(f"/evidence/{good.id}.jws").data == good.signed
    page = tess.get("/media/quarantine").text
    assert "It does not name the operator who confirmed the job." in page
    assert str(other.id) in page
    assert str(good.id) not in page
    assert site.client("gwen").get("/media/quarantine").status_code == 403
