"""What stations talk to: enrol, exchange, evidence. JSON, a bearer token, no cookie, strict decoding."""

import logging
import time
from collections.abc import Callable
from functools import wraps
from uuid import UUID

from flask import Blueprint, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError

from tracker import web
from tracker.db import db
from tracker.media import evidence
from tracker.stations import certify, jobs, lost
from tracker.stations import exchange as exchanges
from tracker.stations import service as stations
from tracker.stations.messages import BadMessage, Enrolment, Exchange, decoded
from tracker.throttle import Throttle
from tracker.values import Conflict, Denied
from wipe.record import SIZE_LIMIT

bp = Blueprint("stations_api", __name__, url_prefix="/api/station")
ENROL_LIMIT = 16 << 10  # bytes
EXCHANGE_LIMIT = 4 << 20  # bytes
CODES = Throttle(failures=10, seconds=300, clock=time.monotonic)
_log = logging.getLogger(__name__)


def _error(status: int, code: str, message: str, advice: str) -> Response:
    response = jsonify(error={"code": code, "message": message, "advice": advice})
    response.status_code = status
    return response


def _as_station(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """Let only a station in that brings the token it was given. One that was shut out may still send evidence."""

    @wraps(view)
    def guarded(*args: object, **kwargs: object) -> ResponseReturnValue:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        station = stations.station_by_token(token.strip()) if scheme.lower() == "bearer" else None
        if station is None or (station.revoked_at is not None and request.endpoint != "stations_api.receive"):
            return _error(
                401,
                "unknown_station",
                "This station is not known here, or was shut out.",
                "Pair it anew from the page.",
            )
        g.station = station
        return view(*args, **kwargs)

    return web.station_only(guarded)


@bp.errorhandler(BadMessage)
def bad_message(error: BadMessage) -> ResponseReturnValue:
    """A message of another shape: nothing was kept."""
    db.session.rollback()
    return _error(400, "bad_message", str(error), "Station and tracker may be of different versions: update both.")


@bp.post("/enrol")
@web.body_limit(ENROL_LIMIT)
def enrol() -> ResponseReturnValue:
    """Take a station in that brings a pairing code."""
    if not CODES.open(web.origin()):
        return _error(429, "too_many", "Too many wrong codes came from here.", "Wait five minutes.")
    message = decoded(Enrolment, request.get_data())
    try:
        done = stations.enrol(message, origin=web.origin())
    except Denied as error:
        db.session.commit()  # the refusal is in the log
        CODES.failed(web.origin())
        return _error(403, "wrong_code", str(error), "Make a new code on the page Wiping stations.")
    lost.lose_of_forerunners(done.station, web.origin())
    answer = {
        "school_id": str(done.station.school_id),
        "school": done.school,
        "station_id": str(done.station.id),
        "station": done.station.name,
        "token": done.token,
        "key_id": done.station.key_id,
    }
    db.session.commit()
    return jsonify(answer), 201


@bp.post("/exchange")
@web.body_limit(EXCHANGE_LIMIT)
@_as_station
def exchange() -> ResponseReturnValue:
    """Hear what the station says, and give it its orders."""
    message = decoded(Exchange, request.get_data())
    answer = exchanges.exchange(g.station, message, web.origin())
    db.session.commit()
    return jsonify(answer)


@bp.put("/evidence/<uuid:record_id>")
@web.body_limit(SIZE_LIMIT)
@_as_station
def receive(record_id: UUID) -> ResponseReturnValue:
    """Take a signed record in. It is kept whatever it is worth; the answer says what that is."""
    signed = request.get_data()
    if not signed:
        return _error(400, "empty", "There is no record in the request.", "Send it again.")
    try:
        received = jobs.receive(g.station, record_id, signed, origin=web.origin(), virtual_allowed=web.config().demo)
        db.session.commit()
    except Conflict as error:
        db.session.rollback()
        return _error(409, "other_bytes", str(error), "Keep the file, and look at both records.")
    except IntegrityError:  # the same record came twice at once: one of them was first
        db.session.rollback()
        return _error(503, "again", "The same record is being kept at this moment.", "Send it again.")
    answer = {"state": received.evidence.state, "reasons": evidence.reasons_of(received.evidence)}
    if received.new and received.accepted:
        certify.try_issue(received.evidence.school_id, record_id, web.config())
    return jsonify(answer), 201 if received.new else 200
