"""Wipes that nobody will tell of, and wipes that hang: each has its end, and none is taken for a proof."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from tests.cast import Site
from tests.tracker.stations.bench import Bench, ready
from tests.tracker.stations.test_api import demo as demo
from tests.tracker.stations.test_api import job_of, medium_state, ordered
from tests.tracker.stations.test_late import medium_of
from tracker.audit import chain
from tracker.audit.models import Event
from tracker.audit.service import links
from tracker.certificates.models import Certificate
from tracker.db import db
from tracker.stations import service
from tracker.stations.models import Station
from tracker.values import utc_now

HUNG = "The drive has not answered for 6 minutes, and the program that wipes it cannot be stopped."


def said(site: Site, kind: str) -> int:
    """How often an event of this kind is in the log."""
    db.session.rollback()
    query = select(func.count()).select_from(Event).where(Event.school_id == site.school_id(), Event.kind == kind)
    return db.session.scalar(query) or 0


def away(station_id: object) -> None:
    """The station has been silent since yesterday."""
    db.session.execute(update(Station).where(Station.id == station_id).values(seen_at=None))
    db.session.commit()


def set_up_anew(site: Site, folder: Path, name: str = "Bench") -> Bench:
    """A station whose disk is new: another key, another token, nothing in its memory."""
    other = Bench(site, folder)
    code = service.issue_code(other.actor, name=name, place="")
    db.session.commit()
    assert other.enrol(code).status_code == 201
    return other


def test_a_job_that_the_station_does_not_speak_of_is_asked_about(demo: Site, tmp_path: Path) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    assert bench.exchange()["unsure"] == []  # it has not taken the job: that is ordered once more
    assert bench.tell(order["job_id"], "running")["unsure"] == []
    assert bench.exchange()["unsure"] == [order["job_id"]]
    assert job_of(order).state == "running"  # to be silent is no answer


@pytest.mark.parametrize("state", ["accepted", "running", "hung"])
def test_a_job_that_the_station_knows_nothing_of_is_lost_and_its_medium_held(
    demo: Site, tmp_path: Path, state: str
) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    bench.tell(order["job_id"], state)
    assert bench.tell(order["job_id"], "unknown")["unsure"] == []
    assert (job_of(order).state, medium_state(order)) == ("lost", "held")
    assert said(demo, "job:lost") == 1
    bench.tell(order["job_id"], "unknown")
    bench.tell(order["job_id"], "running")
    assert (job_of(order).state, said(demo, "job:lost")) == ("lost", 1)
    assert db.session.scalars(select(Certificate)).all() == []
    assert chain.verify(links(demo.school_id())).broken is None


def test_the_page_of_a_lost_job_says_why_and_what_to_do(demo: Site, tmp_path: Path) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    bench.tell(order["job_id"], "running")
    bench.tell(order["job_id"], "unknown", message="")
    tess = demo.client("tess")
    page = tess.get(f"/jobs/{order['job_id']}").text
    assert "The station has no memory of this wipe." in page
    assert "Treat the drive as holding data" in page
    assert "Wipe it again" in page
    assert "counts as not erased" in page
    assert "wipes of which nobody knows what became" in tess.get("/").text
    assert str(order["job_id"]) in tess.get("/jobs?state=lost").text


def test_the_medium_of_a_lost_job_can_be_wiped_again(demo: Site, tmp_path: Path) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    bench.tell(order["job_id"], "running")
    bench.tell(order["job_id"], "unknown")
    station_id, medium = str(job_of(order).station_id), medium_of(order)
    bench.exchange()
    address, fields = bench.form(medium, Path(order["device"]), station_id)
    assert demo.client("tess").post(address, data=fields).status_code == 302
    (again,) = bench.exchange()["orders"]
    done = bench.run(again)
    assert bench.send(done.record.record_id, done.signed).get_json()["state"] == "accepted"
    assert medium_state(again) == "sanitised"


def test_evidence_of_a_lost_job_that_turns_up_after_all_counts(demo: Site, tmp_path: Path) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    done = bench.run(order)
    bench.tell(order["job_id"], "unknown")
    assert job_of(order).state == "lost"
    assert bench.send(done.record.record_id, done.signed).get_json()["state"] == "accepted"
    assert (job_of(order).state, medium_state(order)) == ("ended", "sanitised")


def test_a_job_that_evidence_answers_is_not_lost_whatever_the_station_forgot(demo: Site, tmp_path: Path) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    done = bench.run(order)
    bench.send(done.record.record_id, done.signed)
    assert bench.exchange()["unsure"] == []
    bench.tell(order["job_id"], "unknown")
    assert (job_of(order).state, medium_state(order)) == ("ended", "sanitised")


def test_a_job_whose_evidence_was_lost_on_the_way_is_asked_for_and_then_lost(demo: Site, tmp_path: Path) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    bench.tell(order["job_id"], "ended", record_id=str(uuid4()))
    assert bench.exchange()["unsure"] == [order["job_id"]]
    bench.tell(order["job_id"], "unknown", message="Its evidence is not on the station's disk any more.")
    assert (job_of(order).state, medium_state(order)) == ("lost", "held")
    assert "not on the station&#39;s disk any more" in demo.client("tess").get(f"/jobs/{order['job_id']}").text


def test_a_station_says_nothing_of_the_jobs_of_another(demo: Site, tmp_path: Path) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    bench.tell(order["job_id"], "running")
    other = set_up_anew(demo, tmp_path / "others", "Another")
    other.tell(order["job_id"], "unknown")
    assert other.exchange()["unsure"] == []
    assert (job_of(order).state, medium_state(order)) == ("running", "wiping")


@pytest.mark.parametrize("state", ["", "running", "hung", "ended"])
def test_a_station_that_is_set_up_anew_loses_what_it_had_in_hand(demo: Site, tmp_path: Path, state: str) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    if state:
        bench.tell(order["job_id"], state)
    away(job_of(order).station_id)
    set_up_anew(demo, tmp_path / "others", "BENCH")
    assert (job_of(order).state, medium_state(order)) == ("lost", "held")
    assert "set up anew" in demo.client("tess").get(f"/jobs/{order['job_id']}").text
    assert chain.verify(links(demo.school_id())).broken is None


@pytest.mark.parametrize(("name", "silent"), [("Bench", False), ("Another", True)])
def test_a_station_that_answers_or_is_another_one_loses_nothing(
    demo: Site, tmp_path: Path, name: str, silent: bool
) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    bench.tell(order["job_id"], "running")
    if silent:
        away(job_of(order).station_id)
    set_up_anew(demo, tmp_path / "others", name)
    assert (job_of(order).state, medium_state(order)) == ("running", "wiping")


def test_what_the_old_disk_still_holds_is_taken_in(demo: Site, tmp_path: Path) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    done = bench.run(order)
    away(job_of(order).station_id)
    set_up_anew(demo, tmp_path / "others")
    assert job_of(order).state == "lost"
    assert bench.send(done.record.record_id, done.signed).get_json()["state"] == "accepted"
    assert job_of(order).state == "ended"


def test_a_drive_that_hangs_is_shown_in_plain_words_and_in_the_log(demo: Site, tmp_path: Path) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    bench.tell(order["job_id"], "running")
    bench.tell(order["job_id"], "hung", message=HUNG)
    assert (job_of(order).state, medium_state(order)) == ("hung", "wiping")
    tess = demo.client("tess")
    page = tess.get(f"/jobs/{order['job_id']}").text
    assert "The drive hangs" in page
    assert HUNG in page
    assert "It still holds data" in page
    assert "Stop this wipe" not in page
    shown = tess.get(f"/stations/{job_of(order).station_id}").text
    assert "The drive hangs" in shown
    assert "Unplug the drive" in shown
    assert "drives hang in the middle of their wipe" in tess.get("/").text
    assert said(demo, "job:hung") == 1


def test_a_job_that_hung_ends_without_proof_and_never_runs_on(demo: Site, tmp_path: Path) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    bench.tell(order["job_id"], "hung", message=HUNG)
    bench.tell(order["job_id"], "running")
    assert job_of(order).state == "hung"
    bench.tell(order["job_id"], "refused")
    assert job_of(order).state == "hung"  # something was written
    bench.tell(order["job_id"], "failed", message="The drive hung.")
    assert (job_of(order).state, medium_state(order)) == ("failed", "held")


def test_a_job_that_hangs_can_be_closed_though_the_station_answers(demo: Site, tmp_path: Path) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    bench.tell(order["job_id"], "hung", message=HUNG)
    page, tess = f"/jobs/{order['job_id']}", demo.client("tess")
    assert "The drive will not answer again" in tess.get(page).text
    assert tess.post(page + "/give-up", data={"why": "it is a brick"}).status_code == 302
    assert (job_of(order).state, medium_state(order)) == ("failed", "held")
    bench.tell(order["job_id"], "hung", message=HUNG)
    assert job_of(order).state == "failed"


def test_a_clock_that_was_set_back_does_not_make_a_station_answer(demo: Site, tmp_path: Path) -> None:
    bench, _medium, _path, station_id = ready(demo, tmp_path / "drives")
    later = utc_now() + timedelta(hours=2)
    db.session.execute(update(Station).where(Station.id == Station.id).values(seen_at=later))
    db.session.commit()
    tess = demo.client("tess")
    assert "Away" in tess.get(f"/stations/{station_id}").text
    bench.exchange()
    assert "Answers" in tess.get(f"/stations/{station_id}").text


@pytest.mark.parametrize("told", [{"job_id": "x"}, {"job_id": str(uuid4())}])
def test_a_job_that_never_was_is_not_lost(demo: Site, tmp_path: Path, told: dict[str, Any]) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    assert bench.tell(told["job_id"], "unknown")["orders"] == [order]
    assert job_of(order).state == "ordered"
