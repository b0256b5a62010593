"""The API as a station uses it, and as somebody uses it who is none. On both databases, with real evidence."""

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests.cast import Site
from tests.tracker.stations.bench import MARKER, Bench, ready
from tracker.audit import chain
from tracker.audit.models import Event
from tracker.audit.service import links
from tracker.certificates.models import Certificate
from tracker.db import db
from tracker.media import evidence, service
from tracker.media.models import Evidence
from tracker.stations import jobs
from tracker.stations import service as stations
from tracker.stations.models import Job, Station
from wipe import record
from wipe.drive import discover
from wipe.session import Context, Session


@pytest.fixture
def demo(site: Site) -> Site:
    """A tracker that lets evidence about files count."""
    site.app.extensions["caretaker"] = replace(site.app.extensions["caretaker"], demo=True)
    return site


def ordered(site: Site, folder: Path) -> tuple[Bench, dict[str, Any]]:
    """A wipe that was ordered from the page and handed to the station."""
    bench, medium, path, station_id = ready(site, folder)
    address, fields = bench.form(medium, path, station_id)
    answer = site.client("tess").post(address, data=fields)
    assert answer.status_code == 302, answer.text
    (order,) = bench.exchange()["orders"]
    return bench, order


def job_of(order: dict[str, Any]) -> Job:
    db.session.rollback()
    return db.session.scalars(select(Job).where(Job.id == jobs.UUID(order["job_id"]))).one()


def medium_state(order: dict[str, Any]) -> str:
    job = job_of(order)
    return service.get_medium(job.school_id, job.medium_id).state


def events(site: Site) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Event)) or 0


def test_the_main_job_from_order_to_certificate(demo: Site, tmp_path: Path) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    assert medium_state(order) == "wiping"
    bench.tell(order["job_id"], "accepted")
    bench.tell(order["job_id"], "running")
    done = bench.run(order)
    assert MARKER not in Path(order["device"]).read_bytes()
    bench.tell(order["job_id"], "ended", record_id=done.record.record_id)
    answer = bench.send(done.record.record_id, done.signed)
    assert (answer.status_code, answer.get_json()) == (201, {"state": "accepted", "reasons": []})
    assert (job_of(order).state, medium_state(order)) == ("ended", "sanitised")
    kept = db.session.scalars(select(Evidence)).one()
    assert kept.signed == done.signed
    certificate = db.session.scalars(select(Certificate)).one()
    assert certificate.evidence_id == kept.id
    for school in (demo.school_id(), demo.school_id("other")):
        assert chain.verify(links(school)).broken is None


def test_an_order_is_repeated_until_the_station_has_it_and_never_again(demo: Site, tmp_path: Path) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    assert bench.exchange()["orders"] == [order]
    assert bench.tell(order["job_id"], "accepted")["orders"] == []
    assert bench.exchange()["orders"] == []


def test_a_replay_is_the_same_evidence_and_other_bytes_are_not(demo: Site, tmp_path: Path) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    done = bench.run(order)
    assert bench.send(done.record.record_id, done.signed).status_code == 201
    count = events(demo)
    again = bench.send(done.record.record_id, done.signed)
    assert (again.status_code, again.get_json()["state"]) == (200, "accepted")
    assert bench.send(done.record.record_id, done.signed + b"x").status_code == 409
    assert events(demo) == count
    assert db.session.scalars(select(Evidence)).one().signed == done.signed


def tampered(signed: bytes) -> bytes:
    header, body, signature = signed.split(b".")
    value = json.loads(base64.urlsafe_b64decode(body + b"=="))
    value["asset_tag"] = "00000000"
    changed = base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")
    return b".".join([header, changed, signature])


def foreign(bench: Bench, order: dict[str, Any]) -> bytes:
    """The same run, signed by a key that nobody enrolled."""
    known, bench.key = bench.key, Ed25519PrivateKey.generate()
    try:
        return bench.run(order).signed
    finally:
        bench.key = known


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda bench, order, good: tampered(good), "signature does not fit"),
        (lambda bench, order, good: foreign(bench, order), "not known here"),
        (lambda bench, order, good: b"rubbish", "not a signed record"),
        (lambda bench, order, good: good[: len(good) // 2], "not"),
    ],
)
def test_a_record_that_cannot_be_believed_is_kept_in_quarantine_and_proves_nothing(
    demo: Site, tmp_path: Path, spoil: Any, reason: str
) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    good = bench.run(order)
    bad = spoil(bench, order, good.signed)
    number = str(uuid4())
    answer = bench.send(number, bad)
    assert answer.status_code == 201
    assert answer.get_json()["state"] == "quarantined"
    assert reason in " ".join(answer.get_json()["reasons"])
    assert (job_of(order).state, medium_state(order)) == ("ordered", "wiping")
    assert db.session.scalars(select(Evidence)).one().signed == bad
    assert bench.send(good.record.record_id, good.signed).get_json()["state"] == "accepted"  # the untampered one passes


