"""The scan box and the address on our labels: anything that a scanner can send leads somewhere sensible."""

from urllib.parse import quote, urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labels import code
from labels.qr import asset_url
from tests.cast import PASSWORD, Site
from tests.tracker.inventory.test_views import actor as actor
from tests.tracker.inventory.test_views import body, make
from tests.tracker.inventory.test_views import tess as tess
from tracker.values import Actor

UNUSED = code.new(lambda count: b"\x2a" * count)


def damaged(tag: str) -> str:
    """The tag with another last character."""
    return tag[:-1] + code.ALPHABET[(code.ALPHABET.index(tag[-1]) + 1) % 32]


@pytest.mark.parametrize(
    "form",
    ["{tag}", "{shown}", "{lower}", " {shown}\r\n", "https://old.example:8443/A/{tag}", "HTTP://X/A/{tag}", "{serial}",
     "{spaced}", "]Q2{tag}"],
)  # fmt: skip
def test_the_box_takes_our_address_a_tag_or_a_serial_in_any_form(tess: FlaskClient, actor: Actor, form: str) -> None:
    asset = make(actor, serial="PF3K-9X2L")
    text = form.format(
        tag=asset.tag, shown=code.shown(asset.tag), lower=asset.tag.lower(), serial="pf3k9x2l", spaced="PF3K 9X2L"
    )
    answer = tess.get("/scan?" + urlencode({"q": text}))
    assert (answer.status_code, answer.location) == (302, f"/assets/{asset.id}")


@pytest.mark.parametrize("form", ["{tag}", "{lower}", "{shown}", "{spaced}"])
@pytest.mark.parametrize("letter", ["A", "a"])
def test_the_address_on_a_label_opens_the_asset_in_any_form(
    tess: FlaskClient, actor: Actor, form: str, letter: str
) -> None:
    asset = make(actor)
    shown = code.shown(asset.tag)
    text = form.format(tag=asset.tag, lower=shown.lower(), shown=shown, spaced=shown.replace("-", " "))
    answer = tess.get(f"/{letter}/{quote(text)}")
    assert (answer.status_code, answer.location) == (302, f"/assets/{asset.id}")


def test_the_printed_code_opens_the_asset_after_signing_in(site: Site, actor: Actor) -> None:
    asset = make(actor)
    url = asset_url("http://127.0.0.1:5000", asset.tag)
    client = site.client()
    path = url.removeprefix("HTTP://127.0.0.1:5000")
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer.location == f"/sign-in?next={path}"
    form = {"school": "st-b", "username": "tess", "password": PASSWORD, "next": path}
    answer = client.post(answer.location, data=form)
    assert (answer.status_code, answer.location) == (302, path)
    answer = client.get(path)
    assert (answer.status_code, answer.location) == (302, f"/assets/{asset.id}")
    assert code.shown(asset.tag) in body(client.get(answer.location))


def test_a_damaged_tag_asks_for_another_scan(tess: FlaskClient, actor: Actor) -> None:
    asset = make(actor)
    answer = tess.get(f"/A/{damaged(asset.tag)}")
    assert answer.status_code == 404
    assert "The last character does not fit" in body(answer)
    assert "Scan again" in body(answer)
    answer = tess.get("/scan?" + urlencode({"q": damaged(asset.tag)}))
    assert answer.status_code == 404
    assert "its last character does not fit" in body(answer)
    answer = tess.get("/scan?" + urlencode({"q": f"https://x.example/A/{damaged(asset.tag)}"}))
    assert answer.status_code == 404
    assert "damaged" in body(answer)


@pytest.mark.parametrize("address", [f"/A/{UNUSED}", f"/scan?q={UNUSED}"])
def test_a_label_without_an_asset_can_be_claimed(tess: FlaskClient, actor: Actor, address: str) -> None:
    answer = tess.get(address)
    assert answer.status_code == 404
    offer = f"/assets/new?tag={code.shown(UNUSED)}"
    assert offer in body(answer)
    assert f'value="{code.shown(UNUSED)}"' in body(tess.get(offer))


