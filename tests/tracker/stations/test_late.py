"""What arrives late, twice, damaged or out of turn: it is kept, and proves nothing that it cannot. Both databases."""

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from tests.cast import Site
from tests.tracker.stations.bench import Bench, ready
from tests.tracker.stations.test_api import demo as demo
from tests.tracker.stations.test_api import job_of, medium_state, ordered
from tracker.audit import chain
from tracker.audit.models import Event
from tracker.audit.service import links
from tracker.certificates.models import Certificate
from tracker.db import db
from tracker.inventory.models import Asset
from tracker.inventory.rules import AssetState
from tracker.media import evidence
from tracker.media import service as media
from tracker.media.models import Medium
from tracker.media.rules import MediumState
from tracker.stations import api
from tracker.values import NIL_UUID


def medium_of(order: dict[str, Any]) -> Medium:
    job = job_of(order)
    return media.get_medium(job.school_id, job.medium_id)


def by_hand(bench: Bench, order: dict[str, Any], to: MediumState) -> None:
    medium = medium_of(order)
    media.change_state(bench.actor, medium.id, to, version=medium.version, reason="it was asked for")
    db.session.commit()


def anew(site: Site, bench: Bench, order: dict[str, Any]) -> dict[str, Any]:
    """Another wipe of the same drive; its order."""
    station_id, medium = str(job_of(order).station_id), medium_of(order)
    db.session.rollback()
    bench.exchange()
    address, fields = bench.form(medium, Path(order["device"]), station_id)
    assert site.client("tess").post(address, data=fields).status_code == 302
    (found,) = bench.exchange()["orders"]
    return dict(found)


def certificates() -> int:
    return db.session.scalar(select(func.count()).select_from(Certificate)) or 0


def test_a_station_that_begins_what_was_cancelled_meanwhile_is_told_to_stop(demo: Site, tmp_path: Path) -> None:
    bench, order = ordered(demo, tmp_path / "drives")  # the station has it in its hands and has not said so yet
    job_id = order["job_id"]
    demo.client("tess").post(f"/jobs/{job_id}/cancel")
    assert job_of(order).state == "cancelled"
    for state in ("accepted", "running"):
        assert bench.tell(job_id, state)["cancel"] == [job_id]
    assert bench.tell(job_id, "ended")["cancel"] == []
    done = bench.run(order)
    assert bench.send(done.record.record_id, done.signed).get_json()["state"] == "accepted"
    assert (job_of(order).state, medium_state(order)) == ("ended", "in_service")  # it may have been used since


def test_proof_that_comes_late_does_not_release_a_drive_that_was_used_since(demo: Site, tmp_path: Path) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    done = bench.run(order)
    bench.tell(order["job_id"], "failed", message="The eraser died.")
    by_hand(bench, order, MediumState.IN_SERVICE)
    by_hand(bench, order, MediumState.HELD)
    assert bench.send(done.record.record_id, done.signed).get_json()["state"] == "accepted"
    assert (medium_state(order), certificates()) == ("held", 0)


@pytest.mark.parametrize("fits", [True, False])
def test_evidence_of_an_earlier_wipe_leaves_the_one_that_runs_alone(demo: Site, tmp_path: Path, fits: bool) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    done = bench.run(order if fits else {**order, "operator": {**order["operator"], "id": str(uuid4())}})
    bench.tell(order["job_id"], "failed", message="The eraser died.")
    second = anew(demo, bench, order)
    answer = bench.send(done.record.record_id, done.signed).get_json()
    assert answer["state"] == ("accepted" if fits else "quarantined")
    assert (medium_state(order), certificates()) == ("wiping", 0)
    last = bench.run(second)
    bench.send(last.record.record_id, last.signed)
    assert (medium_state(order), certificates()) == ("sanitised", 1)


def test_a_job_is_answered_once(demo: Site, tmp_path: Path) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    first, second = bench.run(order), bench.run(order)
    assert bench.send(first.record.record_id, first.signed).get_json()["state"] == "accepted"
    answer = bench.send(second.record.record_id, second.signed).get_json()
    assert answer["state"] == "quarantined"
    assert "a job is run once" in " ".join(answer["reasons"])
    assert (medium_state(order), str(job_of(order).record_id)) == ("sanitised", first.record.record_id)


def test_a_station_cannot_name_the_evidence_of_another_job_as_its_own(demo: Site, tmp_path: Path) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    done = bench.run(order)
    bench.send(done.record.record_id, done.signed)
    path, station_id = bench.drive("VD-0002"), str(job_of(order).station_id)
    medium = media.add_medium(bench.actor, replace(media.details_of(medium_of(order)), serial="VD-0002", asset_id=None))
    db.session.commit()
    bench.exchange()
    address, fields = bench.form(medium, path, station_id)
    tess = demo.client("tess")
    page = tess.post(address, data=fields).headers["Location"]
    bench.tell(page.rpartition("/")[2], "ended", record_id=done.record.record_id)
    assert "waiting for the evidence" in tess.get(page).text


