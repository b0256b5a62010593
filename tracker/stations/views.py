"""Stub."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.values import Role  # noqa: F401

bp = Blueprint("stations", __name__)

ASSET_PANELS: list[web.Panel] = []
MEDIUM_PANELS: list[web.Panel] = []


@bp.route("/stations", methods=["GET"])
@web.allow(web.EVERYBODY)
def stations() -> ResponseReturnValue:
    return "stub"
