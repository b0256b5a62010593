"""The start page of each role, and whether the tracker is well."""

from flask import Blueprint, jsonify, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tracker import web
from tracker.db import db
from tracker.home import service
from tracker.migrate import at_head
from tracker.stations import drives
from tracker.stations.service import stations_of
from tracker.values import Role

bp = Blueprint("home", __name__)


@bp.get("/")
@web.allow(web.EVERYBODY)
def index() -> ResponseReturnValue:
    """What this person most likely came for."""
    actor = web.actor()
    if actor.role is None or actor.role is Role.STAFF:
        return render_template("home/staff.html")
    rows = [(one, drives.alive(one)) for one in stations_of(actor.school_id) if one.revoked_at is None]
    found = service.figures(actor.school_id)
    tiles = service.tiles(actor.role, found)
    return render_template("home/index.html", figures=found, tiles=tiles, stations=rows)


@bp.get("/health")
def health() -> ResponseReturnValue:
    """For a monitor: the database answers and is migrated. Says nothing of the inside."""
    try:
        db.session.execute(text("SELECT 1"))
        well = at_head(db.engine)
    except SQLAlchemyError:
        well = False
    return jsonify(status="ok" if well else "unwell"), 200 if well else 503
