"""The blueprint that the register's views share."""

from flask import Blueprint, request

from tracker import web

bp = Blueprint("inventory", __name__)


@bp.app_context_processor
def _scan_box() -> dict[str, object]:
    """Whether the header's scan box is shown to this person, and whether it takes the cursor at once."""
    return {"scan_roles": web.READERS, "scan_autofocus": request.endpoint == "home.index"}
