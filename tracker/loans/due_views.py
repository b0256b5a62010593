"""What the pages of a loan ask of due dates: templates call these by name, as they do for panels."""

from datetime import date

from tracker import web
from tracker.loans import due
from tracker.loans.blueprint import bp


@bp.app_template_global("due_offers")
def due_offers(after: date | None = None) -> list[due.Offer]:
    """Last days that can be chosen by their meaning."""
    return due.offers(web.actor().school_id, after=after)


@bp.app_template_global("due_told")
def due_told(day: date | None) -> due.Told | None:
    """What to tell of a last day on which the school is closed."""
    return due.told(web.actor().school_id, day)