@pytest.mark.parametrize("told_first", [True, False])
def test_evidence_that_cannot_be_read_ends_the_wipe_and_leaves_the_medium_held(
    demo: Site, tmp_path: Path, told_first: bool
) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    number = str(uuid4())
    steps = [lambda: bench.tell(order["job_id"], "ended", record_id=number), lambda: bench.send(number, b"damaged")]
    for step in steps if told_first else reversed(steps):
        step()
    assert (job_of(order).state, medium_state(order)) == ("ended", "held")
    assert "in quarantine" in demo.client("tess").get(f"/jobs/{order['job_id']}").text


@pytest.mark.parametrize("state", [AssetState.ON_LOAN, AssetState.AWAITING_COLLECTION, AssetState.WRITTEN_OFF])
def test_a_drive_of_something_that_is_out_of_hand_is_not_wiped(site: Site, tmp_path: Path, state: AssetState) -> None:
    bench, medium, path, station_id = ready(site, tmp_path / "drives")
    asset = db.session.get(Asset, (medium.school_id, medium.asset_id))
    assert asset is not None
    asset.state = state.value
    db.session.commit()
    address, fields = bench.form(medium, path, station_id)
    answer = site.client("tess").post(address, data=fields)
    assert answer.status_code == 422
    assert state.label in answer.text
    assert bench.exchange()["orders"] == []


def test_a_message_that_is_too_deep_or_too_long_is_refused(site: Site, tmp_path: Path) -> None:
    bench, _medium, _path, _station = ready(site, tmp_path / "drives")
    holder: dict[str, Any] = {"kind": "lvm", "device": "/dev/dm-0", "description": "", "children": []}
    for _ in range(3):
        holder = {**holder, "children": [holder]}
    reports = bench.reports()
    reports[0]["drive"]["holders"] = [holder]
    assert bench.say(reports=reports).status_code == 200
    for _ in range(100):
        holder = {**holder, "children": [holder]}
    reports[0]["drive"]["holders"] = [holder]
    assert "too deeply" in bench.say(reports=reports).get_json()["error"]["message"]
    assert "drives" in bench.say(reports=bench.reports() * 257).get_json()["error"]["message"]


def test_who_guesses_codes_is_slowed_down_and_stands_in_the_log_of_the_system(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "CODES", api.Throttle(failures=3, seconds=300, clock=lambda: 0.0))
    bench = Bench(site, tmp_path / "drives")
    good = bench.code()
    assert [bench.enrol("0000-0000-0000").status_code for _ in range(4)] == [403, 403, 403, 429]
    assert bench.enrol(good).status_code == 429
    kinds = db.session.scalars(select(Event.kind).where(Event.school_id == NIL_UUID)).all()
    assert kinds.count("station:refused") == 3
    assert chain.verify(links(NIL_UUID)).broken is None


def test_no_step_of_a_wipe_leaves_its_event_out(demo: Site, tmp_path: Path) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    bench.tell(order["job_id"], "accepted")
    done = bench.run(order)
    bench.send(done.record.record_id, done.signed)
    kinds = set(db.session.scalars(select(Event.kind).where(Event.school_id == demo.school_id())))
    wanted = {"station:enrolled", "job:created", "job:started", "job:finished", "medium:state_changed"}
    assert wanted | {"evidence:received", "certificate:issued"} <= kinds
    assert chain.verify(links(demo.school_id())).broken is None


def test_a_job_whose_evidence_never_comes_can_be_closed_though_the_station_answers(demo: Site, tmp_path: Path) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    page, tess = f"/jobs/{order['job_id']}", demo.client("tess")
    bench.tell(order["job_id"], "ended", record_id=str(uuid4()))
    assert "The evidence will not come" in tess.get(page).text
    assert tess.post(page + "/give-up", data={"why": "the spool is lost"}).status_code == 302
    assert (job_of(order).state, medium_state(order)) == ("failed", "held")


def test_who_stops_a_wipe_and_its_evidence_that_arrives_meanwhile_wait_for_each_other(
    demo: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    done, tess = bench.run(order), demo.client("tess")
    halfway, stopped, statuses = threading.Event(), threading.Event(), dict[str, int]()
    against = evidence._against_medium

    def halted(*facts: Any) -> list[str]:
        halfway.set()  # the medium is locked: now the other one comes, and gets no further until this is over
        stopped.wait(timeout=1)
        return against(*facts)

    def stop() -> None:
        halfway.wait()
        with demo.app.app_context():
            statuses["stop"] = tess.post(f"/jobs/{order['job_id']}/cancel").status_code
        stopped.set()

    monkeypatch.setattr(evidence, "_against_medium", halted)
    other = threading.Thread(target=stop)
    other.start()
    statuses["evidence"] = bench.send(done.record.record_id, done.signed).status_code
    other.join()
    assert statuses == {"stop": 302, "evidence": 201}
    assert (job_of(order).state, medium_state(order)) == ("ended", "sanitised")
    assert chain.verify(links(demo.school_id())).broken is None
