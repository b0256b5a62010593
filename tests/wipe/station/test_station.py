"""Supervisor and agent as real processes: an order runs once, evidence is never lost, and nothing is done unasked."""

import json
import os
import re
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.station import Bench, bench, wait_until
from tests.wipe.conftest import Attach
from tests.wipe.station.tracker import CODE, MOODS, FakeTracker, tracker
from wipe import codec, keys, plan, record
from wipe.blocks import CANCELLED
from wipe.drive import discover
from wipe.errors import ExitCode
from wipe.facts import DriveReport
from wipe.station.store import Place
from wipe.vocabulary import Cut, Method, VerificationKind

MARKER = b"SECRET-MARKER---"
LONG = 1 << 30  # bytes of a drive that takes a moment


class Station:
    """A bench with virtual drives that is enrolled at a tracker of the test's own."""

    def __init__(self, made: Bench, fake: FakeTracker, drives: Path) -> None:
        self.bench, self.tracker, self.drives = made, fake, drives

    def drive(self, serial: str = "VD-0001", size: int = 1 << 20) -> Path:
        """A virtual drive that begins with markers."""
        path = self.drives / f"{serial}.img"
        path.write_bytes(MARKER * 4096)
        os.truncate(path, size)
        path.with_name(path.name + ".identity.json").write_text(json.dumps({"serial": serial, "kind": "ssd"}))
        return path

    def report(self, device: str) -> DriveReport:
        """What the station says of a drive, once it does."""

        def told() -> bool:
            return any(one["drive"]["identity"]["device"] == device for one in self.tracker.reports)

        wait_until(told, f"the station did not show {device}")
        (found,) = [one for one in self.tracker.reports if one["drive"]["identity"]["device"] == device]
        return codec.decode(DriveReport, found, "report")

    def order(self, shown: str, attestation: str | None = None, **changes: Any) -> dict[str, Any]:
        """Order a wipe of this drive by the first plan that the station offers."""
        made = replace(self.report(shown).plans[0], attestation=attestation)
        order = {
            "job_id": str(uuid4()),
            "asset_tag": "4RV15TFD",
            "operator": {"id": str(uuid4()), "name": "Tess Technician", "role": "technician"},
            "procedure": "2.1",
            "device": shown,
            "identity": codec.encode(made.identity),
            "capacity_bytes": made.capacity_bytes,
            "method": made.method.value,
            "verification": made.verification.value,
            "attestation": attestation,
            "plan_digest": codec.digest(made),
            **changes,
        }
        self.tracker.orders.append(order)
        return order

    def until(self, order: dict[str, Any], state: str) -> None:
        """Wait until the station says so of the job."""
        wait_until(lambda: self.tracker.state(order["job_id"]) == state, f"the job did not become {state}")

    def delivered(self) -> record.Record:
        """The one record that arrived, genuine."""
        wait_until(lambda: bool(self.tracker.evidence), "no evidence arrived")
        (deliveries,) = self.tracker.evidence.values()
        key = keys.load_public(self.bench.public_key())
        return record.verify(deliveries[0], {record.key_id(key): key}).record


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    """Enrolled, its supervisor up, its agent not yet."""
    drives = tmp_path / "drives"
    drives.mkdir()
    with tracker() as fake, bench(tmp_path, virtual=drives) as made:
        made.supervise()
        made.enrol(fake.url, CODE)
        yield Station(made, fake, drives)


