"""Stub."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.values import Role  # noqa: F401

bp = Blueprint("home", __name__)


@bp.route("/", methods=["GET"])
@web.allow(web.EVERYBODY)
def index() -> ResponseReturnValue:
    return "stub"


@bp.route("/health", methods=["GET"])
@web.allow(web.EVERYBODY)
def health() -> ResponseReturnValue:
    return "stub"
