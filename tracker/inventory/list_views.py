"""The list of assets: search, filter, sort, choose columns, save it, print it, take it out as a file."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import IO
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wsgi import wrap_file

from tracker import web
from tracker.accounts.service import school_of
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import db
from tracker.inventory import columns, export, query, saved, search
from tracker.inventory.blueprint import bp
from tracker.inventory.columns import Columns, Drives
from tracker.inventory.list_forms import Offer
from tracker.inventory.query import filters_from, links, query_of
from tracker.inventory.rules import AssetState, Ownership
from tracker.inventory.search import Filters
from tracker.paging import Turn, links_of
from tracker.values import Denied, Subject, pounds, utc_now

PRINT_MOST = 3_000  # assets on one print-out: some hundred pages
ALL = "all"  # as `view`: not the one that the list opens with
# Set without the form of filters being open
_CLOSED = frozenset({"q", "sort", "order", "columns", "person", "ids", "import"})
DRIVES = "caretaker_drives"  # who knows what is in an asset, see tracker/app.py


@bp.app_template_filter("as_cell")
def as_cell(value: object, money: bool = False) -> str:
    """A typed value of a list as people read it; a dash for none."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, Decimal):
        return pounds(int(value * 100)) if money else f"{value:f}"
    if isinstance(value, date):
        return f"{value.day} {value:%b %Y}"
    return str(value)


@bp.route("/assets")
@web.allow(web.READERS)
def assets() -> ResponseReturnValue:
    """The list, searched, filtered, sorted, one page of it."""
    actor = web.actor()
    if "column" in request.args:
        return redirect(url_for("inventory.assets") + "?" + _with_columns())
    if not request.args:
        opening = saved.opening(actor)
        if opening is not None and opening.query:
            return redirect(f"{url_for('inventory.assets')}?{opening.query}")
    filters, turn = filters_from(request.args)
    if turn.number > 1 and not turn.after and not turn.before:
        after = search.cursor_at(actor.school_id, filters, turn.number)
        told = {**query_of(filters), **({"after": after} if after else {"view": ALL})}
        return redirect(f"{url_for('inventory.assets')}?{urlencode(told)}")
    return _list_page(filters, turn)


def _list_page(filters: Filters, turn: Turn) -> str:
    actor = web.actor()
    page, offer = search.page(actor.school_id, filters, turn), Offer(actor.school_id, filters)
    known = Columns(offer.fields, offer.kinds)
    told, shown = query_of(filters), known.chosen(filters.columns)
    return render_template(
        "inventory/assets.html",
        page=page,
        filters=filters,
        links={**links(filters), **links_of(page, told, urlencode)},
        told=told,
        opened=any(name not in _CLOSED for name in told),
        columned=urlencode({**told, "columns": ",".join(column.word for column in shown)}),
        uncolumned=query.without(filters, "columns"),
        chips=offer.chips(),
        asked=offer.asked(),
        offer=offer,
        columns=shown,
        offered=known.offered,
        moves=_moves(filters, known),
        views=saved.views_of(actor),
        states=AssetState,
        ownerships=Ownership,
        data_words=columns.DATA_WORDS,
        words=lambda enum: [(one.value, one.label) for one in enum],
        pairs=lambda texts: [(text, text) for text in texts],
        elsewhere=_elsewhere(actor.school_id, filters) if not page.total else [],
        editable=actor.role in web.EDITORS,
    )


def _moves(filters: Filters, known: Columns) -> dict[str, str]:
    """For each column that is shown: the query string in which it stands one place further to the left."""
    words = [column.word for column in known.chosen(filters.columns)]
    told, found = query_of(filters), {}
    for place in range(2, len(words)):
        moved = [*words[: place - 1], words[place], words[place - 1], *words[place + 1 :]]
        found[words[place]] = urlencode({**told, "columns": ",".join(moved)})
    return found


def _with_columns() -> str:
    """The query string for the columns that were ticked: those that were shown keep their order."""
    filters, _ = filters_from(request.args)
    ticked = request.args.getlist("column")[: query.COLUMNS_MOST]
    shown = [word for word in filters.columns or columns.USUAL if word in ticked]
    words = [*shown, *(word for word in ticked if word not in shown)]
    return urlencode({**query_of(filters), "columns": ",".join(words)})


def _elsewhere(school_id: UUID, filters: Filters) -> list[object]:
    """Other things with this number, such as a medium: nothing was found among the assets."""
    if not filters.text:
        return []
    finders: Sequence[Callable[[UUID, Sequence[str]], dict[str, list[object]]]]
    finders = current_app.extensions.get("caretaker_finders", [])
    return [found for finder in finders for found in finder(school_id, [filters.text]).get(filters.text, [])]


