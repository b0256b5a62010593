"""Quick mode: loans for the day, and a trolley that comes back. On both databases."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from tests.cast import Site, body, counted
from tests.tracker.loans.desk import HOME, Desk, desk
from tests.tracker.loans.test_links import home
from tracker.db import db
from tracker.inventory import kinds
from tracker.inventory import service as inventory
from tracker.inventory.details import AssetDetails
from tracker.inventory.models import Asset
from tracker.inventory.rules import CheckKind
from tracker.loans import day, papers, service, trolley
from tracker.loans.models import Loan
from tracker.loans.rules import LoanDetails, Means
from tracker.loans.service import Lent
from tracker.media import service as media
from tracker.media.service import MediumDetails
from tracker.people import service as people
from tracker.people.rules import PersonDetails
from tracker.values import Denied, NotFound
from wipe.vocabulary import Medium as MediumKind


@pytest.fixture
def made(site: Site) -> Desk:
    return desk(site.actor("tess"))


def camera(made: Desk, *ready: CheckKind) -> Asset:
    kind = next(one.id for one in kinds.kinds(made.actor.school_id) if one.name == "Camera")
    asset = inventory.register(made.actor, AssetDetails(kind, make="Canon", serial=f"C{uuid4().hex[:8]}"))
    card = MediumDetails(MediumKind.SD, serial=f"S{uuid4().hex[:8]}", asset_id=asset.id)
    media.add_medium(made.actor, card)
    for one in ready or (CheckKind.IDENTIFICATION,):
        made.checked(asset, one)
    return asset


def lent(made: Desk, count: int) -> Loan:
    things = [Lent(made.laptop(*HOME).id, "Charger") for _ in range(count)]
    return service.lend(made.actor, made.ann.id, things, home(), made.signed())


def test_a_camera_is_lent_for_the_day_with_two_scans(site: Site, made: Desk) -> None:
    asset = camera(made)
    asset_id, tag = asset.id, asset.tag
    tess = site.client("tess")
    assert "Lend for the day" in body(tess.get("/loans"))
    answer = tess.post("/loans/day", data={"items": tag, "who": "ann example"}, follow_redirects=True)
    assert "Loan 1: 1 thing until this evening, Ann Example." in body(answer)
    loan = db.session.scalars(select(Loan)).one()
    assert (loan.due_on, loan.signatory, loan.means) == (service.today(), "", Means.NONE)
    assert "Not signed" in body(tess.get(f"/loans/{loan.id}"))
    assert inventory.get_asset(loan.school_id, asset_id).state == "on_loan"
    assert papers.papers_of(loan.school_id, loan.id) == []
    papers.issue(made.actor, loan.id, site.app.extensions["caretaker"])  # whoever wants one can have it


def test_every_other_gate_holds_for_the_day_too(made: Desk) -> None:
    asset = camera(made)
    with pytest.raises(Denied, match="say what for"):
        day.lend(made.actor, "Ann Example", [asset.id], off_site=True, purpose="")
    with pytest.raises(Denied, match="encrypted"):
        day.lend(made.actor, "Ann Example", [asset.id], off_site=True, purpose="Trip")
    service.suspend(made.actor, made.ann.id, "Two cameras overdue")
    with pytest.raises(Denied, match="may not borrow for now"):
        day.lend(made.actor, "Ann Example", [asset.id], off_site=False, purpose="")
    service.lift(made.actor, made.ann.id)
    day.lend(made.actor, "Ann Example", [asset.id], off_site=False, purpose="")
    with pytest.raises(Denied, match="It is on loan"):
        day.lend(made.actor, "Ann Example", [asset.id], off_site=False, purpose="")


def test_what_needs_a_signature_or_stays_longer_is_no_loan_for_the_day(site: Site, made: Desk) -> None:
    laptop, asset = made.laptop(*HOME), camera(made)
    with pytest.raises(Denied, match="a laptop is lent with a signature"):
        day.lend(made.actor, "Ann Example", [asset.id, laptop.id], off_site=False, purpose="")
    tomorrow = LoanDetails(service.today() + timedelta(days=1), off_site=False)
    with pytest.raises(Denied, match="ends on the day on which it begins"):
        service.lend(made.actor, made.ann.id, [Lent(asset.id)], tomorrow, None)
    answer = site.client("tess").post("/loans/day", data={"items": f"{laptop.tag}\nNOTHING", "who": "Ann"})
    assert answer.status_code == 422
    assert "leads to no thing" in body(answer)
    assert db.session.scalar(select(Loan)) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Bob", "Bob Borrower"),
        ("bob BORROWER", "Bob Borrower"),
        ("4711", "Ann Other"),
        ("ann@other.example", "Ann Other"),
        ("Ann", "2 people fit"),
        ("Nobody", "Nobody here is called"),
        (" ", "Scan or type who borrows"),
        ("%", "Nobody here is called"),
    ],
)
def test_a_text_means_one_person_or_says_why_not(made: Desk, text: str, name: str) -> None:
    people.add_person(made.actor, PersonDetails("Bob Borrower"))
    people.add_person(made.actor, PersonDetails("Ann Other", email="ann@other.example", reference="4711"))
    try:
        found = day.who(made.actor.school_id, text).name
    except Denied as denied:
        found = denied.blockers[0].message
    assert found.startswith(name)


def test_a_trolley_of_thirty_comes_back_with_thirty_scans(site: Site, made: Desk) -> None:
    loan = lent(made, 30)
    loan_id = loan.id
    tags = [inventory.get_asset(loan.school_id, one.asset_id).tag for one in service.items_of(loan.school_id, loan_id)]
    tess = site.client("tess")
    shown = tess.post("/loans/trolley/batch", json={"codes": tags}).get_json()["results"]
    assert {one["outcome"] for one in shown} == {"found"}
    assert "Comes back" in shown[0]["html"]
    assert "Loan 1, Ann Example. Look for: Charger" in shown[0]["said"]
    answer = tess.post("/loans/trolley", data={"codes": "\n".join(tags)}, follow_redirects=True)
    assert "30 things came back, all in order." in body(answer)
    assert "data-done" in body(answer)
    assert "data-done" not in body(tess.get("/loans/trolley"))
    items = service.items_of(made.actor.school_id, loan_id)
    assert {(one.condition_in, one.returned_by) for one in items} == {("as_lent", "")}
    assert service.get_loan(made.actor.school_id, loan_id).open_items == 0
    answer = tess.post("/loans/trolley", data={"codes": "\n".join(tags)})
    assert answer.status_code == 422
    assert "Nothing comes back." in body(answer)
    assert "never lent, or back already" in body(answer)


def test_what_does_not_belong_is_left_out_and_told(site: Site, made: Desk) -> None:
    first, second = lent(made, 2), lent(made, 1)
    first_id, second_id = first.id, second.id
    tag = {
        one.id: inventory.get_asset(one.school_id, one.asset_id).tag
        for loan in (first_id, second_id)
        for one in service.items_of(made.actor.school_id, loan)
    }
    own = [tag[one.id] for one in service.items_of(made.actor.school_id, first_id)]
    (other,) = [tag[one.id] for one in service.items_of(made.actor.school_id, second_id)]
    never = made.laptop(*HOME).tag
    codes = [own[0], own[0].lower(), other, never, "NOTHING", own[1]]
    tess = site.client("tess")
    shown = tess.post(f"/loans/trolley/batch?loan={first_id}", json={"codes": codes}).get_json()["results"]
    assert [one["outcome"] for one in shown] == ["found", "found", "warning", "unknown", "unknown", "found"]
    assert shown[0]["key"] == shown[1]["key"]  # a second scan of one thing is counted, not taken twice
    assert "It belongs to another loan: Loan 2, Ann Example" in shown[2]["said"]
    assert "never lent, or back already" in shown[3]["said"]
    answer = tess.post(f"/loans/trolley?loan={first_id}", data={"codes": "\n".join(codes)}, follow_redirects=True)
    page = body(answer)
    assert "2 things came back, all in order." in page
    assert page.count("Left out:") == 3
    assert service.get_loan(made.actor.school_id, second_id).open_items == 1
    answer = tess.post("/loans/trolley", data={"codes": other}, follow_redirects=True)
    assert "1 thing came back, all in order." in body(answer)


def test_a_list_of_scans_asks_as_often_however_long(made: Desk) -> None:
    few, many = lent(made, 2), [lent(made, 1) for _ in range(8)]
    school_id = made.actor.school_id

    def asked(*loans: Loan) -> int:
        ids = [one.asset_id for loan in loans for one in service.items_of(school_id, loan.id)]
        tags = [inventory.get_asset(school_id, one).tag for one in ids]
        with counted() as seen:
            trolley.look(school_id, tags)
        return len(seen)

    assert asked(few) == asked(*many)


@pytest.mark.parametrize("sent", [None, [], {}, {"codes": "x"}, {"codes": [1]}, {"codes": ["x"] * 51}])
def test_scans_that_are_none_are_refused(site: Site, made: Desk, sent: object) -> None:
    assert site.client("tess").post("/loans/trolley/batch", json=sent).status_code in (400, 422)


def test_the_trolley_of_another_school_is_not_found(site: Site, made: Desk) -> None:
    loan_id = lent(made, 1).id
    db.session.commit()
    assert site.client("otto").get(f"/loans/trolley?loan={loan_id}").status_code == 404
    assert site.client("tess").get("/loans/trolley?loan=x").status_code == 200
    otto = site.actor("otto")
    with pytest.raises(NotFound):
        service.get_loan(otto.school_id, loan_id)
    with pytest.raises(Denied, match="2,000 scans"):
        trolley.take_back(otto, ["x"] * 2001)
