"""What the pages with a form of one asset have in common: refuse, be done, show."""

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.db import db
from tracker.inventory import forms, service
from tracker.inventory.asset_forms import Difference, differences
from tracker.inventory.models import Asset
from tracker.values import Conflict, Denied

UNPROCESSABLE = 422  # a form with errors


def refused(form: forms.Form, why: Denied | Conflict, asset_id: UUID) -> Asset:
    """Undo what the service began, show why not, and give the asset as it stands now."""
    db.session.rollback()
    forms.refuse(form, why)
    found = service.get_asset(web.actor().school_id, asset_id)
    if isinstance(why, Conflict):  # saving again keeps what was typed, now that the difference was shown
        form["version"].process_data(found.version)
        form["version"].raw_data = None
    return found


def stale(form: forms.VersionForm, why: Denied | Conflict, saved: forms.VersionForm, version: int) -> list[Difference]:
    """Show why not. Where somebody was faster: say what is different; saving again keeps what was typed.

    `saved` is a form of the same class, filled from the register, where the thing's version is `version` now.
    """
    forms.refuse(form, why)
    if not isinstance(why, Conflict):
        return []
    form.version.process_data(version)
    form.version.raw_data = None
    return differences(form, saved)


def done(asset_id: UUID, message: str) -> ResponseReturnValue:
    """Commit, say so, and go to the asset's page."""
    db.session.commit()
    flash(message, "success")
    return redirect(url_for("inventory.asset", asset_id=asset_id))


def form_page(template: str, form: forms.Form, **told: object) -> ResponseReturnValue:
    """A form, with status 422 where it has errors."""
    return render_template(template, form=form, **told), UNPROCESSABLE if form.errors else 200
