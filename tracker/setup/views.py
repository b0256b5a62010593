"""Stub."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.values import Role  # noqa: F401

bp = Blueprint("setup", __name__)


@bp.route("/setup", methods=["GET"])
@web.allow(web.EVERYBODY)
def first_start() -> ResponseReturnValue:
    return "stub"