def test_an_order_is_run_once_and_its_evidence_delivered_and_forgotten(station: Station) -> None:
    path = station.drive()
    station.bench.run()
    order = station.order(str(path))
    told = station.delivered()
    assert (told.job_id, told.asset_tag, told.outcome.value) == (order["job_id"], "4RV15TFD", "SANITISED_CLEAR")
    assert told.operator is not None
    assert told.operator.name == "Tess Technician"
    assert MARKER not in path.read_bytes()
    wait_until(lambda: not station.bench.status()["supervisor"]["jobs"], "the job was not forgotten")
    path.write_bytes(MARKER * 65_536)  # a fake tracker repeats its order for ever
    seen = station.tracker.exchanges
    wait_until(lambda: station.tracker.exchanges > seen + 5, "the station fell silent")
    assert path.read_bytes() == MARKER * 65_536
    assert len(station.tracker.evidence) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"plan_digest": "0" * 64}, "plan-changed"),
        ({"capacity_bytes": 512}, "identity-changed"),
        ({"device": "/dev/sda"}, "plan-changed"),
        ({"device": "/etc/passwd"}, "plan-changed"),
        ({"method": "random"}, "plan-changed"),
    ],
)
def test_an_order_that_is_not_what_was_confirmed_touches_nothing(
    station: Station, changes: dict[str, Any], code: str
) -> None:
    path = station.drive()
    before = path.read_bytes()
    station.bench.run()
    order = station.order(str(path), **changes)
    station.until(order, "refused")
    (said,) = [one for one in station.tracker.said if one["job_id"] == order["job_id"] and one["refusals"]][:1]
    assert code in [one["code"] for one in said["refusals"]]
    assert path.read_bytes() == before
    assert station.tracker.evidence == {}


@pytest.mark.parametrize(
    "order", [{"job_id": "../../etc"}, {"job_id": 5}, {}, {"job_id": str(uuid4()), "device": None}]
)
def test_an_order_of_another_shape_is_refused_and_the_station_goes_on(station: Station, order: dict[str, Any]) -> None:
    path = station.drive()
    station.tracker.orders.append({"job_id": "", **order})
    station.bench.run()
    good = station.order(str(path))
    station.until(good, "ended")


def test_an_agent_that_is_killed_in_the_middle_loses_nothing_and_delivers_once(station: Station) -> None:
    path = station.drive(size=LONG)
    agent = station.bench.run()
    order = station.order(str(path))
    station.until(order, "running")
    agent.send_signal(signal.SIGKILL)
    agent.wait()
    station.bench.run()
    assert station.delivered().outcome.value == "SANITISED_CLEAR"
    station.until(order, "ended")
    assert [len(one) for one in station.tracker.evidence.values()] == [1]


def test_a_supervisor_that_is_killed_in_the_middle_finds_its_eraser_again(station: Station) -> None:
    path = station.drive(size=LONG)
    station.bench.run()
    order = station.order(str(path))
    station.until(order, "running")
    first = station.bench.processes[0]
    first.send_signal(signal.SIGKILL)
    first.wait()
    station.bench.supervise()
    assert station.delivered().outcome.value == "SANITISED_CLEAR"
    station.until(order, "ended")


