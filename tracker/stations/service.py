"""Stations: issue a pairing code, enrol, recognise by token, shut out. Flushes, never commits."""

import hashlib
import json
import secrets
from dataclasses import dataclass
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select

from tracker.accounts.service import school_of
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db
from tracker.stations import rules
from tracker.stations.messages import Enrolment, PublicKey
from tracker.stations.models import PairingCode, Station
from tracker.values import NIL_UUID, Actor, Blocker, Denied, NotFound, Subject, one_line, unprintable, utc_now
from wipe.record import key_from_jwk, key_id

NAME_LIMIT, PLACE_LIMIT = 80, 200  # characters
WRONG_CODE = Blocker(
    "code", "This pairing code is wrong, was used, or is too old. Make a new one on the page Stations."
)


def issue_code(actor: Actor, *, name: str, place: str) -> str:
    """A one-time code for a station that will have this name; only its hash is kept. Raises Denied."""
    name, place = one_line(name), one_line(place)
    if not name or len(name) > NAME_LIMIT or len(place) > PLACE_LIMIT or unprintable(name + place):
        raise Denied((Blocker("name", f"A station needs a name of up to {NAME_LIMIT} characters."),))
    plain = "".join(secrets.choice(rules.CODE_LETTERS) for _ in range(rules.CODE_LENGTH))
    now = utc_now()
    code = PairingCode(
        school_id=actor.school_id,
        code_hash=_hash(plain),
        station_name=name,
        station_place=place,
        issued_by=actor.name,
        issued_at=now,
        expires_at=now + rules.CODE_WORKS,
        used_at=None,
    )
    add(code)
    subject = Subject("pairing_code", code.id, f"Code for {name}")
    record(actor, EventKind.STATION_PAIRING_CODE_ISSUED, subject, after={"station": name, "place": place})
    return "-".join(plain[at : at + 4] for at in range(0, len(plain), 4))


@dataclass(frozen=True)
class Enrolled:
    """A station that was just enrolled, and the token that it gets once."""

    station: Station
    school: str
    token: str


def enrol(message: Enrolment, *, origin: str) -> Enrolled:
    """Take a station in. Raises Denied, the same for every wrong code; the caller commits in either case.

    A station whose key is known already is paired anew: it keeps its row and history and gets a new token.
    """
    now = utc_now()
    query = select(PairingCode).where(PairingCode.code_hash == _hash(rules.code_key(message.code))).with_for_update()
    code = db.session.scalar(query)
    public = public_key(message.key)
    if code is None or public is None or not rules.code_works(expires=code.expires_at, used=code.used_at, now=now):
        school = code.school_id if code else NIL_UUID
        actor = Actor(school, None, "A station that is not known", None, origin)
        subject = Subject("station", NIL_UUID, "Enrolment")
        record(actor, EventKind.STATION_REFUSED, subject, why="The pairing code or the key cannot be used.")
        raise Denied((WRONG_CODE,))
    code.used_at = now
    token = secrets.token_urlsafe(32)
    station = _row(code, public, message, token)
    school_name = school_of(code.school_id).name
    actor = Actor(code.school_id, station.id, station.name, None, origin)
    after = {"place": station.place, "key_id": station.key_id, "software": station.software}
    record(actor, EventKind.STATION_ENROLLED, subject_of(station), after=after, why=f"Code issued by {code.issued_by}.")
    return Enrolled(station, school_name, token)


def _row(code: PairingCode, public: Ed25519PublicKey, message: Enrolment, token: str) -> Station:
    thumbprint = key_id(public)
    known = select(Station).where(Station.school_id == code.school_id, Station.key_id == thumbprint).with_for_update()
    station = db.session.scalar(known)
    new = {
        "name": code.station_name,
        "place": code.station_place,
        "token_hash": _hash(token),
        "software": one_line(message.version)[:40],
        "enrolled_at": utc_now(),
        "revoked_at": None,
        "reports": None,
        "reported_at": None,
    }
    if station is None:
        jwk = json.dumps({"kty": message.key.kty, "crv": message.key.crv, "x": message.key.x})
        station = Station(school_id=code.school_id, key_id=thumbprint, public_key=jwk, seen_at=None, **new)
        add(station)
        return station
    for name, value in new.items():
        setattr(station, name, value)
    db.session.flush()
    return station


def public_key(jwk: PublicKey) -> Ed25519PublicKey | None:
    """The key of a JWK; None where it is none."""
    return key_from_jwk({"kty": jwk.kty, "crv": jwk.crv, "x": jwk.x})


def key_of(station: Station) -> Ed25519PublicKey:
    """The public half of the station's evidence key, as it was enrolled."""
    key = key_from_jwk(json.loads(station.public_key))
    if key is None:
        raise RuntimeError(f"the key of station {station.id} was kept and cannot be read")
    return key


def station_by_token(token: str) -> Station | None:
    """The station with this token, shut out ones included; None if there is none. The token's hash is compared."""
    if not token or len(token) > 200:
        return None
    return db.session.scalar(select(Station).where(Station.token_hash == _hash(token)))


def get_station(school_id: UUID, station_id: UUID, *, lock: bool = False) -> Station:
    """The station, locked until the transaction ends where asked. Raises NotFound, also for another school's."""
    query = select(Station).where(Station.school_id == school_id, Station.id == station_id)
    station = db.session.scalar(query.with_for_update().execution_options(populate_existing=True) if lock else query)
    if station is None:
        raise NotFound
    return station


def stations_of(school_id: UUID) -> list[Station]:
    """The school's stations by name, shut out ones last."""
    query = select(Station).where(Station.school_id == school_id)
    return list(db.session.scalars(query.order_by(Station.revoked_at.is_not(None), Station.name, Station.id)))


def revoke(actor: Actor, station_id: UUID, why: str) -> None:
    """Shut a station out: its token is refused, and what it sends later does not count. Raises NotFound, Denied."""
    station = get_station(actor.school_id, station_id, lock=True)
    if len(why.strip()) < 3:
        raise Denied((Blocker("reason", "Say why, so that the log can tell."),))
    if station.revoked_at is not None:
        return
    station.revoked_at = utc_now()
    record(actor, EventKind.STATION_REVOKED, subject_of(station), after={"revoked": True}, why=why.strip())


def subject_of(station: Station) -> Subject:
    """The station as the log knows it."""
    return Subject("station", station.id, station.name)


def actor_of(station: Station, origin: str) -> Actor:
    """The station as somebody who does something."""
    return Actor(station.school_id, station.id, station.name, None, origin)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
