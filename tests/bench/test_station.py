"""A station whose drive hangs, and one whose clock is set: each is said, and everything else goes on."""

import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.bench.drives import Bays, VirtualDrive
from tests.bench.guest import STATE
from tests.bench.machine import Machine, Running
from tests.bench.test_stack import AGENT, SIZE, SLOW, Office, noted, office, order, pair, start_station, until
from tracker.db import db
from tracker.media import service as media
from tracker.stations import jobs
from tracker.stations import service as stations
from tracker.stations.messages import reports_of
from tracker.stations.models import Job
from wipe import record
from wipe.facts import DriveReport

__all__ = ["office"]  # a fixture
pytestmark = pytest.mark.bench

SILENT = ("--silent-seconds", "90")  # an eraser takes a while to start on an emulated processor


@pytest.fixture
def running(machine: Machine, office: Office) -> Iterator[list[Running]]:
    """A station that is paired and empty; ended with the test."""
    machine.sh(f"rm -rf {STATE}/supervisor {STATE}/agent")
    started = start_station(machine, office, *SILENT)
    pair(machine, office)
    started.append(machine.start_wipe("station", "run", *AGENT))
    yield started
    for one in started:
        one.signal(signal.SIGKILL)


def reported(office: Office, drive: VirtualDrive) -> DriveReport | None:
    """The drive as the station shows it now."""
    found = [one for station in stations.stations_of(office.tess.school_id) for one in reports_of(station.reports)]
    return next((one for one in found if one.drive.identity.serial == drive.serial), None)


def refused(office: Office, drive: VirtualDrive) -> list[str]:
    """Why the station wipes this drive no more; nothing where it does not show it."""
    report = reported(office, drive)
    return [one.code for one in report.drive.refusals] if report is not None and not report.plans else []


def job_of(office: Office, job_id: UUID) -> Job:
    return jobs.get_job(office.tess.school_id, job_id)


def medium_state(office: Office, job_id: UUID) -> str:
    return media.get_medium(office.tess.school_id, job_of(office, job_id).medium_id).state


def test_a_drive_that_hangs_is_said_and_its_bay_barred_while_the_other_is_wiped(
    machine: Machine, bays: Bays, office: Office, running: list[Running]
) -> None:
    bad, good = bays.make("scsi", SIZE), bays.make("scsi", SIZE)
    bays.plug(bad, bytes_per_second=SLOW)
    bays.plug(good, bay=1, bytes_per_second=SLOW)
    hanging, sound = order(office, bad), order(office, good, "5CG9012AC")
    noted(machine, f"test $(grep -l '\"reached\"' {STATE}/supervisor/journal/*.json | wc -l) -gt 1")
    bays.hang(bad)

    until(lambda: job_of(office, hanging).state == "hung", "nobody noticed that the drive hangs")
    assert "cannot be stopped" in job_of(office, hanging).message
    assert machine.sh("cat /proc/[0-9]*/task/*/stat | grep -c ') D '") != "0"  # killed, and there all the same
    until(lambda: refused(office, bad) == ["hung"], "the bay is not barred")
    assert medium_state(office, hanging) == "wiping"

    bays.let_run(good)
    until(lambda: medium_state(office, sound) == "sanitised", "the other wipe did not go on")
    assert good.left() == []

    until(lambda: job_of(office, hanging).state == "failed", "the job did not end when its eraser did")
    assert medium_state(office, hanging) == "held"
    assert jobs.evidence_of(job_of(office, hanging)) is None
    assert bad.left()
    assert refused(office, bad) == ["hung"]  # it answered at last, and was not seen gone
    bays.let_run(bad)  # what it still has to answer it answers before it is taken out
    bays.pull(bad)
    until(lambda: reported(office, bad) is None, "the drive was not seen gone")
    bays.plug(bad)
    until(lambda: (found := reported(office, bad)) is not None and found.plans, "the bay stays barred")


def test_a_clock_that_is_set_in_the_middle_of_a_job_breaks_neither_its_record_nor_the_station(
    machine: Machine, bays: Bays, office: Office, running: list[Running]
) -> None:
    drive = bays.make("scsi", SIZE)
    bays.plug(drive, bytes_per_second=SLOW)
    job_id = order(office, drive)
    noted(machine, f"grep -q '\"reached\"' {STATE}/supervisor/journal/*.json")
    before = int(machine.sh("date +%s"))
    try:
        machine.sh("date -s '2019-03-01 12:00:00'")  # as with a flat battery, until a time server was asked
        bays.let_run(drive)
        until(lambda: jobs.evidence_of(job_of(office, job_id)), "no evidence arrived")
    finally:
        machine.sh(f"date -s @{before + 60}")
    evidence = jobs.evidence_of(job_of(office, job_id))
    assert evidence is not None
    assert (evidence.state, evidence.outcome) == ("accepted", "SANITISED_CLEAR")
    assert medium_state(office, job_id) == "sanitised"
    key = stations.key_of(stations.get_station(office.tess.school_id, evidence.station_id))
    told = record.verify(evidence.signed, {record.key_id(key): key}).record
    (done,), read = told.passes, told.verification
    assert read is not None
    times = [told.started, done.started, done.ended, read.started, read.ended, told.ended]
    assert times == sorted(times)
    assert told.ended - told.started < timedelta(hours=1)
    assert told.clock_moved_seconds < -timedelta(days=5 * 365).total_seconds()
    db.session.rollback()
    seen = stations.get_station(office.tess.school_id, evidence.station_id).seen_at
    assert seen is not None
    until(lambda: later(office, evidence.station_id, seen), "the station fell silent when its clock was set")


def later(office: Office, station_id: UUID, than: datetime) -> bool:
    """Whether the station spoke after that time."""
    seen = stations.get_station(office.tess.school_id, station_id).seen_at
    return seen is not None and seen > than
