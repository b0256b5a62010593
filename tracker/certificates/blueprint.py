"""The blueprint that the certificates' views share."""

from flask import Blueprint

bp = Blueprint("certificates", __name__)
FILE_LIMIT = 5 << 20  # bytes of a file that somebody checks
AROUND = 64 << 10  # bytes of the form around it
