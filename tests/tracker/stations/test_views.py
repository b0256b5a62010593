"""Ordering, watching and stopping a wipe from the pages, on both databases."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from tests.cast import Site
from tests.tracker.stations.bench import Bench, ready
from tracker.accounts.models import SignInSession
from tracker.audit import chain
from tracker.audit.service import links
from tracker.db import db
from tracker.media import service as media
from tracker.stations.models import Job, PairingCode
from tracker.values import utc_now


def count(site: Site) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Job)) or 0


def test_a_station_is_paired_from_the_page_and_its_code_is_kept_nowhere(site: Site, tmp_path: Path) -> None:
    tess = site.client("tess")
    page = tess.post("/stations/new", data={"name": "IT office", "place": "by the window"}).text
    code = page.split('id="pairing-code">')[1].split("<")[0]
    kept = db.session.scalars(select(PairingCode)).one()
    assert code not in str(vars(kept))
    db.session.rollback()
    bench = Bench(site, tmp_path / "drives")
    assert bench.enrol(code).status_code == 201
    bench.drive()
    bench.exchange()
    listed = tess.get("/stations").text
    assert "IT office" in listed
    assert "Answers" in listed
    assert site.client("beth").post("/stations/new", data={"name": "x"}).status_code == 403


def test_drives_appear_and_vanish_as_they_are_plugged(site: Site, tmp_path: Path) -> None:
    bench, _medium, path, station_id = ready(site, tmp_path / "drives")
    tess = site.client("tess")
    assert "VD-0001" in tess.get(f"/stations/{station_id}/live").text
    second = bench.drive("VD-0002")
    bench.exchange()
    page = tess.get(f"/stations/{station_id}/live").text
    assert "VD-0002" in page
    assert "Not in the register" in page
    second.unlink()
    path.unlink()
    bench.exchange()
    assert "No drive is plugged in" in tess.get(f"/stations/{station_id}/live").text


def test_the_page_shows_how_far_a_wipe_is_and_stops_it(site: Site, tmp_path: Path) -> None:
    bench, medium, path, station_id = ready(site, tmp_path / "drives")
    tess = site.client("tess")
    address, fields = bench.form(medium, path, station_id)
    job = tess.post(address, data=fields).headers["Location"]
    (order,) = bench.exchange()["orders"]
    progress = {
        "phase": "overwrite",
        "pass_number": 1,
        "passes": 1,
        "bytes_done": 250_000,
        "bytes_total": 1_000_000,
        "errors": 2,
        "rate_bytes_per_s": 50_000,
        "temperature_c": None,
    }
    bench.tell(order["job_id"], "running", progress=progress)
    page = tess.get(job + "/live").text
    for words in ("Writing over, pass 1 of 1", "25 %", "50.0 kB a second", "about 15 s left", "2 errors"):
        assert words in page
    assert site.client("gwen").post(job + "/cancel").status_code == 403
    assert tess.post(job + "/cancel").status_code == 302
    assert bench.tell(order["job_id"], "running", progress=progress)["cancel"] == [order["job_id"]]
    assert "Told to stop" in tess.get(job + "/live").text


def test_a_job_that_no_station_has_taken_is_cancelled_at_once(site: Site, tmp_path: Path) -> None:
    bench, medium, path, station_id = ready(site, tmp_path / "drives")
    tess = site.client("tess")
    address, fields = bench.form(medium, path, station_id)
    job = tess.post(address, data=fields).headers["Location"]
    tess.post(job + "/cancel")
    assert bench.exchange()["orders"] == []
    assert media.get_medium(medium.school_id, medium.id).state == "in_service"
    db.session.rollback()
    assert tess.post(address, data=fields).status_code == 302  # and it can be ordered anew


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"password": "wrong"}, "not your password"),
        ({"password": ""}, "Enter your password"),
        ({"confirmation": "0002"}, "What you typed is not"),
        ({"digest": "0" * 64}, "changed since you looked"),
        ({"digest": ""}, "changed since you looked"),
    ],
)
def test_an_order_that_is_not_confirmed_starts_nothing(
    site: Site, tmp_path: Path, changes: dict[str, str], said: str
) -> None:
    bench, medium, path, station_id = ready(site, tmp_path / "drives")
    address, fields = bench.form(medium, path, station_id, **changes)
    answer = site.client("tess").post(address, data=fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert count(site) == 0
    assert bench.exchange()["orders"] == []


@pytest.mark.parametrize("query", ["way=nonsense", "way=nist-clear%2Bnone", "station=x", "medium=x", "device=/dev/sda"])
def test_an_address_that_no_page_made_leads_nowhere(site: Site, tmp_path: Path, query: str) -> None:
    bench, medium, path, station_id = ready(site, tmp_path / "drives")
    address, fields = bench.form(medium, path, station_id)
    name = query.partition("=")[0]
    kept = "&".join(part for part in address.partition("?")[2].split("&") if not part.startswith(name + "="))
    answer = site.client("tess").post(f"/jobs/confirm?{kept}&{query}", data=fields)
    assert answer.status_code in (302, 404)
    assert count(site) == 0


def test_a_drive_that_is_another_than_the_register_says_is_not_wiped(site: Site, tmp_path: Path) -> None:
    bench, medium, path, station_id = ready(site, tmp_path / "drives")
    found = media.get_medium(medium.school_id, medium.id)
    found.capacity_bytes = 5
    db.session.commit()
    address, fields = bench.form(medium, path, station_id)
    answer = site.client("tess").post(address, data=fields)
    assert "another drive than the register says: capacity" in answer.text
    assert count(site) == 0


def test_only_technicians_of_this_school_order_wipes(site: Site, tmp_path: Path) -> None:
    bench, medium, path, station_id = ready(site, tmp_path / "drives")
    address, fields = bench.form(medium, path, station_id)
    assert site.client("hana").post(address, data=fields).status_code == 403
    assert site.client("otto").post(address, data=fields).status_code == 404
    assert site.client().post(address, data=fields).status_code == 401
    assert count(site) == 0


def test_two_who_order_the_same_drive_at_once_get_one_wipe(site: Site, tmp_path: Path) -> None:
    bench, medium, path, station_id = ready(site, tmp_path / "drives")
    address, fields = bench.form(medium, path, station_id)
    clients = [site.client("tess") for _ in range(4)]
    statuses: list[int] = []
    gate = threading.Barrier(len(clients))

    def order(client: object) -> None:
        gate.wait()
        with site.app.app_context():
            statuses.append(client.post(address, data=fields).status_code)  # type: ignore[attr-defined]

    threads = [threading.Thread(target=order, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [302, 422, 422, 422]
    assert count(site) == 1
    assert chain.verify(links(medium.school_id)).broken is None
    assert db.session.scalar(select(func.count()).select_from(SignInSession)) == len(clients)


def test_a_job_whose_station_is_away_can_be_given_up_with_a_reason(site: Site, tmp_path: Path) -> None:
    bench, medium, path, station_id = ready(site, tmp_path / "drives")
    tess = site.client("tess")
    address, fields = bench.form(medium, path, station_id)
    job = tess.post(address, data=fields).headers["Location"]
    (order,) = bench.exchange()["orders"]
    bench.tell(order["job_id"], "running")
    assert tess.post(job + "/give-up", data={"why": "the bench burnt"}).status_code == 409  # it answers
    tess.post(f"/stations/{station_id}/revoke", data={"why": "the bench burnt"})
    tess.post(job + "/give-up", data={"why": "the bench burnt"})
    assert "the bench burnt" in tess.get(job).text
    assert media.get_medium(medium.school_id, medium.id).state == "held"


@pytest.mark.parametrize("page", ["/stations/{}", "/jobs/{}"])
def test_a_page_that_refreshes_itself_does_not_keep_its_session_alive(site: Site, tmp_path: Path, page: str) -> None:
    bench, medium, path, station_id = ready(site, tmp_path / "drives")
    tess = site.client("tess")
    address, fields = bench.form(medium, path, station_id)
    job_id = tess.post(address, data=fields).headers["Location"].rpartition("/")[2]
    shown = page.format(station_id if "stations" in page else job_id)
    long_ago = utc_now() - timedelta(minutes=14)
    db.session.execute(update(SignInSession).values(used_at=long_ago))
    assert tess.get(shown + "/live").status_code == 200
    assert db.session.scalars(select(SignInSession.used_at)).one() == long_ago
    assert tess.get(shown).status_code == 200  # a person asked for this one
    db.session.rollback()
    assert db.session.scalars(select(SignInSession.used_at)).one() > long_ago
