"""Stub."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.values import Role  # noqa: F401

bp = Blueprint("inventory", __name__)


@bp.route("/assets", methods=["GET"])
@web.allow(web.EVERYBODY)
def assets() -> ResponseReturnValue:
    return "stub"


@bp.route("/labels", methods=["GET"])
@web.allow(web.EVERYBODY)
def labels() -> ResponseReturnValue:
    return "stub"


@bp.route("/locations", methods=["GET"])
@web.allow(web.EVERYBODY)
def locations() -> ResponseReturnValue:
    return "stub"
