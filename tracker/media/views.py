"""Stub."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.values import Role  # noqa: F401

bp = Blueprint("media", __name__)

ASSET_PANELS: list[web.Panel] = []


@bp.route("/media", methods=["GET"])
@web.allow(web.EVERYBODY)
def media() -> ResponseReturnValue:
    return "stub"
