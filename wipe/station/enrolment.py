"""Enrol this station at a tracker, and tell how it stands."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from wipe.errors import BadInput, Unreachable
from wipe.station import client, credentials, wire
from wipe.station.spool import Spool

CODE_LIMIT = 64  # characters typed, hyphens and blanks among them


def enrol(state: Path, socket: Path, url: str, code: str, ca: Path | None) -> credentials.Credentials:
    """Show the tracker this station's public key and the code; keep what it gives.

    Raises BadInput where tracker or disk refuse, Unreachable where tracker or supervisor do not answer.
    """
    address = credentials.checked_url(url)
    if ca is not None and not ca.is_file():
        raise BadInput(f"{ca} is not a file.", advice="Name the certificate of the authority, in PEM form.")
    _no_foreign_evidence(state, address)
    if not code.strip() or len(code) > CODE_LIMIT or not code.isprintable():
        raise BadInput("That is no code.", advice="Make one in the tracker under Stations, and type it as shown.")
    key = wire.ask(socket, {"ask": "key"})
    authority = str(ca.absolute()) if ca is not None else None
    answer = client.Client(address, None, authority).enrol(code.strip(), key.get("key", {}), version("caretaker"))
    if answer.status != 201:
        raise BadInput(answer.complaint, advice="Make a new code in the tracker under Stations; each works once.")
    given = [answer.body.get(name) for name in ("token", "school", "station_id", "station", "key_id")]
    texts = [one for one in given if isinstance(one, str) and one.isprintable() and len(one) < 1000]
    if len(texts) != len(given) or texts[-1] != key.get("key_id"):
        raise Unreachable(f"What {address} answered is no enrolment of this station.", advice="Is it the tracker?")
    token, school, station_id, station, key_id = texts
    known = credentials.Credentials(address, token, school, station_id, station, key_id, authority)
    credentials.save(state, known)
    return credentials.load(state)


def _no_foreign_evidence(state: Path, address: str) -> None:
    """Evidence that waits for one tracker is never given to another. Raises BadInput."""
    try:
        before = credentials.load(state)
    except BadInput:
        return
    if Spool(state).waiting() and before.url != address:
        raise BadInput(
            f"Evidence for {before.url} still waits on this station.",
            advice="Let it be delivered first (`wipe station status` says how much there is), or move the spool away.",
        )


@dataclass(frozen=True, slots=True)
class Status:
    """How a station stands."""

    enrolled: credentials.Credentials | None
    problem: str  # why it is not enrolled; empty when it is
    waiting: tuple[str, ...]  # record ids in the spool
    held: dict[str, str]  # record id -> why the tracker does not take it
    supervisor: bool  # whether it answers
    jobs: tuple[dict[str, Any], ...]


def status(state: Path, socket: Path) -> Status:
    """Look; raises nothing."""
    enrolled, why = None, ""
    try:
        enrolled = credentials.load(state)
    except BadInput as error:
        why = error.message
    spool = Spool(state)
    try:
        jobs = wire.ask(socket, {"ask": "jobs"}).get("jobs")
        reached = isinstance(jobs, list)
    except Unreachable:
        jobs, reached = None, False
    listed = tuple(one for one in jobs if isinstance(one, dict)) if isinstance(jobs, list) else ()
    return Status(enrolled, why, tuple(spool.waiting()), spool.held(), reached, listed)
