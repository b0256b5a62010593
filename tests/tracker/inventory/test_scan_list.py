"""The list of many scans: in batches for the page's script, as a form without it, and as bad input."""

import json

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from labels import code
from tests.cast import Site, body, counted
from tests.tracker.inventory.test_scan import UNUSED, damaged, drive, retire
from tests.tracker.inventory.test_views import make
from tracker.audit.models import Event
from tracker.db import db
from tracker.inventory.scan_views import BATCH, TYPED
from tracker.values import Actor

JSON = {"Accept": "application/json"}


def batch(client: FlaskClient, *codes: object) -> TestResponse:
    return client.post("/scan/batch", json={"codes": list(codes)}, headers=JSON)


def results(client: FlaskClient, *codes: object) -> list[dict[str, str]]:
    answer = batch(client, *codes)
    assert answer.status_code == 200, body(answer)
    found: list[dict[str, str]] = answer.get_json()["results"]
    return found


def test_a_batch_is_answered_in_its_order_and_says_what_each_is(tess: FlaskClient, actor: Actor) -> None:
    asset, other = make(actor, serial="PF3K9X2L"), make(actor)
    old = retire(actor, other)
    medium = drive(actor, serial="S5H9NX0N123456")
    make(actor, serial="DUP1")
    make(actor, serial="DUP1", same_serial=True)
    told = results(
        tess, asset.tag.lower(), "S5H9NX0N123456", old, "S/N:PF3K9X2L", "DUP1", UNUSED, "no such", "", "x" * 600
    )
    assert [one["outcome"] for one in told] == (
        ["found", "found", "warning", "found", "warning", "unknown", "unknown", "unknown", "unknown"]
    )
    assert told[0]["key"] == told[3]["key"] == told[0]["asset"] == str(asset.id)
    assert told[1]["key"] == str(medium.id)
    assert told[2]["key"] == str(other.id)
    assert "This is an old label" in told[2]["said"]
    assert told[3]["said"].startswith(f"Found: {code.shown(asset.tag)} Projector. Read from a longer code: PF3K9X2L.")
    assert told[4]["said"] == "Look again: 2 things fit this code. Choose the right one."
    assert f"/assets/new?tag={code.shown(UNUSED)}" in told[5]["html"]
    assert "/assets/new?serial=no+such" in told[6]["html"]
    assert all(mark in one["html"] for one, mark in zip(told, ("Found", "Found", "Look again"), strict=False))


def test_a_batch_asks_the_database_the_same_number_of_times_whatever_its_length(
    tess: FlaskClient, actor: Actor
) -> None:
    assets = [make(actor) for _ in range(30)]
    old = [retire(actor, asset) for asset in assets[:5]]
    drive(actor, serial="S5H9NX0N123456")
    few, many = (
        [old[0], assets[9].tag, "S5H9NX0N123456"],
        [*old, *(one.serial for one in assets), "S5H9NX0N123456", "?"],
    )
    results(tess, *few)
    with counted() as first:
        results(tess, *few)
    with counted() as second:
        results(tess, *many)
    assert len(second) == len(first)


def test_what_another_school_has_is_not_found(site: Site, actor: Actor) -> None:
    asset = make(actor, serial="OURS-1")
    old = retire(actor, asset)
    medium = drive(actor, serial="OURS-2", wwn="5002538e90123456")
    told = results(site.client("otto"), asset.tag, old, "ours1", "OURS-2", "5002538e90123456")
    assert {one["outcome"] for one in told} == {"unknown"}
    assert not any(str(one) in json.dumps(told) for one in (asset.id, medium.id))


def test_readers_scan_and_only_editors_are_offered_to_register(site: Site, tess: FlaskClient, actor: Actor) -> None:
    asset = make(actor)
    for username, editor in (("tess", True), ("beth", True), ("gwen", False), ("adam", False), ("hana", False)):
        told = results(site.client(username), asset.tag, "no such")
        assert told[0]["outcome"] == "found"
        assert ("/assets/new" in told[1]["html"]) == editor
    assert batch(site.client("stan"), asset.tag).status_code == 403
    assert site.client("stan").post("/scan", data={"codes": asset.tag}).status_code == 403
    assert batch(site.client(), asset.tag).status_code == 401


