"""The tracker inside the machine, with a person at it: serves pages and station API, and orders wipes when told.

Each line of the FIFO `orders` is the serial number of a drive: it is registered with a laptop, and its wipe is ordered
as soon as the station shows it. What becomes of the job is printed, one JSON object a line, whenever it changes.
"""

import json
import os
import sys
import time
from pathlib import Path
from uuid import UUID

from flask import Flask

from tests.browser import served
from tests.cast import CAST, found_schools, quick_hashes
from tracker.accounts.models import User
from tracker.app import create_app
from tracker.config import from_environment
from tracker.db import db
from tracker.inventory import service as inventory
from tracker.inventory.details import AssetDetails
from tracker.inventory.kinds import kinds
from tracker.media import service as media
from tracker.media.service import MediumDetails
from tracker.migrate import upgrade
from tracker.stations import drives, jobs
from tracker.stations import service as stations
from tracker.stations.messages import reports_of
from tracker.stations.models import Job
from tracker.stations.rules import JobState
from tracker.values import Actor, Role
from wipe import codec, plan
from wipe.facts import DriveReport
from wipe.vocabulary import Medium, Method, VerificationKind

PORT = 5000


def say(**told: object) -> None:
    """One line for the test."""
    print(json.dumps(told), flush=True)


def tess() -> Actor:
    """The technician."""
    user = db.session.query(User).filter_by(username="tess").one()
    return Actor(user.school_id, user.id, CAST["tess"][0], Role.TECHNICIAN, "bench")


def begin(folder: Path) -> Flask:
    """The application on a database in `folder`, made at the first start."""
    url = f"sqlite:///{folder}/tracker.db"
    environment = {
        "CARETAKER_INSTANCE": str(folder),
        "CARETAKER_DATABASE_URL": url,
        "CARETAKER_BASE_URL": f"http://127.0.0.1:{PORT}",
    }
    app = create_app(from_environment(environment))
    with app.app_context(), quick_hashes():
        if not (folder / "founded").exists():
            upgrade(db.engine)
            found_schools()
            inventory.create_defaults(tess())
            db.session.commit()
            (folder / "founded").touch()
    return app


def shown(actor: Actor, serial: str) -> tuple[UUID, DriveReport]:
    """The drive of that serial number, once a station shows it and it may be wiped."""
    while True:
        db.session.expire_all()
        for station in stations.stations_of(actor.school_id):
            for one in reports_of(station.reports):
                if one.drive.identity.serial == serial and one.plans and drives.alive(station):
                    return station.id, one
        db.session.rollback()
        time.sleep(0.5)


def order(serial: str) -> UUID:
    """Register the drive in a laptop, and order its wipe."""
    actor = tess()
    station_id, report = shown(actor, serial)
    kind = next(one.id for one in kinds(actor.school_id) if one.name == "Laptop")
    asset = inventory.register(actor, AssetDetails(kind, make="Dell", serial=f"LAPTOP-{serial}"))
    medium = media.add_medium(actor, MediumDetails(Medium.HDD, serial=serial, asset_id=asset.id))
    db.session.commit()
    who = report.drive.identity
    made = drives.plan_for(report, Method.NIST_CLEAR, VerificationKind.FULL)
    assert made is not None
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
    job = jobs.order_job(actor, ordered)
    db.session.commit()
    return job.id


def follow(job_id: UUID) -> None:
    """Tell what becomes of a job until its end."""
    last = None
    while True:
        db.session.expire_all()
        job = jobs.get_job(tess().school_id, job_id)
        evidence = jobs.evidence_of(job)
        medium = media.get_medium(job.school_id, job.medium_id)
        told: dict[str, str | None] = {"state": job.state, "message": job.message, "medium": medium.state}
        told |= {"outcome": evidence.outcome if evidence else None, "evidence": evidence.state if evidence else None}
        if told != last:
            say(job=str(job_id), **told)
            last = told
        over = job.state in (JobState.FAILED.value, JobState.REFUSED.value)
        if over or (job.state == JobState.ENDED.value and evidence is not None):
            return
        db.session.rollback()
        time.sleep(0.3)


def main() -> None:
    """Serve until killed."""
    folder = Path(sys.argv[1])
    folder.mkdir(exist_ok=True)
    orders = folder / "orders"
    orders.unlink(missing_ok=True)
    os.mkfifo(orders)
    app = begin(folder)
    with app.app_context(), served(app, PORT):
        open_jobs = list(db.session.query(Job).filter(Job.state.in_([JobState.RUNNING.value, JobState.ACCEPTED.value])))
        code = stations.issue_code(tess(), name="Bench", place="IT office")
        db.session.commit()
        say(code=code)
        for job in open_jobs:
            follow(job.id)
        while True:
            with orders.open() as lines:
                for line in lines:
                    follow(order(line.strip()))


if __name__ == "__main__":
    main()
