"""Tracker, station and eraser together: a drive is pulled, the power cut, and still its evidence arrives, once.

The tracker runs on the host, as it runs on another computer than the station in a school; the rest is in the machine.
"""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest

from tests.bench.drives import Bays, VirtualDrive
from tests.bench.guest import STATE
from tests.bench.machine import MIB, SECONDS, Machine, Running
from tests.browser import free_port, served
from tests.cast import Site
from tests.conftest import Databases, site_on
from tracker.db import db
from tracker.inventory import service as inventory
from tracker.inventory.details import AssetDetails
from tracker.inventory.kinds import kinds
from tracker.media import service as media
from tracker.media.service import MediumDetails
from tracker.stations import drives, jobs
from tracker.stations import service as stations
from tracker.stations.messages import reports_of
from tracker.stations.models import Job
from tracker.values import Actor
from wipe import codec, plan
from wipe.facts import DriveReport
from wipe.vocabulary import Medium, Method, VerificationKind

pytestmark = pytest.mark.bench

SIZE = 64 * MIB
SLOW = 3 * MIB
SOCKET = "/run/supervisor.sock"
AGENT = ("--state", f"{STATE}/agent", "--socket", SOCKET)
# The host as the machine sees it is 10.0.2.2; a station takes plain HTTP from its own computer only.
RELAY = """
import socket, subprocess, sys, threading
(name,) = [name for _, name in socket.if_nameindex() if name != "lo"]
subprocess.run(["ip", "link", "set", name, "up"], check=True)
subprocess.run(["ip", "address", "replace", "10.0.2.15/24", "dev", name], check=True)
def pump(one, other):
    try:
        while data := one.recv(65536):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)
    except OSError:
        pass
listener = socket.create_server(("127.0.0.1", {port}))
print("ready", flush=True)
while True:
    inside, _ = listener.accept()
    outside = socket.create_connection(("10.0.2.2", {port}))
    for pair in ((inside, outside), (outside, inside)):
        threading.Thread(target=pump, args=pair, daemon=True).start()
"""


class Office(NamedTuple):
    """The tracker, and the technician who uses it."""

    site: Site
    port: int
    tess: Actor


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    port = free_port()
    with (
        site_on(Databases(tmp_path, None), tmp_path / "instance", f"http://127.0.0.1:{port}") as site,
        served(site.app, port),
    ):
        inventory.create_defaults(site.actor("tess"))
        db.session.commit()
        yield Office(site, port, site.actor("tess"))


def until(what: Callable[[], object], saying: str, seconds: float = 2 * SECONDS) -> None:
    """Wait for what the tracker knows, or fail with a sentence. No transaction stays open: SQLite has one writer."""
    end = time.monotonic() + seconds
    while True:
        found = what()
        db.session.rollback()
        if found:
            return
        if time.monotonic() > end:
            pytest.fail(saying)
        time.sleep(0.5)


def start_station(machine: Machine, office: Office, *more: str) -> list[Running]:
    """Start the way to the tracker, and the supervisor; what has to be ended again."""
    relay = machine.start(sys.executable, "-c", RELAY.format(port=office.port))
    relay.wait_line(lambda line: line == "ready")
    words = ("station", "supervise", "--state", f"{STATE}/supervisor", "--socket", SOCKET, *more)
    supervisor = machine.start_wipe(*words)
    supervisor.wait_line(lambda line: "listens" in line)
    return [relay, supervisor]


def pair(machine: Machine, office: Office) -> None:
    """Enrol the station, as the page says."""
    code = stations.issue_code(office.tess, name="Bench", place="IT office")
    db.session.commit()
    done = machine.wipe("station", "enrol", f"http://127.0.0.1:{office.port}", "--code", code, *AGENT)
    assert done.status == 0, done.errors


def shown(office: Office, drive: VirtualDrive) -> tuple[UUID, DriveReport]:
    """The drive as the station shows it, once it may be wiped."""
    found: list[tuple[UUID, DriveReport]] = []

    def told() -> bool:
        for station in stations.stations_of(office.tess.school_id):
            mine = [one for one in reports_of(station.reports) if one.drive.identity.serial == drive.serial]
            found[:] = [(station.id, one) for one in mine if one.plans and drives.alive(station)]
        return bool(found)

    until(told, f"the station does not show {drive.serial}")
    return found[0]


def order(office: Office, drive: VirtualDrive, laptop: str = "5CG9012AB") -> UUID:
    """Register the drive in a laptop, and order its wipe."""
    station_id, report = shown(office, drive)
    kind = next(one.id for one in kinds(office.tess.school_id) if one.name == "Laptop")
    asset = inventory.register(office.tess, AssetDetails(kind, make="Dell", serial=laptop))
    medium = media.add_medium(office.tess, MediumDetails(Medium.HDD, serial=drive.serial, asset_id=asset.id))
    made = drives.plan_for(report, Method.NIST_CLEAR, VerificationKind.FULL)
    assert made is not None
    who = report.drive.identity
    ordered = jobs.Order(
        station_id=station_id,
        medium_id=medium.id,
        device=who.device,
        method=made.method,
        verification=made.verification,
        digest=codec.digest(made),
        confirmation=plan.confirmation(who),
        attestation="",
    )
    job_id = jobs.order_job(office.tess, ordered).id
    db.session.commit()
    return job_id


def noted(machine: Machine, what: str) -> None:
    """Wait until the station has written something down."""
    machine.run("sh", "-c", f"until {what}; do sleep 0.3; done", seconds=2 * SECONDS)


def test_a_job_survives_a_pulled_drive_and_a_power_cut(machine: Machine, bays: Bays, office: Office) -> None:
    drive, decoy = bays.make("scsi", SIZE), bays.make("scsi", MIB)
    first = bays.plug(drive, bytes_per_second=SLOW)
    machine.sh(f"rm -rf {STATE}/supervisor {STATE}/agent")
    start_station(machine, office)
    pair(machine, office)
    machine.start_wipe("station", "run", *AGENT)
    job_id = order(office, drive)

    def job() -> Job:
        return jobs.get_job(office.tess.school_id, job_id)

    noted(machine, f"grep -q '\"reached\"' {STATE}/supervisor/journal/*.json")
    bays.pull(drive)
    until(lambda: "Plug it in again" in job().message, "the job does not say that it waits for its drive")
    until(lambda: job().state == "running", "a job that waits for its drive does not run any more")
    bays.plug(decoy)  # takes the name that became free
    assert bays.plug(drive, bay=1, bytes_per_second=SLOW) != first
    noted(machine, f"test -e {STATE}/supervisor/jobs/*/attempts")
    noted(machine, f"test $(ls {STATE}/supervisor/journal/*.json | wc -l) -gt 1")
    machine.cut()
    bays.power_was_cut()
    assert drive.left()

    machine.boot()
    bays.plug(drive)
    running = [*start_station(machine, office), machine.start_wipe("station", "run", *AGENT)]
    until(lambda: job().state == "ended" and jobs.evidence_of(job()), "no evidence arrived")
    evidence = jobs.evidence_of(job())
    assert evidence is not None
    assert (evidence.state, evidence.outcome) == ("accepted", "SANITISED_CLEAR")
    assert media.get_medium(office.tess.school_id, job().medium_id).state == "sanitised"
    assert drive.left() == []
    assert machine.sh(f"ls {STATE}/supervisor/journal") == ""
    for one in running:
        one.signal(signal.SIGKILL)