def test_a_batch_needs_the_pages_own_token(site: Site, tess: FlaskClient) -> None:
    site.app.config["WTF_CSRF_ENABLED"] = True
    assert batch(tess, "x").status_code == 400
    assert tess.post("/scan/frame", data=b"x", headers=JSON).status_code == 400
    assert tess.post("/scan", data={"codes": "x"}).status_code == 400


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", 400), (b"{", 400), (b"[]", 400), (b"null", 400), (b'{"codes": "x"}', 400), (b'{"codes": [1]}', 400),
        (b'{"codes": [["x"]]}', 400), (b'{"codes": null}', 400), (b"\xff\xfe", 400), (b'{"codes": ["\xff"]}', 400),
        (b'{"codes": [' + b'"x",' * BATCH + b'"x"]}', 422), (b'{"codes": [' + b'"x",' * 9_999 + b'"x"]}', 422),
        (b'{"codes": ["' + b"x" * (1 << 18) + b'"]}', 413), (b"[" * 100_000, 400),
    ],
)  # fmt: skip
def test_a_batch_that_is_none_gets_a_clear_answer(tess: FlaskClient, sent: bytes, status: int) -> None:
    answer = tess.post("/scan/batch", data=sent, headers={**JSON, "Content-Type": "application/json"})
    assert answer.status_code == status
    assert answer.get_json()["error"]["message"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(
    codes=st.lists(st.text(max_size=60) | st.text(alphabet="()]C12SN:;\x00\x1d\ud800\n", max_size=40), max_size=BATCH)
)
def test_any_texts_get_an_answer_each(tess: FlaskClient, actor: Actor, codes: list[str]) -> None:
    answer = tess.post("/scan/batch", data=json.dumps({"codes": codes}), headers={"Content-Type": "application/json"})
    assert answer.status_code == 200
    assert len(answer.get_json()["results"]) == len(codes)


def test_what_is_scanned_is_shown_as_text(tess: FlaskClient, actor: Actor) -> None:
    make(actor, name="<img src=x onerror=alert(1)>", serial="EVIL1")
    for told in results(tess, "<script>alert(1)</script>", "EVIL1", 'EVIL"><b>'):
        assert "<script" not in told["html"]
        assert "<img" not in told["html"]
        assert "<b>" not in told["html"]


def test_without_scripts_the_form_lists_each_thing_once_and_counts(tess: FlaskClient, actor: Actor) -> None:
    asset, second = make(actor), make(actor)
    lines = f"{asset.tag}\r\n{second.serial}\r\n\r\nno such\r\n{code.shown(asset.tag).lower()}\r\n{damaged(asset.tag)}"
    page = body(tess.post("/scan", data={"codes": lines}))
    assert page.count(f'href="/assets/{asset.id}"') == 1
    assert "scanned 2 times" in page
    assert "/assets/new?serial=no+such" in page
    assert "its last character does not fit the others: scan it again" in page
    assert (
        f"/assets/bulk?id={asset.id}&amp;id={second.id}" in page
        or f"/assets/bulk?id={second.id}&amp;id={asset.id}" in page
    )
    assert "/labels?tags=" in page
    assert page.index("serial=no+such") > page.index(f"/assets/{asset.id}")  # the latest first


def test_without_scripts_too_many_lines_are_refused_and_the_first_are_shown(tess: FlaskClient, actor: Actor) -> None:
    answer = tess.post("/scan", data={"codes": "\n".join(f"NUMBER{one}" for one in range(10_000))})
    assert answer.status_code == 422
    assert f"at most {TYPED} codes" in body(answer)
    assert "NUMBER499" in body(answer)
    assert "NUMBER500" not in body(answer)


@pytest.mark.parametrize(
    "raw", [b"codes=%ff%fe%80", b"codes=%1b%1d", b"codes=", b"", b"codes=%E2%80%AE", b"codes=%0d%0a"]
)
def test_without_scripts_rubbish_gets_a_page(tess: FlaskClient, raw: bytes) -> None:
    answer = tess.post("/scan", data=raw, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 200
    assert tess.post("/scan", data={"codes": "a\0b"}).status_code == 400


def test_looking_up_changes_nothing(tess: FlaskClient, actor: Actor) -> None:
    asset = make(actor)
    before = db.session.query(Event).count()
    results(tess, asset.tag, "no such", UNUSED)
    tess.get(f"/A/{asset.tag}")
    tess.post("/scan", data={"codes": asset.tag})
    assert db.session.query(Event).count() == before


def test_the_page_to_scan_to_has_one_box(tess: FlaskClient, actor: Actor) -> None:
    for address in ("/scan", "/scan?q=", "/scan?q=+"):
        page = body(tess.get(address))
        assert "<h1>Scan</h1>" in page
        assert 'name="codes"' in page
        assert 'id="scan-box"' not in page
    assert 'id="scan-box"' in body(tess.get("/scan?q=no+such"))
