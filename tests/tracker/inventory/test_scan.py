"""The scan box and the address on our labels: anything that a scanner can send leads somewhere sensible."""

import secrets
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labels import code
from labels.qr import asset_url
from tests.cast import PASSWORD, Site, body
from tests.tracker.inventory.test_views import make
from tracker.db import add, db
from tracker.inventory import scanning
from tracker.inventory.models import Asset, RetiredLabel
from tracker.inventory.scanning import Found
from tracker.media import service as media
from tracker.media.models import Medium
from tracker.media.service import MediumDetails
from tracker.values import Actor, Denied, utc_now
from wipe.vocabulary import Medium as MediumKind

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


def test_a_serial_of_two_assets_lets_choose(tess: FlaskClient, actor: Actor) -> None:
    both = [make(actor, serial="DUP-1"), make(actor, serial="DUP 1", same_serial=True)]
    answer = tess.get("/scan?q=dup1")
    assert answer.status_code == 200
    assert "2 things fit this code" in body(answer)
    assert all(f'href="/assets/{one.id}"' in body(answer) for one in both)


def drive(actor: Actor, **told: Any) -> Medium:
    made = media.add_medium(actor, MediumDetails(MediumKind.SSD, make="Samsung", **told))
    db.session.commit()
    return made


@pytest.mark.parametrize(
    "text",
    ["S5H9-NX0N123456", "s5h9nx0n123456", "SN: S5H9NX0N123456", "5002538E90123456", "0x5002538e90123456",
     "WWN 5 002538 E90123456", "P/N:MZ7LH480;S/N:S5H9NX0N123456"],
)  # fmt: skip
def test_a_drives_serial_or_world_wide_name_leads_to_the_drive(tess: FlaskClient, actor: Actor, text: str) -> None:
    medium = drive(actor, serial="S5H9NX0N123456", wwn="0x5002538e90123456")
    answer = tess.get("/scan?" + urlencode({"q": text}))
    assert (answer.status_code, answer.location) == (302, f"/media/{medium.id}")


def test_an_asset_and_a_drive_of_the_same_number_let_choose(tess: FlaskClient, actor: Actor) -> None:
    asset, medium = make(actor, serial="NA8F1234"), drive(actor, serial="NA8F1234")
    page = body(tess.get("/scan?q=NA8F-1234"))
    assert f'href="/assets/{asset.id}"' in page
    assert f'href="/media/{medium.id}"' in page


@pytest.mark.parametrize(
    "text",
    ["1S20L7CTO1WWPF3K9X2L", "S/N:PF3K9X2L", "]C1010950600013435221PF3K9X2L", "(01)09506000134352(21)PF3K9X2L",
     "https://maker.example/support?serial=PF3K9X2L", "P/N:20L7;S/N:PF3K9X2L;MAC:001122334455"],
)  # fmt: skip
def test_a_manufacturers_code_leads_to_the_asset_and_says_by_which_number(
    tess: FlaskClient, actor: Actor, text: str
) -> None:
    asset = make(actor, serial="PF3K-9X2L")
    answer = tess.get("/scan?" + urlencode({"q": text}))
    assert (answer.status_code, answer.location) == (302, f"/assets/{asset.id}")
    assert "This asset was found by PF3K9X2L" in body(tess.get(answer.location))


def test_what_a_code_says_as_a_whole_goes_before_its_parts(tess: FlaskClient, actor: Actor) -> None:
    make(actor, serial="C02XG0FD")
    whole = make(actor, serial="SC02XG0FD")
    assert tess.get("/scan?q=SC02XG0FD").location == f"/assets/{whole.id}"


def test_a_number_that_nothing_has_is_offered_and_never_taken_for_a_fact(tess: FlaskClient, actor: Actor) -> None:
    answer = tess.get("/scan?q=1S20L7CTO1WWPF3K9X2L")
    assert answer.status_code == 404
    assert "Compare them with what stands on the case" in body(answer)
    assert 'href="/assets/new?serial=PF3K9X2L"' in body(answer)
    assert 'href="/assets/new?serial=1S20L7CTO1WWPF3K9X2L"' in body(answer)