def test_an_unknown_code_can_be_registered_as_a_serial(tess: FlaskClient, actor: Actor) -> None:
    answer = tess.get("/scan?" + urlencode({"q": "5CG0-1234 <b>&X"}))
    assert answer.status_code == 404
    assert "/assets/new?serial=5CG0-1234+%3Cb%3E%26X" in body(answer)
    assert "<b>&X" not in body(answer)
    page = body(tess.get("/assets/new?" + urlencode({"serial": "5CG0-1234 <b>"})))
    assert 'value="5CG0-1234 &lt;b&gt;"' in page


def test_readers_who_cannot_register_get_no_offer(site: Site, actor: Actor) -> None:
    page = body(site.client("gwen").get("/scan?q=UNKNOWN123"))
    assert "Nothing here is known by" in page
    assert "/assets/new" not in page


def test_words_that_are_no_code_search_the_list(tess: FlaskClient, actor: Actor) -> None:
    make(actor, name="Hall projector")
    answer = tess.get("/scan?q=hall+PROJ")
    assert (answer.status_code, answer.location) == (302, "/assets?q=hall+PROJ")


def test_a_serial_of_two_assets_shows_both(tess: FlaskClient, actor: Actor) -> None:
    make(actor, serial="DUP-1")
    make(actor, serial="DUP 1", same_serial=True)
    answer = tess.get("/scan?q=dup1")
    assert (answer.status_code, answer.location) == (302, "/assets?q=DUP1")
    assert "2 assets" in body(tess.get(answer.location))


def test_higher_features_are_asked_before_a_thing_is_called_unknown(
    tess: FlaskClient, actor: Actor, site: Site
) -> None:
    asked = []

    def finder(who: Actor, text: str) -> str | None:
        asked.append((who.name, text))
        return "/media/1" if text == "S5H9NX0N" else None

    site.app.extensions["caretaker_finders"] = [lambda who, text: None, finder]
    assert tess.get("/scan?q=S5H9NX0N").location == "/media/1"
    assert tess.get("/scan?q=other").status_code == 404
    assert asked == [("Tess Technician", "S5H9NX0N"), ("Tess Technician", "other")]


def test_another_schools_tag_is_only_an_unused_tag_here(site: Site, actor: Actor) -> None:
    asset = make(actor, serial="OURS-1")
    otto = site.client("otto")
    for address in (f"/A/{asset.tag}", f"/scan?q={asset.tag}", "/scan?q=ours1"):
        answer = otto.get(address)
        assert answer.status_code == 404
        assert str(asset.id) not in body(answer)


def test_the_box_stands_on_every_page_of_those_who_may_scan(site: Site, actor: Actor) -> None:
    for username, shown in (("tess", True), ("gwen", True), ("stan", False)):
        page = body(site.client(username).get("/account"))
        assert ('action="/scan"' in page) == shown
    page = body(site.client("tess").get("/assets"))
    assert 'label class="visually-hidden" for="scan-box">Scan or search<' in page
    assert "autofocus" not in page


@pytest.mark.parametrize(
    "raw", ["", "%1b", "%ff%fe", "a" * 600, "..%2f..%2fetc%2fpasswd", "%0d%0aSet-Cookie:x=1", "\u202e"]
)
def test_what_no_label_says_gets_a_clear_answer(tess: FlaskClient, actor: Actor, raw: str) -> None:
    answer = tess.get(f"/scan?q={raw}")
    assert answer.status_code == 404
    assert "Not in the register" in body(answer)
    assert tess.get(f"/A/{raw or 'x'}").status_code in (404, 308)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(text=st.text(max_size=80) | st.text(alphabet=code.ALPHABET + "oil- ", min_size=7, max_size=10))
def test_any_text_leads_to_an_answer(tess: FlaskClient, actor: Actor, text: str) -> None:
    plain = text.encode("utf-8", "replace").decode()
    assert tess.get("/scan", query_string={"q": plain}).status_code in (302, 400, 404)
    assert tess.get("/A/" + quote(plain, safe="")).status_code in (302, 308, 400, 404)
