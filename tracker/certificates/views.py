"""Stub."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.values import Role  # noqa: F401

bp = Blueprint("certificates", __name__)

MEDIUM_PANELS: list[web.Panel] = []
JOB_PANELS: list[web.Panel] = []


@bp.route("/certificates", methods=["GET"])
@web.allow(web.EVERYBODY)
def certificates() -> ResponseReturnValue:
    return "stub"


@bp.route("/V", methods=["GET"])
@web.allow(web.EVERYBODY)
def verify() -> ResponseReturnValue:
    return "stub"
