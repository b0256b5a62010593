"""The blueprint that the certificates' views share."""

from typing import Any

from flask import Blueprint, request

bp = Blueprint("certificates", __name__)
FILE_LIMIT = 5 << 20  # bytes of a file that somebody checks
_AROUND = 64 << 10  # bytes of the form around it


@bp.url_value_preprocessor
def _allow_files(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Raise the limit of the one form that takes files, before the CSRF check reads it."""
    if endpoint == "certificates.verify":
        request.max_content_length = FILE_LIMIT + _AROUND