@bp.route("/assets/selected")
@web.allow(web.READERS)
def selected() -> ResponseReturnValue:
    """What to do with the assets that were ticked in the list."""
    filters, _ = filters_from(request.args)
    ticked = ",".join(request.args.getlist("id")[: query.IDS_MOST])
    ids = filters_from({"ids": ticked})[0].ids
    if not ids:
        flash("Tick the assets first, then choose what to do with them.", "warning")
        return redirect(f"{url_for('inventory.assets')}?{urlencode(query_of(filters) or {'view': ALL})}")
    told = {"ids": ",".join(str(one) for one in ids)}
    pages = {"bulk": "inventory.bulk_edit", "labels": "inventory.labels", "csv": "inventory.assets_csv"}
    pages |= {"xlsx": "inventory.assets_xlsx", "print": "inventory.assets_print"}
    endpoint = pages.get(request.args.get("do", ""), "inventory.assets")
    if endpoint not in ("inventory.bulk_edit", "inventory.labels") and filters.columns:
        told["columns"] = ",".join(filters.columns)
    return redirect(f"{url_for(endpoint)}?{urlencode(told)}")


@bp.route("/assets.csv")
@web.allow(web.READERS)
def assets_csv() -> ResponseReturnValue:
    """Exactly what is filtered, as a file for programs; that it was taken out is in the log."""
    return _export("csv")


@bp.route("/assets.xlsx")
@web.allow(web.READERS)
def assets_xlsx() -> ResponseReturnValue:
    """The same as a workbook."""
    return _export("xlsx")


def _export(kind: str) -> ResponseReturnValue:
    """With the columns of the list, or, without `columns` in the address, with all that the register knows."""
    actor = web.actor()
    filters, _ = filters_from(request.args)
    offer = Offer(actor.school_id, filters)
    known = Columns(offer.fields, offer.kinds)
    slices = search.everything(actor.school_id, filters)
    if filters.columns:
        table = export.Table(known.chosen(filters.columns), slices)
    else:
        look: Callable[[UUID, Sequence[UUID]], Drives] | None = current_app.extensions.get(DRIVES)
        of_school = (lambda ids: look(actor.school_id, ids)) if look else None
        table = export.Table(known.all(), slices, of_school)
    if kind == "csv":
        file = export.csv_file(table.header, table.cells())
    else:
        file = export.xlsx_file(table.header, table.cells(), "Register")
    web.writing()
    school = school_of(actor.school_id)
    told = {"rows": table.rows, "filter": links(filters)["self"], "format": kind}
    record(actor, EventKind.REGISTER_EXPORTED, Subject("school", school.id, school.name), after=told)
    db.session.commit()
    name = f"assets-{school.code}-{utc_now():%Y-%m-%d}.{kind}"
    return download(file, export.CSV if kind == "csv" else export.XLSX, name)


def download(file: IO[bytes], kind: str, name: str) -> Response:
    """A file as an answer, which is sent piece by piece where it is large."""
    sent = export.sent(file)
    body = sent if isinstance(sent, bytes) else wrap_file(request.environ, sent)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, mimetype=kind, headers=headers)


@bp.route("/assets/print")
@web.allow(web.READERS)
def assets_print() -> ResponseReturnValue:
    """The register on paper, A4 landscape, with lines for the yearly check."""
    actor = web.actor()
    filters, _ = filters_from(request.args)
    offer = Offer(actor.school_id, filters)
    known = Columns(offer.fields, offer.kinds)
    total = search.count(actor.school_id, filters)
    slices = search.everything(actor.school_id, filters) if total <= PRINT_MOST else ()
    return render_template(
        "inventory/assets_print.html",
        rows=(row for part in slices for row in part),
        total=total,
        most=PRINT_MOST,
        columns=known.chosen(filters.columns, columns.REGISTER),
        chips=offer.chips(),
        links=links(filters),
        now=utc_now(),
    )


@bp.route("/assets/views", methods=["POST"])
@web.allow(web.READERS)
def save_view() -> ResponseReturnValue:
    """Keep this list under a name."""
    asked = request.form.get("query", "")
    try:
        view = saved.save(web.actor(), request.form.get("name", ""), asked, opens="opens" in request.form)
    except Denied as denied:
        db.session.rollback()
        flash(str(denied), "danger")
        told = query_of(filters_from(dict(parse_qsl(asked[: saved.QUERY_LIMIT])))[0])
        return redirect(f"{url_for('inventory.assets')}?{urlencode(told or {'view': ALL})}")
    name, address = view.name, view.query
    db.session.commit()
    flash(f"The list is saved as {name}.", "success")
    return redirect(f"{url_for('inventory.assets')}?{address or 'view=' + ALL}")


@bp.route("/assets/views/<uuid:view_id>/remove", methods=["POST"])
@web.allow(web.READERS)
def remove_view(view_id: UUID) -> ResponseReturnValue:
    """Forget a saved list; the assets in it stay."""
    name = saved.remove(web.actor(), view_id)
    db.session.commit()
    flash(f"The saved list {name} is removed. The assets in it are where they were.", "success")
    return redirect(f"{url_for('inventory.assets')}?view={ALL}")
