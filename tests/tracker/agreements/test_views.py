"""The pages of agreements, on both databases; an account opens nothing before its person has signed."""

import pytest
from flask.testing import FlaskClient

from tests.cast import Site, hidden
from tracker.agreements import report, service
from tracker.agreements.models import Agreement
from tracker.people import service as people
from tracker.people.rules import PersonDetails

FORM = {
    "title": "Acceptable use",
    "kind": "acceptable_use",
    "audience": ["staff", "governor"],
    "owner": "Computing lead",
    "review_months": "12",
    "valid_months": "",
}
WORDS = "I use the school's equipment for school work.\n\nI lock my screen."


def text_of(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, f"{address}: {answer.status_code}"
    return answer.get_data(as_text=True)


def approved(site: Site) -> str:
    """An agreement that tess wrote and hana approved; its address."""
    tess, hana = site.client("tess"), site.client("hana")
    written = tess.post("/agreements/new", data=FORM)
    assert written.status_code == 302
    draft = written.location
    address = draft.removesuffix("/draft")
    answer = tess.post(draft, data={"text": WORDS, "version": hidden(text_of(tess, draft), "version")})
    assert answer.location == address
    approve = f"{address}/approve"
    page = text_of(hana, approve)
    answer = hana.post(
        approve,
        data={"version": hidden(page, "version"), "in_force_on": service.today().isoformat(), "sign_again": "y"},
    )
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return address


def sign(client: FlaskClient, address: str) -> int:
    page = text_of(client, f"{address}/sign")
    told = {"text_sha256": hidden(page, "text_sha256"), "signatory": "Stan Staff", "agreed": "y", "drawn": ""}
    return client.post(f"{address}/sign", data=told).status_code


def test_an_account_opens_only_the_text_until_it_is_signed(site: Site) -> None:
    stan = site.client("stan")
    assert stan.get("/").status_code == 200
    address = approved(site)
    for elsewhere in ("/", "/account"):
        assert stan.get(elsewhere).location == "/agreements/mine"
    page = text_of(stan, "/agreements/mine")
    assert "Please sign first" in page
    assert stan.post("/account/sign-out-everywhere").status_code == 403
    assert sign(stan, address) == 302
    assert stan.get("/").status_code == 200
    assert "Signed" in text_of(stan, "/agreements/mine")


def test_who_has_not_signed_is_listed_and_downloaded(site: Site) -> None:
    address = approved(site)
    beth = site.client("beth")
    assert sign(beth, address) == 302
    people.add_person(site.actor("tess"), PersonDetails("Ann Example", job="Class teacher"))
    page = text_of(beth, f"{address}/missing")
    assert "Ann Example" in page
    assert "Beth Bursar" not in page.partition('role="region"')[2]
    answer = beth.get(f"{address}/missing.csv")
    assert "Ann Example,Staff,Class teacher,,Not signed" in answer.get_data(as_text=True)


def test_a_paper_signature_is_recorded_and_shown_on_the_persons_page(site: Site) -> None:
    address = approved(site)
    beth = site.client("beth")
    sign(beth, address)
    ann = people.add_person(site.actor("tess"), PersonDetails("Ann Example"))
    person_id = str(ann.id)
    record = f"{address}/record?person={person_id}"
    page = text_of(beth, record)
    told = {
        "text_sha256": hidden(page, "text_sha256"), "signatory": "Ann Example", "agreed": "y", "person_id": person_id,
        "relation": "self", "means": "paper", "signed_on": service.today().isoformat(), "reference": "",
    }  # fmt: skip
    answer = beth.post(record, data=told)
    assert answer.status_code == 422
    assert "Say where the signed paper is kept" in answer.get_data(as_text=True)
    assert beth.post(record, data={**told, "reference": "Personnel file"}).status_code == 302
    page = text_of(beth, f"/people/{person_id}")
    assert "Acceptable use, version 1" in page
    (given,) = report.given(site.school_id(), ann.id)
    page = text_of(beth, f"/signatures/{given.signature.id}")
    assert "Personnel file" in page
    assert beth.get(f"/signatures/{given.signature.id}.png").status_code == 404
    answer = beth.post(f"/signatures/{given.signature.id}/withdraw", data={"reason": "no"})
    assert answer.status_code == 422
    answer = beth.post(f"/signatures/{given.signature.id}/withdraw", data={"reason": "Wrong person was chosen"})
    assert answer.status_code == 302
    assert "Counts no more" in text_of(beth, f"/signatures/{given.signature.id}")


def test_a_signature_needs_the_box_the_name_and_the_text_that_was_shown(site: Site) -> None:
    address = approved(site)
    stan = site.client("stan")
    page = text_of(stan, f"{address}/sign")
    whole = {"text_sha256": hidden(page, "text_sha256"), "signatory": "Stan Staff", "agreed": "y", "drawn": ""}
    for wrong in ({"agreed": ""}, {"signatory": ""}, {"text_sha256": ""}, {"text_sha256": "0" * 64}, {"drawn": "x"}):
        told = {name: value for name, value in {**whole, **wrong}.items() if value or name == "drawn"}
        answer = stan.post(f"{address}/sign", data=told)
        assert answer.status_code == 422, wrong
        assert "There is a problem" in answer.get_data(as_text=True)
    assert service.must_sign(site.actor("stan"))


def test_a_conflict_keeps_what_was_typed_and_says_who_was_faster(site: Site) -> None:
    tess, beth = site.client("tess"), site.client("beth")
    draft = tess.post("/agreements/new", data=FORM).location
    seen = hidden(text_of(tess, draft), "version")
    assert beth.post(draft, data={"text": "By the bursar", "version": seen}).status_code == 302
    answer = tess.post(draft, data={"text": "By the technician", "version": seen})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Beth Bursar changed Acceptable use" in page
    assert "By the technician" in page
    assert tess.post(draft, data={"text": "Both", "version": hidden(page, "version")}).status_code == 302


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""}, {"title": "x" * 121}, {"kind": "boss"}, {"audience": []}, {"audience": ["boss"]}, {"owner": ""},
        {"review_months": "x"}, {"review_months": "0"}, {"valid_months": "-1"}, {"valid_months": "99999999999999"},
    ],
)  # fmt: skip
def test_a_bad_form_writes_nothing(site: Site, wrong: dict[str, object]) -> None:
    answer = site.client("tess").post("/agreements/new", data={**FORM, **wrong})
    assert answer.status_code == 422
    assert service.agreements(site.school_id()) == []


