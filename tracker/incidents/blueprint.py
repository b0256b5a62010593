"""The blueprint of incidents; the views register themselves at it."""

from flask import Blueprint

bp = Blueprint("incidents", __name__)
