"""The scan box, the list of many scans, and the address that our labels carry."""

from collections.abc import Sequence
from urllib.parse import urlencode

from flask import abort, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labels import code
from tracker import web
from tracker.inventory import scan_rows, scanning, search
from tracker.inventory.blueprint import bp
from tracker.inventory.scan_rows import Entry
from tracker.inventory.scanning import Finder, Finding, Seen
from tracker.inventory.search import Filters

BATCH = 50  # codes of one request by the page's script
BATCH_BYTES = 1 << 18  # 50 codes of the greatest length, each character written as \uXXXX
TYPED = 500  # lines of the form without scripts
TOGETHER = 100  # assets of one address: a proxy in front may take no longer one
UNPROCESSABLE = 422


@bp.get("/scan")
@web.allow(web.READERS)
def scan() -> ResponseReturnValue:
    """Whatever was scanned or typed: a thing, a choice, a search or an offer. Without text, the list to scan to."""
    text = request.args.get("q", "")
    if not text.strip():
        return screen()
    found = scanning.find(web.actor().school_id, text, _finders())
    if found.hits > 1:
        return render_template("inventory/scan_choice.html", entry=_entries([found])[0])
    if found.assets:
        return _opened(found)
    if found.others:
        return redirect(found.others[0].address)
    words = found.scan.kind is code.ScanKind.OTHER
    if words and search.count(web.actor().school_id, Filters(text=found.scan.text)):
        return redirect(url_for("inventory.assets") + "?" + urlencode({"q": found.scan.text}))
    return _unknown(found)


@bp.post("/scan")
@web.allow(web.READERS)
@web.only_reads
def scan_typed() -> ResponseReturnValue:
    """The list without scripts: one code on each line."""
    lines = [line for line in request.form.get("codes", "").splitlines() if line.strip()]
    if len(lines) > TYPED:
        return screen(lines[:TYPED], problem=f"Look up at most {TYPED} codes at a time. The rest was left out.")
    return screen(lines)


@bp.post("/scan/batch")
@web.allow(web.READERS)
@web.only_reads
@web.body_limit(BATCH_BYTES)
def scan_batch() -> ResponseReturnValue:
    """What each of some scans means, in their order, as the page's script shows it."""
    entries = _entries(scanning.find_many(web.actor().school_id, sent_codes(), _finders()))
    shown = [
        {
            "key": entry.key,
            "outcome": entry.outcome.value,
            "said": entry.said,
            "asset": str(entry.seen.asset.id) if entry.seen else None,
            "tag": entry.seen.tag if entry.seen else None,
            "html": render_template("inventory/_scan_entry.html", entry=entry, times=1, editable=_may_edit()),
        }
        for entry in entries
    ]
    return jsonify(results=shown)


def sent_codes() -> list[str]:
    """The codes of a request by the page's script. Ends in 400 or 422 for anything else."""
    try:
        sent = request.get_json(silent=True)
    except RecursionError:  # thousands of open brackets
        sent = None
    codes = sent.get("codes") if isinstance(sent, dict) else None
    if not isinstance(codes, list) or not all(isinstance(one, str) for one in codes):
        abort(400, 'Send {"codes": ["...", "..."]}, each code a text.')
    if len(codes) > BATCH:
        abort(UNPROCESSABLE, f"Send at most {BATCH} codes at a time.")
    return codes


@bp.get("/A/<path:text>")
@bp.get("/a/<path:text>")
@web.allow(web.EVERYBODY)
def by_tag(text: str) -> ResponseReturnValue:
    """The address on a label. A tag of nothing may be a label that was printed before: it can be claimed.

    For staff it is the form that reports an incident.
    """
    if web.actor().role not in web.READERS:  # staff do not read the register: they report what happened to the thing
        return redirect(url_for("incidents.new_incident", thing=text[:200]))
    found = scanning.tagged(web.actor().school_id, text)
    return _opened(found) if found.assets else _unknown(found, damaged=found.scan.tag is None)


def screen(codes: Sequence[str] = (), *, problem: str = "", photo_problem: str = "") -> ResponseReturnValue:
    """The list to scan to, with what was scanned so far where the browser runs no scripts."""
    counted: dict[str, tuple[Entry, int]] = {}
    for entry in _entries(scanning.find_many(web.actor().school_id, codes, _finders())):
        times = counted.pop(entry.key, (entry, 0))[1] + 1
        counted[entry.key] = (entry, times)
    rows = list(reversed(counted.values()))
    page = render_template(
        "inventory/scan.html",
        rows=rows,
        codes="\n".join(codes),
        problem=problem,
        photo_problem=photo_problem,
        together=_together([entry.seen for entry, _ in rows if entry.seen]) if _may_edit() else [],
        editable=_may_edit(),
    )
    return page, UNPROCESSABLE if problem or photo_problem else 200


def _together(assets: Sequence[Seen]) -> list[tuple[int, str, str]]:
    """What can be done with many at once, in parts: how many, and the queries of the bulk and of the label page."""
    parts = (assets[first : first + TOGETHER] for first in range(0, len(assets), TOGETHER))
    return [
        (
            len(part),
            urlencode([("id", str(one.asset.id)) for one in part]),
            urlencode({"tags": " ".join(one.tag for one in part)}),
        )
        for part in parts
    ]


def _may_edit() -> bool:
    return web.actor().role in web.EDITORS


def _finders() -> list[Finder]:
    """What higher features know of numbers; see tracker/app.py."""
    found: list[Finder] = current_app.extensions.get("caretaker_finders", [])
    return found


def _entries(findings: Sequence[Finding]) -> list[Entry]:
    seen = scanning.seen(web.actor().school_id, (asset for found in findings for asset in found.assets))
    return [scan_rows.explain(found, seen) for found in findings]


def _opened(found: Finding) -> ResponseReturnValue:
    """The page of the one asset, with what has to be known first."""
    for warning in scan_rows.warnings(found):
        flash(warning, "warning")
    if found.read_as:
        flash(f"The code holds more than one number. This asset was found by {found.read_as}.", "info")
    return redirect(url_for("inventory.asset", asset_id=found.assets[0].id))


def _unknown(found: Finding, *, damaged: bool = False) -> ResponseReturnValue:
    """Nothing is known by that: say so, and offer to register it where that makes sense. Status 404 either way."""
    (entry,) = _entries([found])
    page = render_template("inventory/unknown.html", entry=entry, damaged=damaged, editable=_may_edit())
    return page, 404
