"""The termly report of incidents: a page to print and a file."""

from datetime import date, timedelta

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.accounts.service import school_of
from tracker.incidents import report as reports
from tracker.incidents.blueprint import bp
from tracker.incidents.report import Period
from tracker.incidents.rules import DataAtRisk, IncidentKind, IncidentState
from tracker.spreadsheet import csv_bytes
from tracker.values import today, utc_now


@bp.get("/incidents/report")
@web.allow(web.READERS)
def report() -> ResponseReturnValue:
    """What happened in a term, for the head and the governors, without a name."""
    school_id, period = web.actor().school_id, _period()
    return render_template(
        "incidents/report.html",
        report=reports.of_period(school_id, period),
        period=period,
        before=reports.period_around(school_id, period.first - timedelta(days=1)),
        kinds=IncidentKind,
        states=IncidentState,
        risks=DataAtRisk,
        about=school_of(school_id),
        printed=utc_now(),
    )


@bp.get("/incidents/report.csv")
@web.allow(web.READERS)
def report_csv() -> ResponseReturnValue:
    """The same as a file."""
    period = _period()
    found = reports.of_period(web.actor().school_id, period)
    body = csv_bytes(reports.HEADER, (reports.cells(row) for row in found.rows))
    name = f"incidents-{period.first.isoformat()}-{period.last.isoformat()}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, mimetype="text/csv; charset=utf-8", headers=headers)


def _period() -> Period:
    """The days that are asked for; the term of today for what cannot be read."""
    term = reports.period_around(web.actor().school_id, today())
    first, last = _day("first"), _day("last")
    if first is None and last is None:
        return term
    first, last = first or term.first, last or term.last
    around = reports.period_around(web.actor().school_id, first)
    return around if (around.first, around.last) == (first, last) else Period(first, last)


def _day(name: str) -> date | None:
    try:
        found = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return found if date(2000, 1, 1) <= found <= date(2100, 1, 1) else None