def test_an_article_number_is_told_for_what_it_is(tess: FlaskClient, actor: Actor) -> None:
    assert "the same on every piece of its kind" in body(tess.get("/scan?q=4006381333931"))


def retire(actor: Actor, asset: Asset, reason: str = "The label is scratched.") -> str:
    """Give the asset another tag; the old one."""
    old, asset.tag = asset.tag, code.new(secrets.token_bytes)
    label = {"tag": old, "reason": reason, "retired_by": actor.name, "retired_by_id": actor.id}
    add(RetiredLabel(school_id=actor.school_id, asset_id=asset.id, retired_at=utc_now(), **label))
    db.session.commit()
    return old


@pytest.mark.parametrize("address", ["/A/{}", "/scan?q={}", "/scan?q=https://old.example/A/{}"])
def test_a_retired_label_leads_to_the_asset_and_says_so(tess: FlaskClient, actor: Actor, address: str) -> None:
    asset = make(actor)
    old = retire(actor, asset)
    answer = tess.get(address.format(old))
    assert (answer.status_code, answer.location) == (302, f"/assets/{asset.id}")
    page = body(tess.get(answer.location))
    assert "This is an old label. It was retired on" in page
    assert "because: The label is scratched." in page
    assert f"The tag is now {code.shown(asset.tag)}" in page


def test_a_missing_thing_that_turns_up_is_told_of(tess: FlaskClient, actor: Actor) -> None:
    asset = make(actor)
    asset.state = "missing"
    db.session.commit()
    assert "The register says: missing" in body(tess.get(tess.get(f"/A/{asset.tag}").location))


def test_higher_features_are_asked_before_a_thing_is_called_unknown(
    tess: FlaskClient, actor: Actor, site: Site
) -> None:
    asked = []

    def finder(school: UUID, numbers: Sequence[str]) -> dict[str, list[Found]]:
        asked.append((school, *numbers))
        return {one: [Found(UUID(int=1), "A drive", "loose", "/media/1")] for one in numbers if one == "S5H9NX0N"}

    site.app.extensions["caretaker_finders"] = [lambda school, numbers: {}, finder]
    assert tess.get("/scan?q=S5H9NX0N").location == "/media/1"
    assert tess.get("/scan?q=other").status_code == 404
    assert asked == [(actor.school_id, "S5H9NX0N", "5H9NX0N"), (actor.school_id, "other")]


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
    assert 'href="/scan"' in page
    assert 'label class="visually-hidden" for="scan-box">Scan or search<' in page
    assert "autofocus" not in page


@pytest.mark.parametrize(
    "raw", ["%1b", "%ff%fe", "a" * 600, "..%2f..%2fetc%2fpasswd", "%0d%0aSet-Cookie:x=1", "\u202e"]
)
def test_what_no_label_says_gets_a_clear_answer(tess: FlaskClient, actor: Actor, raw: str) -> None:
    answer = tess.get(f"/scan?q={raw}")
    assert answer.status_code == 404
    assert "Not in the register" in body(answer)
    assert tess.get(f"/A/{raw}").status_code in (404, 308)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(text=st.text(max_size=80) | st.text(alphabet=code.ALPHABET + "oil- ", min_size=7, max_size=10))
def test_any_text_leads_to_an_answer(tess: FlaskClient, actor: Actor, text: str) -> None:
    plain = text.encode("utf-8", "replace").decode()
    assert tess.get("/scan", query_string={"q": plain}).status_code in (200, 302, 400, 404)
    assert tess.get("/A/" + quote(plain, safe="")).status_code in (302, 308, 400, 404)


def test_a_list_of_scans_names_each_asset_once_and_leaves_nothing_out_silently(actor: Actor) -> None:
    first, second = make(actor), make(actor, serial="SN-LISTED-2")
    text = f"{first.tag.lower()}, {second.serial}\nno such\n{code.shown(first.tag)}\n"
    listed = scanning.listed(actor.school_id, text)
    assert [one.id for one in listed.assets] == [first.id, second.id]
    assert listed.unclear == ("no such",)
    assert scanning.listed(actor.school_id, " \n,\n") == scanning.Listed((), ())
    with pytest.raises(Denied, match="at most 2,000 things"):
        scanning.listed(actor.school_id, f"{first.tag}\n" * 2001)
