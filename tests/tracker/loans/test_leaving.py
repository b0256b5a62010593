"""The sweep when somebody leaves: one list, settled line by line, signed off and printed; on both databases."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from tests.cast import OUTSIDER, Site, body, hidden
from tests.tracker.loans.desk import HOME, Desk, desk
from tracker.accounts import service as accounts
from tracker.db import db
from tracker.inventory import kinds
from tracker.inventory import service as inventory
from tracker.inventory.details import AssetDetails
from tracker.inventory.rules import CheckKind
from tracker.loans import leaving, leaving_rules, service
from tracker.loans.models import LeavingMark
from tracker.loans.rules import LoanDetails
from tracker.loans.service import Back, Lent, Signed
from tracker.people import links
from tracker.people import service as people
from tracker.people.models import Person
from tracker.values import Conflict, Denied, NotFound, Role


@pytest.fixture
def made(site: Site) -> Desk:
    return desk(site.actor("tess"))


def settle(made: Desk, person: Person) -> None:
    for line in leaving.lines_of(person.school_id):
        leaving.mark(made.actor, person.id, line, done=True)


def test_somebody_leaves_when_nothing_is_open_any_more(site: Site, made: Desk) -> None:
    stan, head, today = site.actor("stan"), site.actor("hana"), service.today()
    made = desk(site.actor("tess"))
    person = links.person_for_user(stan)
    item, asset = made.lent(person), made.laptop(*HOME)
    details = inventory.details_of(asset)
    told = type(details)(**{**vars(details), "responsible_id": person.id})
    inventory.edit(made.actor, asset.id, told, version=asset.version)
    with pytest.raises(Denied) as denied:
        leaving.sign_off(made.actor, person.id, today, today)
    assert {blocker.code for blocker in denied.value.blockers} == {"loans", "assets", "account", "lines"}
    service.take_back(made.actor, [Back(item.asset_id)], Signed(""))
    told = type(details)(**{**vars(inventory.details_of(asset)), "responsible_id": None})
    inventory.edit(made.actor, asset.id, told, version=asset.version)
    accounts.set_active(head, stan.id or uuid4(), active=False, why="Leaves the school")
    with pytest.raises(Denied) as denied:
        leaving.sign_off(made.actor, person.id, today, today)
    assert {blocker.code for blocker in denied.value.blockers} == {"lines"}
    settle(made, person)
    signed = leaving.sign_off(made.actor, person.id, today, today)
    assert people.get_person(person.school_id, person.id).left_on == today
    assert [one["line"] for one in signed.settled] == list(leaving_rules.USUAL)
    assert {one["by"] for one in signed.settled} == {"Tess Technician"}
    with pytest.raises(Denied, match="Only the technician or the bursar"):
        leaving.sign_off(head, person.id, today, today)


def test_loans_keys_tokens_licences_and_the_account_are_one_page(site: Site, made: Desk) -> None:
    key = next(one.id for one in kinds.kinds(made.actor.school_id) if one.name == "Key or access card")
    thing = inventory.register(made.actor, AssetDetails(key, make="Abloy", serial="K-17"))
    made.checked(thing, CheckKind.IDENTIFICATION)
    inside = LoanDetails(service.today(), off_site=False)
    service.lend(made.actor, made.ann.id, [Lent(thing.id)], inside, made.signed())
    item = made.lent(made.ann)
    label, person_id, tess = item.label, made.ann.id, site.client("tess")
    address = f"/loans/leavers/{person_id}"
    page = body(tess.get(address))
    for words in (label, "Key or access card Abloy", *leaving_rules.USUAL, "None that is open."):
        assert words.replace("'", "&#39;") in page
    answer = tess.post(address, data={"last_day": service.today().isoformat()})
    assert answer.status_code == 422
    assert f"Still on loan: {label}" in body(answer)
    assert "Not settled yet: Licences and accounts" in body(answer)
    assert tess.post(address, data={"last_day": "x"}).status_code == 422
    assert tess.get(f"/loans/leavers/{uuid4()}").status_code == 404


def test_each_line_is_settled_with_a_name_and_a_date_and_the_page_is_signed_off(site: Site, made: Desk) -> None:
    item, person_id = made.lent(made.ann), made.ann.id
    label, back = item.label, Back(item.asset_id)
    service.take_back(made.actor, [back], Signed(""))
    tess, beth = site.client("tess"), site.client("beth")
    address = f"/loans/leavers/{person_id}"
    for number, line in enumerate(leaving_rules.USUAL):
        told = {"line": line, "done": "1", "note": "Key 17 of the hall" if number == 1 else ""}
        assert (tess if number % 2 else beth).post(f"{address}/mark", data=told).status_code == 302
    page = body(tess.get(address))
    for words in ("Key 17 of the hall", "Tess Technician", "Beth Bursar", "Nothing is open", f"{label}, taken back by"):
        assert words in page
    assert tess.post(f"{address}/mark", data={"line": leaving_rules.USUAL[0], "done": "0"}).status_code == 302
    assert "not settled after all" in body(tess.get(address))
    assert len(list(db.session.scalars(select(LeavingMark)))) == 5
    beth.post(f"{address}/mark", data={"line": leaving_rules.USUAL[0], "done": "1"})
    answer = beth.post(address, data={"last_day": service.today().isoformat()}, follow_redirects=True)
    assert "by Beth Bursar on" in body(answer)
    assert "Signed off" in body(answer)
    assert "Their leaving was signed off" in body(tess.get(f"/people/{person_id}"))


def test_a_school_asks_what_it_wants_of_leavers(site: Site, made: Desk) -> None:
    person_id, tess = made.ann.id, site.client("tess")
    page = body(tess.get("/loans/leavers/list"))
    version = hidden(page, "version")
    assert version == "0"
    told = {"version": version, "lines": "Adobe licence\r\n\r\n  Alarm   code \r\nadobe licence"}
    assert tess.post("/loans/leavers/list", data=told).status_code == 302
    page = body(tess.get(f"/loans/leavers/{person_id}"))
    assert "Alarm code" in page
    assert "adobe licence" in page
    assert leaving_rules.USUAL[0] not in page
    answer = tess.post("/loans/leavers/list", data=told)
    assert answer.status_code == 422
    assert "after you opened this form" in body(answer)
    assert tess.post("/loans/leavers/list", data={**told, "version": "1"}).status_code == 302


@pytest.mark.parametrize(
    "lines", ["", " \n ", "x" * 121, "\n".join(f"Line {n}" for n in range(31)), "a\x1bb", "a\u202eb"]
)
def test_a_faulty_list_is_refused(site: Site, lines: str) -> None:
    answer = site.client("tess").post("/loans/leavers/list", data={"version": "0", "lines": lines})
    assert answer.status_code == 422
    assert leaving.lines_of(site.school_id()) == list(leaving_rules.USUAL)


def test_a_line_that_is_not_in_the_list_is_not_marked(site: Site, made: Desk) -> None:
    person_id = made.ann.id
    answer = site.client("tess").post(f"/loans/leavers/{person_id}/mark", data={"line": "All is well", "done": "1"})
    assert answer.status_code == 409
    with pytest.raises(Denied, match="longer than 200"):
        leaving.mark(made.actor, person_id, leaving_rules.USUAL[0], done=True, note="x" * 201)
    assert db.session.scalar(select(LeavingMark.id)) is None


def test_two_who_write_the_list_at_once_are_told(site: Site) -> None:
    actor = site.actor("tess")
    leaving.set_lines(actor, "Alarm code", version=0)
    with pytest.raises(Conflict):
        leaving.set_lines(actor, "Adobe licence", version=0)


def test_the_list_of_one_school_is_not_that_of_another(site: Site, made: Desk) -> None:
    person_id = made.ann.id
    leaving.set_lines(made.actor, "Alarm code", version=0)
    db.session.commit()
    otto = site.actor(OUTSIDER)
    assert leaving.lines_of(otto.school_id) == list(leaving_rules.USUAL)
    with pytest.raises(NotFound):
        leaving.mark(otto, person_id, leaving_rules.USUAL[0], done=True)


@pytest.mark.parametrize("role", [*Role, None])
def test_technician_and_bursar_settle_and_nobody_else(role: Role | None) -> None:
    allowed = role in (Role.TECHNICIAN, Role.BURSAR)
    assert leaving_rules.may_set(["Alarm code"], role).allowed is allowed
    assert leaving_rules.may_mark("Alarm code", ["Alarm code"], "", role).allowed is allowed
