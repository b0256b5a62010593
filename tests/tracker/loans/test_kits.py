"""Kits on both databases: put together, changed, lent and brought back as one; a thing in one kit at most."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.cast import OUTSIDER, Site, body, hidden, version_of
from tests.together import together
from tests.tracker.loans.desk import HOME, Desk, desk, form
from tracker.audit.service import history
from tracker.db import db
from tracker.loans import kits, kits_rules, service
from tracker.loans.kits import KitDetails
from tracker.values import Conflict, Denied, NotFound, Role

CAMERA = KitDetails("Camera kit", "Charger, card and bag")


@pytest.fixture
def made(site: Site) -> Desk:
    return desk(site.actor("tess"))


@pytest.fixture
def tess(site: Site) -> FlaskClient:
    return site.client("tess")


def codes(denied: pytest.ExceptionInfo[Denied]) -> set[str]:
    return {blocker.code for blocker in denied.value.blockers}


@pytest.mark.parametrize(
    ("details", "things", "code"),
    [
        (KitDetails(""), ["A"], "name"),
        (KitDetails("x" * 81), ["A"], "name"),
        (KitDetails("a\u202eb"), ["A"], "name"),
        (KitDetails("Kit", "x" * 201), ["A"], "accessories"),
        (CAMERA, [], "items"),
        (CAMERA, ["A"] * 2, "items"),
        (CAMERA, [str(one) for one in range(101)], "items"),
    ],
)
def test_what_is_no_kit(details: KitDetails, things: list[str], code: str) -> None:
    found = kits_rules.may_keep(details, things, {}, Role.BURSAR, taken=False)
    assert {one.code for one in found.blockers} == {code}


def test_who_may_put_kits_together() -> None:
    for role in (*Role, None):
        allowed = role in (Role.TECHNICIAN, Role.BURSAR)
        assert kits_rules.may_keep(CAMERA, ["A"], {}, role, taken=False).allowed is allowed


def test_a_kit_is_put_together_changed_and_retired(made: Desk) -> None:
    first, second, third = (made.laptop() for _ in range(3))
    kit = kits.add_kit(made.actor, CAMERA, [first.id, second.id])
    assert {one.id for one in kits.things_of(kit.school_id, kit.id)} == {first.id, second.id}
    version = kit.version
    kits.edit_kit(made.actor, kit.id, CAMERA, [second.id, third.id], version=version)
    assert kit.version > version  # a change of its things alone counts
    assert kits.kit_of(kit.school_id, first.id) is None
    with pytest.raises(Conflict):
        kits.edit_kit(made.actor, kit.id, CAMERA, [second.id], version=version)
    version = kit.version
    assert kits.edit_kit(made.actor, kit.id, CAMERA, [third.id, second.id], version=version).version == version
    kits.retire(made.actor, kit.id, version=kit.version)
    assert kits.kit_of(kit.school_id, second.id) is None
    assert kits.kits(kit.school_id) == []
    assert len(kits.kits(kit.school_id, retired=True)) == 1
    with pytest.raises(Denied) as denied:
        kits.edit_kit(made.actor, kit.id, CAMERA, [second.id], version=kit.version)
    assert codes(denied) == {"retired"}
    assert [one.kind for one in history(kit.school_id, "kit", kit.id)] == ["kit:changed", "kit:changed", "kit:created"]
    kits.add_kit(made.actor, CAMERA, [second.id])  # the name is free again, and so is the thing


def test_a_thing_is_in_one_kit_and_a_name_is_given_once(made: Desk) -> None:
    asset = made.laptop()
    kits.add_kit(made.actor, CAMERA, [asset.id])
    with pytest.raises(Denied) as denied:
        kits.add_kit(made.actor, KitDetails("camera KIT"), [asset.id])
    assert codes(denied) == {"name", "items"}
    assert "in the kit Camera kit already" in str(denied.value)
    nobody = replace(made.actor, role=Role.STAFF)
    with pytest.raises(Denied):
        kits.add_kit(nobody, KitDetails("Other"), [made.laptop().id])
    kit = kits.kit_of(made.actor.school_id, asset.id)
    assert kit is not None
    with pytest.raises(Denied):
        kits.retire(nobody, kit.id, version=kit.version)


def test_two_people_put_a_thing_into_two_kits_at_once(made: Desk, site: Site) -> None:
    asset_id = made.laptop().id
    db.session.commit()
    works = [lambda name=name: kits.add_kit(made.actor, KitDetails(name), [asset_id]) for name in ("One", "Two")]
    raised = together(site.app, works)
    assert [type(one) for one in raised] == [Denied]
    assert len(kits.kits(made.actor.school_id)) == 1


def test_another_schools_kit_and_things_do_not_exist(made: Desk, site: Site) -> None:
    asset = made.laptop()
    kit = kits.add_kit(made.actor, CAMERA, [asset.id])
    kit_id, asset_id, version = kit.id, asset.id, kit.version
    db.session.commit()
    otto = site.actor(OUTSIDER)
    for work in (
        lambda: kits.add_kit(otto, KitDetails("Theirs"), [asset_id]),
        lambda: kits.edit_kit(otto, kit_id, CAMERA, [], version=version),
        lambda: kits.retire(otto, kit_id, version=version),
        lambda: kits.get_kit(otto.school_id, kit_id),
    ):
        with pytest.raises(NotFound):
            work()


def test_a_kit_is_lent_as_one_with_what_goes_with_it_and_an_incomplete_return_is_told(
    made: Desk, tess: FlaskClient
) -> None:
    first, second = made.laptop(*HOME), made.laptop(*HOME)
    ids = sorted([first.id, second.id], key=lambda one: {first.id: first.tag, second.id: second.tag}[one])
    kit = kits.add_kit(made.actor, CAMERA, ids)
    address, tags = f"/loans/kits/{kit.id}", {first.id: first.tag, second.id: second.tag}
    due = (service.today() + timedelta(days=3)).isoformat()
    told = form(made.ann.id, first, second, due=due)
    assert "Lend it" in body(tess.get(address))
    part = body(tess.get("/loans/sign", query_string={**told, "items": tags[ids[0]]}))
    assert "Camera kit is not complete in this list, it lacks" in part
    page = body(tess.get("/loans/sign", query_string=told))
    assert "not complete in this list" not in page
    assert page.count('value="Charger, card and bag"') == 1  # once a kit
    sent = {**told, "text_sha256": hidden(page, "text_sha256"), "signatory": "Ann Example", "agreed": "y"}
    assert tess.post("/loans/sign", data=sent).status_code == 302
    assert "Not all of it is in store" in body(tess.get(address))
    page = body(tess.get("/loans/receive", query_string={"items": tags[ids[0]]}))
    assert "Camera kit is not complete, still out:" in page
    back = {"items": tags[ids[0]], "signatory": "Ann Example", "drawn": "", f"condition-{ids[0]}": "as_lent"}
    page = body(tess.post("/loans/receive", data=back, follow_redirects=True))
    assert "Camera kit is not complete, still out:" in page
    back = {**back, "items": tags[ids[1]], f"condition-{ids[1]}": "as_lent"}
    page = body(tess.post("/loans/receive", data=back, follow_redirects=True))
    assert "not complete" not in page
    assert "Complete" in body(tess.get(address))


def test_kits_through_their_pages(made: Desk, tess: FlaskClient, site: Site) -> None:
    first, second = made.laptop(), made.laptop()
    tags = f"{first.tag}\n{second.tag}"
    assert "There is no kit yet." in body(tess.get("/loans/kits"))
    told = {"name": "Trolley Year 4", "accessories": "Power lead", "items": tags}
    for wrong in ({**told, "name": ""}, {**told, "items": ""}, {**told, "items": f"{tags}\nNOTHING"}):
        assert tess.post("/loans/kits/new", data=wrong).status_code == 422
    answer = tess.post("/loans/kits/new", data=told)
    assert answer.status_code == 302
    where = answer.location
    page = body(tess.get("/loans/kits"))
    assert "Trolley Year 4" in page
    assert "Part of the kit" in body(tess.get(f"/assets/{first.id}"))
    version = version_of(tess, f"{where}/edit")
    answer = tess.post(f"{where}/edit", data={**told, "items": first.tag, "version": version})
    assert answer.status_code == 302
    assert tess.post(f"{where}/edit", data={**told, "version": version}).status_code == 422
    assert "Retire Trolley Year 4?" in body(tess.get(f"{where}/retire"))
    assert tess.post(f"{where}/retire", data={"version": "99"}).status_code == 422
    answer = tess.post(f"{where}/retire", data={"version": version_of(tess, f"{where}/retire")}, follow_redirects=True)
    assert "is retired" in body(answer)
    assert "Trolley Year 4" not in body(tess.get("/loans/kits"))
    assert "Retired" in body(tess.get("/loans/kits?retired=1"))
    assert site.client("hana").get("/loans/kits/new").status_code == 403
    assert site.client("stan").get("/loans/kits").status_code == 403
