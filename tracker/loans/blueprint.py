"""The blueprint of the loans desk; the views register themselves at it."""

from flask import Blueprint

bp = Blueprint("loans", __name__)
