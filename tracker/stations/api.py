"""Stub."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.values import Role  # noqa: F401

bp = Blueprint("stations_api", __name__)


@bp.route("/api/station/enrol", methods=["POST"])
@web.allow(web.EVERYBODY)
def enrol() -> ResponseReturnValue:
    return "stub"
