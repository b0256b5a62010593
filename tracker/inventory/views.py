"""The register's pages, gathered: the blueprint, and what the register adds to other features' pages."""

from uuid import UUID

from flask import render_template
from markupsafe import Markup

from tracker import web
from tracker.inventory import (
    asset_views,
    bulk_views,
    camera_views,
    checks_views,
    kind_views,
    label_views,
    lifecycle_views,
    list_views,
    place_views,
    printer_views,
    repairs_views,
    scan_views,
    search,
    settings_views,
)
from tracker.inventory.blueprint import bp as bp
from tracker.inventory.checks_views import CHECK_PANELS as CHECK_PANELS
from tracker.inventory.label_views import LABEL_PANELS as LABEL_PANELS
from tracker.inventory.search import Filters
from tracker.values import Actor

_ROUTES = (  # importing them adds their routes to the blueprint
    asset_views,
    bulk_views,
    camera_views,
    checks_views,
    kind_views,
    label_views,
    lifecycle_views,
    list_views,
    place_views,
    printer_views,
    repairs_views,
    scan_views,
    settings_views,
)


def _assets_of_person(actor: Actor, person_id: UUID) -> Markup | str:
    """What somebody answers for, on their page."""
    page = search.page(actor.school_id, Filters(person_id=person_id))
    if not page.total:
        return ""
    return Markup(render_template("inventory/_assets_of.html", rows=page.rows, total=page.total, person_id=person_id))  # noqa: S704 - our own template


PERSON_PANELS = [web.Panel("Responsible for", _assets_of_person)]
