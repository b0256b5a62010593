"""The register's settings: seen by all who read, set by the people in charge."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.db import db
from tracker.inventory import settings
from tracker.inventory.blueprint import bp
from tracker.inventory.form_pages import form_page
from tracker.inventory.forms import refuse
from tracker.inventory.settings_forms import SettingsForm
from tracker.values import Conflict, Denied


@bp.route("/register/settings")
@web.allow(web.READERS)
def register_settings() -> ResponseReturnValue:
    """What must be listed, what is capital, how long a check counts."""
    actor = web.actor()
    found = settings.settings_of(actor.school_id)
    return render_template("inventory/settings.html", thresholds=found, editable=actor.role in web.PEOPLE_IN_CHARGE)


@bp.route("/register/settings/edit", methods=["GET", "POST"])
@web.allow(web.PEOPLE_IN_CHARGE)
def edit_register_settings() -> ResponseReturnValue:
    """Set them."""
    actor, form = web.actor(), SettingsForm()
    if request.method == "GET":
        form.show(settings.settings_of(actor.school_id))
        form.version.data = settings.version_of(actor.school_id)
    elif form.validate():
        try:
            settings.change_settings(actor, form.details(), version=form.version.data or 0)
        except (Denied, Conflict) as why:
            db.session.rollback()
            refuse(form, why)
            if isinstance(why, Conflict):  # saving again keeps what was typed, now that it was said
                form.version.process_data(settings.version_of(actor.school_id))
                form.version.raw_data = None
        else:
            db.session.commit()
            flash("The settings are saved.", "success")
            return redirect(url_for("inventory.register_settings"))
    return form_page("inventory/settings_form.html", form)
