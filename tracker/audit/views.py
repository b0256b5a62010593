"""Stub."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.values import Role  # noqa: F401

bp = Blueprint("audit", __name__)

HISTORY: list[web.Panel] = []


@bp.route("/log", methods=["GET"])
@web.allow(web.EVERYBODY)
def log() -> ResponseReturnValue:
    return "stub"
