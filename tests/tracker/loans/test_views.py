"""The loans desk through its pages, on both databases."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from tests.cast import Site, hidden
from tests.tracker.loans.desk import HOME, Desk, desk, form
from tracker.db import db
from tracker.inventory.models import Asset
from tracker.loans import service
from tracker.loans.models import Loan
from tracker.people import service as people


@pytest.fixture
def made(site: Site) -> Desk:
    return desk(site.actor("tess"))


def due(days: int = 30) -> str:
    return (service.today() + timedelta(days=days)).isoformat()


def sign(client: FlaskClient, told: dict[str, str], **more: str) -> tuple[int, str]:
    """Sign a loan; the status, and the page or where it leads."""
    page = client.get("/loans/sign", query_string=told).get_data(as_text=True)
    sent = {**told, "text_sha256": hidden(page, "text_sha256"), "signatory": "Ann Example", "agreed": "y", **more}
    answer = client.post("/loans/sign", data=sent)
    return answer.status_code, answer.location or answer.get_data(as_text=True)


def test_a_loan_is_signed_listed_extended_and_taken_back(site: Site, made: Desk) -> None:
    assets = [made.laptop(*HOME), made.laptop(*HOME)]
    ids, tags = [one.id for one in assets], [one.tag for one in assets]
    told = form(made.ann.id, *assets, due=due())
    tess = site.client("tess")
    status, where = sign(tess, told, **{f"accessories-{ids[0]}": "Charger and bag"})
    assert status == 302, where
    page = tess.get(where).get_data(as_text=True)
    for words in ("Ann Example", "Charger and bag", "Planning", "Out"):
        assert words in page
    assert "Loan 1" in tess.get(f"/assets/{ids[0]}").get_data(as_text=True)
    assert "Charger and bag" in tess.get("/loans/off-site").get_data(as_text=True)
    assert "Dell Latitude,Ann Example" in tess.get("/loans/off-site.csv").get_data(as_text=True)
    extend = tess.get(f"{where}/extend").get_data(as_text=True)
    answer = tess.post(f"{where}/extend", data={"version": hidden(extend, "version"), "due_on": due(60)})
    assert answer.status_code == 302
    items = "\n".join(tag.lower() for tag in tags)
    page = tess.get("/loans/receive", query_string={"items": items}).get_data(as_text=True)
    assert "On loan to Ann Example, with Charger and bag" in page
    back = {"items": items, "signatory": "Ann Example", "drawn": "", f"condition-{ids[0]}": "as_lent"}
    answer = tess.post("/loans/receive", data={**back, f"condition-{ids[1]}": "damaged", f"note-{ids[1]}": ""})
    assert answer.status_code == 422
    assert "say what is damaged" in answer.get_data(as_text=True)
    answer = tess.post(
        "/loans/receive",
        data={**back, f"condition-{ids[1]}": "damaged", f"note-{ids[1]}": "Cracked"},
        follow_redirects=True,
    )
    page = answer.get_data(as_text=True)
    assert "2 things came back." in page
    assert "Damaged:" in page
    assert "Returned" in tess.get("/loans?state=returned").get_data(as_text=True)


def test_what_keeps_a_thing_here_is_said_before_the_signature(site: Site, made: Desk) -> None:
    told = form(made.ann.id, made.laptop(), due=due(), items="")
    asset = made.laptop()
    page = site.client("tess").get("/loans/sign", query_string={**told, "items": f"{asset.tag}\nNOTHING"})
    words = page.get_data(as_text=True)
    for reason in ("Print its label first", "encrypted", "virus protection", "NOTHING: leads to no thing"):
        assert reason in words
    assert "Sign and hand out" not in words


@pytest.mark.parametrize(
    "wrong", [{"person": ""}, {"person": "x"}, {"items": ""}, {"due_on": "soon"}, {"due_on": ""}, {"purpose": "\x1b"}]
)
def test_a_first_page_that_is_not_whole_comes_back(site: Site, made: Desk, wrong: dict[str, str]) -> None:
    told = {**form(made.ann.id, made.laptop(*HOME), due=due()), **wrong}
    answer = site.client("tess").get("/loans/sign", query_string=told)
    assert answer.status_code == 422 or "This cannot be lent yet" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"agreed": ""}, {"signatory": ""}, {"text_sha256": "0" * 64}, {"drawn": "x"}, {"due_on": "2020-01-01"},
        {"items": "NOTHING"}, {"person": "x"},
    ],
)  # fmt: skip
def test_a_signature_that_is_not_whole_lends_nothing(site: Site, made: Desk, wrong: dict[str, str]) -> None:
    told = form(made.ann.id, made.laptop(*HOME), due=due())
    tess = site.client("tess")
    page = tess.get("/loans/sign", query_string=told).get_data(as_text=True)
    sent = {**told, "text_sha256": hidden(page, "text_sha256"), "signatory": "Ann Example", "agreed": "y", **wrong}
    answer = tess.post("/loans/sign", data={name: value for name, value in sent.items() if value})
    assert answer.status_code == 422
    assert db.session.query(Loan).count() == 0


def test_a_condition_that_is_none_of_ours_is_never_taken_for_as_lent(site: Site, made: Desk) -> None:
    asset = made.laptop(*HOME)
    tag, asset_id = asset.tag, asset.id
    tess = site.client("tess")
    assert sign(tess, form(made.ann.id, asset, due=due()))[0] == 302
    for condition in ("", "perfect"):
        told = {"items": tag, "signatory": "", f"condition-{asset_id}": condition}
        assert tess.post("/loans/receive", data=told).status_code == 422
    assert db.session.get(Asset, (site.school_id(), asset_id)).state == "on_loan"  # type: ignore[union-attr]


def test_a_borrower_is_suspended_and_may_borrow_again(site: Site, made: Desk) -> None:
    tess, address = site.client("tess"), f"/loans/borrowers/{made.ann.id}"
    person = f"/people/{made.ann.id}"
    assert tess.post(f"{address}/suspend", data={"reason": ""}).status_code == 422
    assert tess.post(f"{address}/suspend", data={"reason": "Two laptops overdue"}).status_code == 302
    assert "Two laptops overdue" in tess.get(person).get_data(as_text=True)
    assert tess.post(f"{address}/lift").status_code == 302
    assert tess.post(f"{address}/lift").status_code == 409
    assert "Two laptops overdue" not in tess.get(person).get_data(as_text=True).partition("History")[0]


@pytest.mark.parametrize("query", ["state=x", "page=x", "page=999999", "q=%1b", "state=overdue", "state=all&q=ann"])
def test_a_strange_address_still_gives_a_list(site: Site, made: Desk, query: str) -> None:
    assert site.client("gwen").get(f"/loans?{query}").status_code == 200


def test_readers_read_and_do_not_lend(site: Site, made: Desk) -> None:
    hana = site.client("hana")
    assert hana.get("/loans").status_code == 200
    assert hana.get("/loans/new").status_code == 403
    assert hana.post("/loans/sign", data={}).status_code == 403
    assert site.client("stan").get("/loans").status_code == 403


def test_a_double_return_and_a_thing_never_lent_are_answered_on_the_page(site: Site, made: Desk) -> None:
    lent, other = made.laptop(*HOME), made.laptop(*HOME)
    things = [(one.tag, one.id) for one in (lent, other)]
    tess = site.client("tess")
    assert sign(tess, form(made.ann.id, lent, due=due()))[0] == 302

    def back(tag: str, asset_id: UUID) -> tuple[int, str]:
        told = {"items": tag, "signatory": "", f"condition-{asset_id}": "as_lent"}
        answer = tess.post("/loans/receive", data=told)
        return answer.status_code, answer.get_data(as_text=True)

    assert back(*things[0])[0] == 302
    for thing in things:
        status, page = back(*thing)
        assert (status, "it is not on loan. Nothing was changed for it." in page) == (422, True)


def test_the_second_of_two_desks_a_past_day_and_a_leaver_are_answered_on_the_page(site: Site, made: Desk) -> None:
    asset, other = made.laptop(*HOME), made.laptop(*HOME)
    told, past = form(made.ann.id, asset, due=due()), form(made.ann.id, other, due=due(-1))
    leaver, person_id = form(made.ann.id, other, due=due()), made.ann.id
    tess, beth = site.client("tess"), site.client("beth")
    page = beth.get("/loans/sign", query_string=told).get_data(as_text=True)
    sent = {"text_sha256": hidden(page, "text_sha256"), "signatory": "Ann Example", "agreed": "y"}
    assert sign(tess, told)[0] == 302
    answer = beth.post("/loans/sign", data={**told, **sent})
    assert (answer.status_code, "Only what is in store can be lent." in answer.get_data(as_text=True)) == (422, True)
    answer = beth.post("/loans/sign", data={**past, **sent})
    assert (answer.status_code, "The due date is in the past." in answer.get_data(as_text=True)) == (422, True)
    person = people.get_person(site.school_id(), person_id)
    person.left_on = service.today() - timedelta(days=1)
    db.session.commit()
    answer = beth.post("/loans/sign", data={**leaver, **sent})
    page = answer.get_data(as_text=True)  # who left is offered no more; the rule beneath has its own sentence
    assert (answer.status_code, "Choose one from the list." in page) == (422, True)
    assert "Ann Example</option>" not in page
    assert db.session.query(Loan).count() == 1