def test_an_agreement_is_retired_and_asked_for_again(site: Site) -> None:
    address = approved(site)
    hana = site.client("hana")
    assert sign(hana, address) == 302
    for words in ("Nobody is asked to sign it any more.", "It is asked for again."):
        page = text_of(hana, f"{address}/retire")
        told = {"version": hidden(page, "version"), "reason": "The governors decided so"}
        answer = hana.post(f"{address}/retire", data=told, follow_redirects=True)
        assert words in answer.get_data(as_text=True)


def test_markup_is_only_text(site: Site) -> None:
    tess = site.client("tess")
    draft = tess.post("/agreements/new", data={**FORM, "title": "<b>x</b>"}).location
    tess.post(draft, data={"text": "<script>alert(1)</script>", "version": hidden(text_of(tess, draft), "version")})
    page = text_of(tess, draft.removesuffix("/draft"))
    assert "<script>alert" not in page
    assert "<b>x</b>" not in page


def titles(found: list[Agreement]) -> list[str]:
    return [one.title for one in found]


def test_the_same_title_is_not_given_twice(site: Site) -> None:
    tess = site.client("tess")
    assert tess.post("/agreements/new", data=FORM).status_code == 302
    assert tess.post("/agreements/new", data={**FORM, "title": " acceptable  USE "}).status_code == 422
    assert titles(service.agreements(site.school_id())) == ["Acceptable use"]
