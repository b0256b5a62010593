"""Stub."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.values import Role  # noqa: F401

bp = Blueprint("accounts", __name__)


@bp.route("/sign-in", methods=["GET"])
@web.allow(web.EVERYBODY)
def sign_in() -> ResponseReturnValue:
    return "stub"


@bp.route("/sign-out", methods=["POST"])
@web.allow(web.EVERYBODY)
def sign_out() -> ResponseReturnValue:
    return "stub"


@bp.route("/users", methods=["GET"])
@web.allow(web.EVERYBODY)
def users() -> ResponseReturnValue:
    return "stub"


@bp.route("/account", methods=["GET"])
@web.allow(web.EVERYBODY)
def account() -> ResponseReturnValue:
    return "stub"