def test_a_tracker_that_is_away_for_the_whole_job_gets_the_evidence_later(station: Station) -> None:
    path = station.drive(size=LONG // 4)
    station.bench.run()
    order = station.order(str(path))
    station.until(order, "running")
    station.tracker.mood = "error"
    wait_until(lambda: len(station.bench.status()["spool"]["waiting"]) == 1, "the evidence was not kept")
    assert station.tracker.evidence == {}
    station.tracker.mood = ""
    assert station.delivered().job_id == order["job_id"]
    wait_until(lambda: not station.bench.status()["spool"]["waiting"], "the evidence waits after it was delivered")


@pytest.mark.parametrize("mood", MOODS)
def test_no_answer_brings_the_agent_down(station: Station, mood: str) -> None:
    path = station.drive()
    station.tracker.mood = mood
    agent = station.bench.run()
    wait_until(lambda: station.bench.log_says("tracker"), "the agent said nothing")
    assert agent.poll() is None
    station.tracker.mood = ""
    if mood != "gone":  # a token that was refused is tried again rarely: a person has to act
        station.until(station.order(str(path)), "ended")


def test_a_station_that_never_heard_of_a_job_says_so(station: Station) -> None:
    job_id = str(uuid4())
    station.tracker.unsure = [job_id, "../../etc", ""]
    station.bench.run()
    station.until({"job_id": job_id}, "unknown")
    assert {one["job_id"] for one in station.tracker.said} == {job_id}


def test_evidence_whose_delivery_was_lost_is_sent_anew_when_the_tracker_asks(station: Station) -> None:
    path = station.drive()
    agent = station.bench.run()
    order = station.order(str(path))
    told = station.delivered()
    wait_until(lambda: not station.bench.status()["supervisor"]["jobs"], "the job was not forgotten")
    agent.terminate()
    agent.wait()
    shutil.rmtree(station.bench.agent / "spool")
    station.tracker.orders.clear()
    station.tracker.evidence.clear()  # as a tracker that was set back to yesterday's backup
    station.tracker.unsure = [order["job_id"]]
    station.bench.run()
    assert station.delivered() == told


def test_a_job_whose_evidence_is_gone_from_the_station_is_said_to_be_lost(station: Station) -> None:
    path = station.drive()
    station.bench.run()
    order = station.order(str(path))
    station.delivered()
    wait_until(lambda: not station.bench.status()["supervisor"]["jobs"], "the job was not forgotten")
    station.tracker.orders.clear()
    for one in (station.bench.state / "evidence").iterdir():
        one.unlink()
    station.tracker.unsure = [order["job_id"]]
    station.until(order, "unknown")
    assert any("not on the station any more" in one["message"] for one in station.tracker.said)


def test_cancel_stops_the_wipe_and_leaves_evidence_that_says_so(station: Station) -> None:
    path = station.drive(size=8 << 30)
    station.bench.run()
    order = station.order(str(path))
    station.until(order, "running")
    station.tracker.cancel.append(order["job_id"])
    told = station.delivered()
    assert (told.outcome.value, told.ending.value) == ("INTERRUPTED", "cancelled")
    (done,) = told.passes
    (rest,) = done.unwritten  # it stopped between two requests, and names everything from there on
    assert 0 < done.bytes_written < 8 << 30
    assert rest.start_lba * 512 == done.bytes_written
    assert rest.reason == CANCELLED
    assert done.ended <= told.ended
    station.until(order, "ended")
    (said,) = {one["message"] for one in station.tracker.said if one["state"] == "ended"}
    assert re.fullmatch(r"The wipe was over \d+\.\d seconds after the station was told to stop it\.", said)


def test_a_station_that_is_told_to_end_leaves_evidence_of_what_it_stopped(station: Station) -> None:
    path = station.drive(size=8 << 30)
    station.bench.run()
    order = station.order(str(path))
    station.until(order, "running")
    first = station.bench.processes[0]
    first.terminate()
    first.wait(timeout=60)
    station.bench.supervise()
    assert station.delivered().outcome.value == "INTERRUPTED"


def kill_eraser(station: Station) -> None:
    """SIGKILL to the eraser that runs, as the kernel does when memory is short."""
    lock = next(station.bench.state.glob("jobs/*/lock"))
    wait_until(lambda: bool(Place(lock.parent, lock).processes()), "no eraser runs")
    for pid in Place(lock.parent, lock).processes():
        os.kill(pid, signal.SIGKILL)


def test_a_job_whose_eraser_is_killed_goes_on_by_itself(station: Station) -> None:
    path = station.drive(size=LONG)
    station.bench.run()
    order = station.order(str(path))
    station.until(order, "running")
    kill_eraser(station)
    told = station.delivered()
    assert told.outcome.value == "SANITISED_CLEAR"
    assert told.job_id == order["job_id"]
    (cut,) = told.interruptions
    assert cut.cause is Cut.CUT_OFF
    assert cut.offset is not None or cut.why_anew == "It had not got far enough to go on from there."
    station.until(order, "ended")
    assert MARKER not in path.read_bytes()[: len(MARKER) * 4096]
    assert not list((station.bench.state / "journal").iterdir())


def test_a_job_goes_on_after_the_whole_station_was_cut_off(station: Station) -> None:
    path = station.drive(size=LONG)
    station.bench.run()
    order = station.order(str(path))
    station.until(order, "running")
    first = station.bench.processes[0]
    first.send_signal(signal.SIGKILL)
    first.wait()
    kill_eraser(station)
    station.bench.supervise()
    assert station.delivered().outcome.value == "SANITISED_CLEAR"
    station.until(order, "ended")
    assert [len(one) for one in station.tracker.evidence.values()] == [1]


def test_a_job_that_was_cut_off_waits_for_its_drive_and_can_be_cancelled(station: Station) -> None:
    path = station.drive(size=LONG)
    station.bench.run()
    order = station.order(str(path))
    station.until(order, "running")
    for one in (path, path.with_name(path.name + ".identity.json")):
        one.rename(one.with_name("away-" + one.name.replace(".img", ".gone")))
    kill_eraser(station)

    def waits() -> bool:
        return any("Plug it in again" in one["message"] for one in station.tracker.said)

    wait_until(waits, "the job did not say what it waits for")
    assert station.tracker.state(order["job_id"]) == "running"
    station.tracker.cancel.append(order["job_id"])
    station.until(order, "failed")
    assert station.tracker.evidence == {}


def test_a_drive_without_a_serial_is_not_gone_on_with(station: Station) -> None:
    path = station.drive(size=LONG)
    path.with_name(path.name + ".identity.json").unlink()
    station.bench.run()
    wait_until(lambda: bool(station.tracker.reports), "the drive was not shown")
    made = plan.make(discover.find(str(path)), Method.NIST_CLEAR, VerificationKind.FULL, "this test made it")
    identity = codec.encode(made.identity)
    order = {**unnamed_order(str(path)), "identity": identity, "plan_digest": codec.digest(made)}
    order |= {"capacity_bytes": made.capacity_bytes, "attestation": made.attestation}
    station.tracker.orders.append(order)
    station.until(order, "running")
    kill_eraser(station)
    station.until(order, "failed")
    assert station.tracker.evidence == {}


def unnamed_order(device: str) -> dict[str, Any]:
    """The parts of an order that no plan makes."""
    return {
        "job_id": str(uuid4()),
        "asset_tag": None,
        "operator": {"id": str(uuid4()), "name": "Tess Technician", "role": "technician"},
        "procedure": "2.1",
        "device": device,
        "method": "nist-clear",
        "verification": "full",
    }


def test_drives_come_and_go_as_files_do(station: Station) -> None:
    station.bench.run()
    path = station.drive("VD-0007")
    assert station.report(str(path)).drive.identity.serial == "VD-0007"
    path.unlink()
    wait_until(lambda: station.tracker.reports == [], "the drive did not vanish")


def test_two_drives_with_one_serial_are_both_shown_and_neither_is_wiped(station: Station) -> None:
    one, other = station.drive("VD-0001"), station.drive("VD-0002")
    other.with_name(other.name + ".identity.json").write_text('{"serial": "VD-0001", "kind": "ssd"}')
    station.bench.run()
    for path in (one, other):
        report = station.report(str(path))
        assert report.plans == ()
        assert "duplicate-serial" in [refusal.code for refusal in report.drive.refusals]


def test_a_wrong_code_is_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    with tracker() as fake, bench(tmp_path, virtual=tmp_path) as made:
        made.supervise()
        words = ["--state", str(made.agent), "--socket", str(made.socket)]
        wrong = made.wipe("station", "enrol", fake.url, "--code", "0000-0000-0000", *words)
        assert wrong.returncode == ExitCode.BAD_INPUT
        assert "What to do" in wrong.stderr
        assert made.wipe("station", "status", *words).returncode == ExitCode.BAD_INPUT
        assert made.wipe("station", "run", *words).returncode == ExitCode.BAD_INPUT


@pytest.mark.loop
def test_a_real_block_device_is_wiped_for_an_order(tmp_path: Path, attach: Attach) -> None:
    device = attach(16 << 20)
    with tracker() as fake, bench(tmp_path) as made:
        made.supervise()
        made.enrol(fake.url, CODE)
        made.run()
        station = Station(made, fake, tmp_path)
        station.order(device, attestation="this test made it")
        told = station.delivered()
    assert (told.outcome.value, told.identity.virtual) == ("SANITISED_CLEAR", True)
    assert MARKER not in Path(device).read_bytes()
