"""The blueprint that the views of media share."""

from flask import Blueprint

bp = Blueprint("media", __name__)
