"""Stub."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.values import Role  # noqa: F401

bp = Blueprint("people", __name__)


@bp.route("/people", methods=["GET"])
@web.allow(web.EVERYBODY)
def people() -> ResponseReturnValue:
    return "stub"