def test_evidence_under_another_number_about_another_drive_or_job_is_quarantined(demo: Site, tmp_path: Path) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    elsewhere = bench.drive("VD-0002")
    drive = discover.find(str(elsewhere))
    swapped = dict(order, device=str(elsewhere))
    made = jobs.drives.plan_for(bench_report(bench, elsewhere), *way(order))
    assert made is not None
    session = Session(drive, made, lambda progress: None, lambda: False)
    session.erase()
    session.verify()
    done = session.finish(bench.key, Context(order["job_id"], None, record.Operator(**swapped["operator"]), ""))
    answer = bench.send(done.record.record_id, done.signed)
    said = " ".join(answer.get_json()["reasons"])
    assert "The plan it tells of is not the one that was confirmed." in said
    assert "serial number" in said
    assert medium_state(order) == "held"
    assert db.session.scalar(select(func.count()).select_from(Certificate)) == 0


def bench_report(bench: Bench, path: Path) -> Any:
    from wipe.station.reports import report

    return report(discover.find(str(path)))


def way(order: dict[str, Any]) -> tuple[Any, Any]:
    from wipe.vocabulary import Method, VerificationKind

    return Method(order["method"]), VerificationKind(order["verification"])


def test_evidence_about_a_file_does_not_release_a_real_drive_outside_the_demonstration(
    site: Site, tmp_path: Path
) -> None:
    bench, order = ordered(site, tmp_path / "drives")
    done = bench.run(order)
    answer = bench.send(done.record.record_id, done.signed).get_json()
    assert answer["state"] == "quarantined"
    assert "real drive" in " ".join(answer["reasons"])
    assert medium_state(order) == "held"


def test_a_station_that_was_shut_out_gets_no_orders_and_what_it_sends_does_not_count(
    demo: Site, tmp_path: Path
) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    done = bench.run(order)
    station = db.session.scalars(select(Station)).one()
    stations.revoke(bench.actor, station.id, "it was stolen")
    db.session.commit()
    assert bench.say().status_code == 401
    answer = bench.send(done.record.record_id, done.signed).get_json()
    assert answer["state"] == "quarantined"
    assert "shut out" in " ".join(answer["reasons"])


def test_a_code_works_once_and_a_wrong_one_tells_nothing(site: Site, tmp_path: Path) -> None:
    bench = Bench(site, tmp_path / "drives")
    code = bench.code()
    assert bench.enrol(code.lower().replace("-", " ")).status_code == 201
    wrong = [bench.enrol(code), bench.enrol("0000-0000-0000"), bench.enrol("x" * 500)]
    assert {answer.status_code for answer in wrong} == {403}
    assert len({answer.get_data() for answer in wrong}) == 1
    assert bench.say(reports=None).status_code == 200


def test_a_station_that_is_paired_anew_keeps_its_row_and_loses_its_old_token(site: Site, tmp_path: Path) -> None:
    bench = Bench(site, tmp_path / "drives")
    first = bench.enrol().get_json()
    old = bench.token
    assert bench.enrol().get_json()["station_id"] == first["station_id"]
    assert bench.say(reports=None).status_code == 200
    bench.token = old
    assert bench.say(reports=None).status_code == 401


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer nobody", "Bearer " + "x" * 5000])
def test_without_a_token_nothing_is_done(site: Site, header: str) -> None:
    client, before = site.client(), events(site)
    for answer in (
        client.post("/api/station/exchange", json={}, headers={"Authorization": header}),
        client.put(f"/api/station/evidence/{uuid4()}", data=b"x", headers={"Authorization": header}),
    ):
        assert answer.status_code == 401
        assert set(answer.get_json()["error"]) == {"code", "message", "advice"}
    assert events(site) == before


