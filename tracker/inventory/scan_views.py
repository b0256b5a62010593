"""The scan box, and the address that our labels carry."""

from collections.abc import Callable
from urllib.parse import urlencode

from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labels import code
from tracker import web
from tracker.inventory import rules, search, service
from tracker.inventory.blueprint import bp
from tracker.inventory.search import Filters
from tracker.values import Actor

# What higher features know of a scan: a callable (actor, text) that gives an address, or None. See tracker/app.py.
Finder = Callable[[Actor, str], str | None]


@bp.route("/scan")
@web.allow(web.READERS)
def scan() -> ResponseReturnValue:
    """Whatever was scanned or typed: an asset, something that another feature knows, a search, or an offer."""
    actor, text = web.actor(), request.args.get("q", "")
    found = service.find(actor.school_id, text)
    if len(found.assets) == 1:
        return redirect(url_for("inventory.asset", asset_id=found.assets[0].id))
    if found.assets:
        return redirect(url_for("inventory.assets") + "?" + urlencode({"q": rules.serial_key(found.scan.text)}))
    if found.scan.kind is code.ScanKind.INVALID:
        return _unknown(found.scan, found.scan.problem)
    for finder in _finders():
        target = finder(actor, found.scan.text)
        if target is not None:
            return redirect(target)
    if found.scan.kind is code.ScanKind.TAG:
        return _unknown(found.scan, "")
    if search.count(actor.school_id, Filters(text=found.scan.text)):
        return redirect(url_for("inventory.assets") + "?" + urlencode({"q": found.scan.text}))
    return _unknown(found.scan, "")


@bp.route("/A/<path:text>")
@bp.route("/a/<path:text>")
@web.allow(web.READERS)
def by_tag(text: str) -> ResponseReturnValue:
    """The address on a label. A tag of nothing may be a label that was printed before: it can be claimed."""
    asset = service.asset_by_tag(web.actor().school_id, text)
    if asset is not None:
        return redirect(url_for("inventory.asset", asset_id=asset.id))
    scan = code.scanned(text)
    if scan.tag is None:
        return _unknown(scan, "The last character does not fit the others, so this is no tag of ours. Scan again.")
    return _unknown(scan, "")


def _finders() -> list[Finder]:
    found: list[Finder] = current_app.extensions.get("caretaker_finders", [])
    return found


def _unknown(scan: code.Scan, problem: str) -> ResponseReturnValue:
    """Nothing is known by that: say so, and offer to register it where that makes sense. Status 404 either way."""
    page = render_template(
        "inventory/unknown.html",
        text=scan.text,
        tag=scan.tag,
        shown=None if scan.tag is None else code.shown(scan.tag),
        problem=problem,
        looks_damaged=not problem and scan.tag is None and _nearly_a_tag(scan.text),
        editable=web.actor().role in web.EDITORS,
    )
    return page, 404


def _nearly_a_tag(text: str) -> bool:
    """Whether it has the shape of a tag, but a wrong check character: then rather scan again than register."""
    plain = "".join(c for c in text.upper() if c.isalnum())
    return len(plain) == code.LENGTH and set(plain) <= set(code.ALPHABET + "OIL")
