"""The list of media: searched, filtered, sorted, one page of it, and as a file."""

from collections.abc import Iterator
from urllib.parse import urlencode

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import db
from tracker.inventory import export
from tracker.inventory.columns import Cell
from tracker.inventory.list_views import download
from tracker.media import search, service
from tracker.media.blueprint import bp
from tracker.media.rules import MediumState
from tracker.paging import links_of
from tracker.values import Subject, utc_now
from wipe.vocabulary import Medium as MediumKind

HEADER = ("Asset", "Kind", "Make", "Model", "Serial number", "WWN", "Capacity in bytes", "State", "Data class")


@bp.get("/media")
@web.allow(web.READERS)
def media() -> ResponseReturnValue:
    """The list, searched, filtered and sorted, one page of it."""
    school_id = web.actor().school_id
    filters, turn = search.filters_from(request.args)
    kept = search.arguments_of(filters)
    if turn.number > 1 and not turn.after and not turn.before:
        after = search.cursor_at(school_id, filters, turn.number)
        return redirect(f"{url_for('media.media')}?{urlencode({**kept, **({'after': after} if after else {})})}")
    page = search.page(school_id, filters, turn)
    return render_template(
        "media/media.html",
        page=page,
        filters=filters,
        query=urlencode(kept),
        kept=kept,
        narrow=filters.narrow,
        links=links_of(page, kept, urlencode),
        sorts=search.links(filters),
        editable=web.actor().role in web.EDITORS,
    )


@bp.get("/media.csv")
@web.allow(web.READERS)
def media_csv() -> ResponseReturnValue:
    """Exactly what is filtered, as a file for programs; that it was taken out is in the log."""
    return _export("csv")


@bp.get("/media.xlsx")
@web.allow(web.READERS)
def media_xlsx() -> ResponseReturnValue:
    """The same as a workbook."""
    return _export("xlsx")


def _export(kind: str) -> ResponseReturnValue:
    actor, rows = web.actor(), 0
    filters, _ = search.filters_from(request.args)

    def cells() -> Iterator[tuple[Cell, ...]]:
        nonlocal rows
        for part in search.everything(actor.school_id, filters):
            for row in part:
                rows += 1
                yield _cells(row)

    if kind == "csv":
        file = export.csv_file(HEADER, cells())
    else:
        file = export.xlsx_file(HEADER, cells(), "Storage media")
    web.writing()
    subject = Subject("school", actor.school_id, "Storage media")
    told = {"rows": rows, "format": kind, **search.arguments_of(filters)}
    record(actor, EventKind.REGISTER_EXPORTED, subject, after=told)
    db.session.commit()
    name = f"media-{utc_now():%Y-%m-%d}.{kind}"
    return download(file, export.CSV if kind == "csv" else export.XLSX, name)


def _cells(row: search.Row) -> tuple[Cell, ...]:
    one = row.medium
    return (
        row.tag,
        service.KIND_LABELS[MediumKind(one.kind)],
        one.make,
        one.model,
        one.serial,
        one.wwn,
        one.capacity_bytes,
        MediumState(one.state).label,
        one.data_class,
    )