def test_a_station_of_one_school_cannot_speak_of_anothers_jobs(demo: Site, tmp_path: Path) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    stranger = Bench(demo, tmp_path / "other", actor=demo.actor("otto"))
    stranger.enrol()
    stranger.tell(order["job_id"], "refused", refusals=[{"code": "x", "message": "no", "advice": "no"}])
    assert job_of(order).state == "ordered"
    done = bench.run(order)
    answer = stranger.send(done.record.record_id, done.signed).get_json()
    assert answer["state"] == "quarantined"
    assert medium_state(order) == "wiping"


HOSTILE = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"\xff\xfe",
    b'{"version": 1}',
    b'{"version": "0.1.0", "boot_id": "b", "reports": {}, "jobs": []}',
    b'{"version": "0.1.0", "boot_id": "b", "reports": [{}], "jobs": []}',
    b'{"version": "0.1.0", "boot_id": "b", "reports": null, "jobs": [{"job_id": 5}]}',
    b'{"version": "0.1.0", "boot_id": "b", "reports": null, "jobs": [], "more": 1}',
    b"[" * 100_000,
    b'{"version": "' + b"x" * 100_000 + b'", "boot_id": "b", "reports": null, "jobs": []}',
]


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_a_message_of_another_shape_is_refused_whole(site: Site, tmp_path: Path, body: bytes) -> None:
    bench = Bench(site, tmp_path / "drives")
    bench.enrol()
    before = events(site)
    for address in ("exchange", "enrol"):
        answer = bench.client.post(f"/api/station/{address}", data=body, headers=bench.headers)
        assert answer.status_code in (400, 413)
        assert set(answer.get_json()["error"]) == {"code", "message", "advice"}
    assert events(site) == before


def test_too_much_is_refused(site: Site, tmp_path: Path) -> None:
    bench = Bench(site, tmp_path / "drives")
    bench.enrol()
    assert bench.client.post("/api/station/enrol", data=b"x" * (17 << 10)).status_code == 413
    huge = bench.client.post("/api/station/exchange", data=b"x" * (5 << 20), headers=bench.headers)
    assert huge.status_code == 413


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.fixed_dictionaries({"version": JSON, "boot_id": JSON, "reports": JSON, "jobs": JSON}))
def test_no_message_brings_the_tracker_down(site: Site, tmp_path: Path, message: dict[str, Any]) -> None:
    bench = Bench(site, tmp_path / "drives")
    if not bench.token:
        bench.enrol()
    answer = bench.client.post("/api/station/exchange", json=message, headers=bench.headers)
    assert answer.status_code in (200, 400)


def test_a_refusal_puts_the_medium_back_and_a_dead_eraser_leaves_it_held(demo: Site, tmp_path: Path) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    bench.tell(order["job_id"], "refused", refusals=[{"code": "mounted", "message": "It is mounted.", "advice": "-"}])
    assert (job_of(order).state, medium_state(order)) == ("refused", "in_service")
    bench.tell(order["job_id"], "running")  # too late: states only move forward
    assert job_of(order).state == "refused"
    page = demo.client("tess").get(f"/jobs/{order['job_id']}").text
    assert "It is mounted." in page


def test_a_job_that_waits_for_its_drive_says_so_until_it_goes_on(demo: Site, tmp_path: Path) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    bench.tell(order["job_id"], "running")
    bench.tell(order["job_id"], "running", message="The wipe was cut off. Plug the drive in again.")
    assert job_of(order).state == "running"
    assert "Plug the drive in again." in demo.client("tess").get(f"/jobs/{order['job_id']}").text
    bench.tell(order["job_id"], "running")
    assert job_of(order).message == ""


def test_evidence_that_comes_after_all_ends_a_job_that_was_given_up(demo: Site, tmp_path: Path) -> None:
    bench, order = ordered(demo, tmp_path / "drives")
    bench.tell(order["job_id"], "failed", message="The eraser died.")
    assert (job_of(order).state, medium_state(order)) == ("failed", "held")
    done = bench.run(order)
    assert bench.send(done.record.record_id, done.signed).get_json()["state"] == "accepted"
    assert (job_of(order).state, medium_state(order)) == ("ended", "sanitised")
    assert evidence.reasons_of(db.session.scalars(select(Evidence)).one()) == []


def test_a_record_of_many_faults_is_larger_than_a_form_and_comes_through(site: Site, tmp_path: Path) -> None:
    bench = Bench(site, tmp_path / "drives")
    bench.enrol()
    answer = bench.send(str(uuid4()), b"x" * (3 << 20))
    assert (answer.status_code, answer.get_json()["state"]) == (201, "quarantined")
