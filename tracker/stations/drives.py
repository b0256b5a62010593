"""The drives that a station shows, beside the media of the register. Only reads."""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from tracker.db import db
from tracker.inventory.models import Asset
from tracker.inventory.rules import serial_key
from tracker.media import rules as media_rules
from tracker.media import service as media
from tracker.media.models import Medium
from tracker.stations import rules
from tracker.stations.messages import reports_of
from tracker.stations.models import Job, Station
from tracker.values import utc_now
from wipe import codec
from wipe.facts import Drive, DriveReport, Plan, has_serial
from wipe.vocabulary import Method, RefusalCode, VerificationKind


@dataclass(frozen=True)
class Shown:
    """One drive at a station, and what the register knows of it."""

    report: DriveReport
    medium: Medium | None  # the one with this serial number
    asset: Asset | None  # the asset that medium is in
    differing: tuple[str, ...]  # between the drive and that medium
    job: Job | None  # the job on it that is not over

    @property
    def drive(self) -> Drive:
        """The drive itself."""
        return self.report.drive

    @property
    def attestable(self) -> bool:
        """Whether nothing but a missing serial number stands against it."""
        return bool(self.report.plans) and not has_serial(self.drive.identity)


def known(drive: Drive) -> media_rules.Known:
    """What tells the drive from another, as it said itself."""
    who = drive.identity
    return media_rules.Known(who.kind, who.serial or "", who.wwn or "", drive.geometry.capacity_bytes or None)


def alive(station: Station, now: datetime | None = None) -> bool:
    """Whether the station answers."""
    return rules.alive(seen=station.seen_at, revoked=station.revoked_at, now=now or utc_now())


def shown_at(station: Station) -> list[Shown]:
    """Every drive at a station, as it last said, in the order it gave. Four queries whatever their number."""
    reports = reports_of(station.reports)
    keys = {serial_key(one.drive.identity.serial or "") for one in reports} - {""}
    found = _media_by_key(station.school_id, keys)
    assets = _assets(station.school_id, {one.asset_id for one in found.values() if one.asset_id})
    jobs = {_key(plan_of(job)): job for job in open_jobs(station)}
    shown = []
    for report in reports:
        medium = found.get(serial_key(report.drive.identity.serial or ""))
        differing = media_rules.differing(media.known(medium), known(report.drive), attested=False) if medium else ()
        asset = assets.get(medium.asset_id) if medium and medium.asset_id else None
        job = jobs.get(serial_key(report.drive.identity.serial or "") or report.drive.identity.device)
        shown.append(Shown(report, medium, asset, differing, job))
    return shown


def _key(plan: Plan) -> str:
    return serial_key(plan.identity.serial or "") or plan.identity.device


def open_jobs(station: Station) -> list[Job]:
    """The jobs of a station that are not over."""
    query = select(Job).where(
        Job.school_id == station.school_id,
        Job.station_id == station.id,
        Job.state.in_([state.value for state in rules.OPEN]),
    )
    return list(db.session.scalars(query.order_by(Job.created_at)))


def plan_of(job: Job) -> Plan:
    """The plan that the operator confirmed."""
    return codec.decode(Plan, json.loads(job.plan), "plan")


def _media_by_key(school_id: UUID, keys: set[str]) -> dict[str, Medium]:
    if not keys:
        return {}
    query = select(Medium).where(Medium.school_id == school_id, Medium.serial_key.in_(keys))
    return {one.serial_key: one for one in db.session.scalars(query)}


def _assets(school_id: UUID, ids: set[UUID]) -> dict[UUID, Asset]:
    if not ids:
        return {}
    query = select(Asset).where(Asset.school_id == school_id, Asset.id.in_(ids))
    return {one.id: one for one in db.session.scalars(query)}


def plan_for(report: DriveReport, method: Method, verification: VerificationKind) -> Plan | None:
    """The plan that the station offers for this choice; None if it offers none."""
    return next((one for one in report.plans if (one.method, one.verification) == (method, verification)), None)


def offered(report: DriveReport) -> list[Plan]:
    """The plans of a drive, the recommended way first: the method of the decision table, everything read back."""
    methods, verifications = list(METHOD_WORDS), list(VERIFICATION_WORDS)
    return sorted(report.plans, key=lambda one: (methods.index(one.method), verifications.index(one.verification)))


def refusals_of(report: DriveReport, *, attested: bool) -> tuple[str, ...]:
    """Why the station refuses the drive, in sentences; a missing serial number can be attested."""
    return tuple(
        refusal.message
        for refusal in report.drive.refusals
        if not (attested and refusal.code == RefusalCode.NO_SERIAL.value)
    )


METHOD_WORDS = {  # in the order in which they are offered
    Method.NIST_CLEAR: "NIST 800-88 Clear: one random pass",
    Method.RANDOM: "One random pass",
    Method.ZERO: "One pass of zeros",
    Method.PATTERN_COMPLEMENT: "Two passes, a pattern and its complement (sticks and cards)",
    Method.HMG_IS5_BASELINE: "HMG IS5 Baseline (withdrawn; an old label)",
    Method.HMG_IS5_ENHANCED: "HMG IS5 Enhanced (withdrawn; an old label)",
    Method.DOD_5220_22_M: "DoD 5220.22-M (no longer in use; an old label)",
}
VERIFICATION_WORDS = {
    VerificationKind.FULL: "Read everything back",
    VerificationKind.SAMPLE: "Read a tenth back, spread by chance",
}


def device_name(device: str) -> str:
    """A device for people: `/dev/sdb`, and of a file that stands for a drive its name alone."""
    return device if device.startswith("/dev/") else device.rpartition("/")[2]
