"""Maintenance through its pages and services, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.cast import Site, version_of
from tests.together import together
from tests.tracker.loans.desk import HOME, Desk, desk
from tracker.db import db
from tracker.inventory import lifecycle, places
from tracker.inventory import service as inventory
from tracker.inventory.kinds import kinds
from tracker.inventory.models import Asset
from tracker.inventory.rules import AssetState
from tracker.maintenance import service
from tracker.maintenance.models import MaintenancePlan
from tracker.maintenance.rules import Due, PlanDetails, ResultDetails
from tracker.values import Denied, NotFound


@pytest.fixture
def made(site: Site) -> Desk:
    return desk(site.actor("tess"))


def planned(made: Desk, name: str = "PAT", months: int = 24) -> MaintenancePlan:
    kind = next(one.id for one in kinds(made.actor.school_id) if one.name == "Laptop")
    return service.add_plan(made.actor, kind, PlanDetails(name, months))


def result(passed: bool = True, days_ago: int = 0, note: str = "") -> ResultDetails:
    day = service.today() - timedelta(days=days_ago)
    return ResultDetails(passed, day, "Sparks Ltd", note or ("" if passed else "The plug is cracked"))


def in_use(made: Desk) -> Asset:
    asset = made.laptop(*HOME)
    place = places.choices(made.actor.school_id)[0][0]
    inventory.move(made.actor, asset.id, place, version=asset.version)
    lifecycle.change_state(made.actor, asset.id, AssetState.IN_USE, version=asset.version)
    return asset


def test_a_fail_takes_the_thing_out_of_use_until_it_passes(made: Desk) -> None:
    asset, plan, other = in_use(made), planned(made), planned(made, "Supplier check", 12)
    service.record_results(made.actor, plan.id, [asset.id], result(passed=False))
    service.record_results(made.actor, other.id, [asset.id], result(passed=False))
    assert asset.state == "in_store"
    for last, passes in ((plan, False), (other, True)):
        with pytest.raises(Denied, match="may not be used before it passes again"):
            lifecycle.change_state(made.actor, asset.id, AssetState.IN_USE, version=asset.version)
        service.record_results(made.actor, last.id, [asset.id], result())
        assert (asset.unsafe == "") is passes
    lifecycle.change_state(made.actor, asset.id, AssetState.IN_USE, version=asset.version)


def test_what_is_due_stands_first_and_what_is_in_order_is_left_out(made: Desk) -> None:
    plan = planned(made)
    never, old, good, failed = (made.laptop() for _ in range(4))
    service.record_results(made.actor, plan.id, [old.id], result(days_ago=1000))
    service.record_results(made.actor, plan.id, [good.id, failed.id], result(days_ago=10))
    service.record_results(made.actor, plan.id, [failed.id], result(passed=False))
    rows, total = service.listed(plan, only_due=True, page=1)
    assert [(row.asset_id, row.due) for row in rows] == [
        (never.id, Due.NEVER),
        (failed.id, Due.FAILED),
        (old.id, Due.OVERDUE),
    ]
    assert total == 3
    assert service.listed(plan, only_due=False, page=1)[1] == 4
    (row,) = service.plans(made.actor.school_id)
    assert (row.things, row.due) == (4, 3)


def test_a_thing_of_another_kind_is_named_and_nothing_is_kept(made: Desk) -> None:
    plan, laptop = planned(made), made.laptop()
    kind = next(one.id for one in kinds(made.actor.school_id) if one.name == "Monitor")
    monitor = inventory.register(made.actor, inventory.AssetDetails(kind, serial="M1"))
    with pytest.raises(Denied, match=f"{monitor.tag[:4]}-{monitor.tag[4:]}: this plan is not for it"):
        service.record_results(made.actor, plan.id, [laptop.id, monitor.id], result())
    assert service.listed(plan, only_due=True, page=1)[0][0].due is Due.NEVER


def test_another_schools_plan_and_thing_are_not_found(site: Site, made: Desk) -> None:
    plan, asset = planned(made), made.laptop()
    db.session.commit()
    otto = site.actor("otto")
    with pytest.raises(NotFound):
        service.get_plan(otto.school_id, plan.id)
    with pytest.raises(NotFound):
        service.record_results(otto, plan.id, [asset.id], result())


def test_a_plan_is_made_used_changed_and_retired_through_its_pages(site: Site, made: Desk) -> None:
    asset = made.laptop()
    tag, asset_id, kind_id = asset.tag, asset.id, asset.kind_id
    tess = site.client("tess")
    answer = tess.post("/maintenance/new", data={"kind_id": str(kind_id), "name": "PAT", "every_months": "24"})
    assert answer.status_code == 302, answer.get_data(as_text=True)
    address = answer.location
    assert "Never done" in tess.get(address).get_data(as_text=True)
    told = {"items": tag.lower(), "result": "passed", "done_on": service.today().isoformat(), "done_by": "Sparks Ltd"}
    answer = tess.post(f"{address}/record", data={**told, "items": f"{tag}\nNOTHING"})
    assert answer.status_code == 422
    assert "NOTHING: this leads to no thing" in answer.get_data(as_text=True)
    assert tess.post(f"{address}/record", data=told).status_code == 302
    assert "Nothing is due." in tess.get(address).get_data(as_text=True)
    assert "In order" in tess.get(f"{address}.csv?all=1").get_data(as_text=True)
    assert "PAT" in tess.get(f"/assets/{asset_id}").get_data(as_text=True)
    edit = {"name": "PAT", "every_months": "12", "retired": "y", "version": version_of(tess, f"{address}/edit")}
    assert tess.post(f"{address}/edit", data=edit).status_code == 302
    answer = tess.post(f"{address}/edit", data=edit)
    assert answer.status_code == 422
    assert "Tess Technician changed PAT" in answer.get_data(as_text=True)
    assert tess.post(f"{address}/record", data=told).status_code == 422


def test_a_wrong_result_is_replaced_and_stays_to_be_read(site: Site, made: Desk) -> None:
    asset, plan = in_use(made), planned(made)
    asset_id, plan_id = asset.id, plan.id
    service.record_results(made.actor, plan.id, [asset.id], result(passed=False))
    assert asset.unsafe
    (wrong,) = service.results(plan, asset.id)
    wrong_id = wrong.id
    tess = site.client("tess")
    address, results = f"/maintenance/results/{wrong_id}/correct", f"/maintenance/{plan_id}/things/{asset_id}"
    assert address in tess.get(results).get_data(as_text=True)
    day = (service.today() - timedelta(days=30)).isoformat()
    told = {"result": "passed", "done_on": day, "done_by": "Sparks Ltd", "note": ""}
    answer = tess.post(address, data=told)
    assert answer.status_code == 422
    assert "Say why the first result was a mistake." in answer.get_data(as_text=True)
    assert tess.post(address, data={**told, "note": "It was the charger of another one"}).status_code == 302
    assert db.session.scalar(select(Asset.unsafe).where(Asset.id == asset_id)) == ""
    page = tess.get(results).get_data(as_text=True)
    for words in ("A mistake: replaced", "Failed", "Passed", "It was the charger of another one"):
        assert words in page
    assert page.count("/correct") == 1
    row = service.everything(service.get_plan(site.school_id(), plan_id), only_due=False)[0]
    assert row.last_on is not None
    assert row.last_on.isoformat() == day  # though the mistake has the later day
    answer = tess.post(address, data={**told, "note": "Once more"})
    assert "This result was replaced already." in answer.get_data(as_text=True)


def test_what_was_written_down_for_another_thing_counts_as_nothing(made: Desk) -> None:
    asset, plan = in_use(made), planned(made)
    service.record_results(made.actor, plan.id, [asset.id], result(passed=False, days_ago=3))
    service.record_results(made.actor, plan.id, [asset.id], result())
    assert not asset.unsafe
    why = ResultDetails(True, service.today(), "Sparks Ltd", "It was the one beside it")
    service.correct(made.actor, service.results(plan, asset.id)[0].id, why, nothing_done=True)
    assert asset.unsafe  # the fail of three days ago counts again
    assert service.everything(plan, only_due=True)[0].due is Due.FAILED
    failed = service.results(plan, asset.id)[-1]
    service.correct(made.actor, failed.id, why, nothing_done=True)
    assert not asset.unsafe
    assert service.everything(plan, only_due=True)[0].due is Due.NEVER
    assert len(service.results(plan, asset.id)) == 4


def test_two_who_correct_the_same_result_at_once_replace_it_once(site: Site, made: Desk) -> None:
    asset, plan = made.laptop(), planned(made)
    service.record_results(made.actor, plan.id, [asset.id], result())
    wrong_id, actor = service.results(plan, asset.id)[0].id, made.actor
    db.session.commit()
    why = ResultDetails(True, service.today(), "Sparks Ltd", "The wrong day")
    raised = together(site.app, [lambda: service.correct(actor, wrong_id, why)] * 3)
    assert [type(one) for one in raised] == [Denied, Denied]


def test_all_that_is_due_by_any_plan_is_one_list(site: Site, made: Desk) -> None:
    tag = made.laptop().tag
    planned(made)
    planned(made, "Charger check", 12)
    page = site.client("gwen").get("/maintenance/due").get_data(as_text=True)
    assert page.count(f"{tag[:4]}-{tag[4:]}") == 2
    assert "legal" not in page.lower()
    assert "Nothing is due." in site.client("otto").get("/maintenance/due").get_data(as_text=True)


def test_another_schools_result_is_not_found(site: Site, made: Desk) -> None:
    asset, plan = made.laptop(), planned(made)
    service.record_results(made.actor, plan.id, [asset.id], result())
    result_id, plan_id, asset_id = service.results(plan, asset.id)[0].id, plan.id, asset.id
    otto = site.client("otto")
    assert otto.get(f"/maintenance/results/{result_id}/correct").status_code == 404
    assert otto.get(f"/maintenance/{plan_id}/things/{asset_id}").status_code == 404
    assert site.client("gwen").get(f"/maintenance/results/{result_id}/correct").status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [{"kind_id": ""}, {"kind_id": "x"}, {"name": ""}, {"every_months": "x"}, {"every_months": "0"}, {"name": "PAT"}],
)
def test_a_bad_plan_writes_nothing(site: Site, made: Desk, wrong: dict[str, str]) -> None:
    kind_id = str(planned(made).kind_id)
    whole = {"kind_id": kind_id, "name": "Filter", "every_months": "6"}
    assert site.client("tess").post("/maintenance/new", data={**whole, **wrong}).status_code == 422
    assert len(service.plans(site.school_id())) == 1


def test_readers_read(site: Site, made: Desk) -> None:
    plan_id = planned(made).id
    gwen = site.client("gwen")
    assert gwen.get("/maintenance").status_code == 200
    assert gwen.get(f"/maintenance/{plan_id}?page=x&all=1").status_code == 200
    assert gwen.get("/maintenance/new").status_code == 403
    assert gwen.post(f"/maintenance/{plan_id}/record", data={}).status_code == 403
