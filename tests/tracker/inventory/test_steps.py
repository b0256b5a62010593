"""The same step for many: labelled together, put into use together, and none past its gates; on both databases."""

from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from tests.cast import Site, body, counted
from tests.tracker.inventory.conftest import Register
from tracker.db import db
from tracker.inventory import kinds, places, service, steps
from tracker.inventory.details import AssetDetails
from tracker.inventory.models import Asset
from tracker.inventory.rules import AssetState, CheckKind
from tracker.values import Actor, Denied, NotFound, utc_now


def ready(register: Register, count: int) -> list[Asset]:
    place = register.place(f"Room {len(register.events())}").id
    assets = [register.asset("Monitor", location_id=place) for _ in range(count)]
    for asset in assets:
        asset.label_printed_at = utc_now()
    db.session.flush()
    return assets


def states(assets: list[Asset]) -> list[str]:
    return [asset.state for asset in assets]


def test_many_go_together_with_an_event_each(register: Register) -> None:
    assets = ready(register, 3)
    before = len(register.events())
    taken = steps.take_together(register.actor, [one.id for one in assets], AssetState.IN_USE)
    assert (taken.number, taken.refused) == (3, ())
    assert states(assets) == ["in_use"] * 3
    told = register.events()[before:]
    assert {event.subject_id for event in told} == {one.id for one in assets}
    assert all(event.after == {"state": "in_use"} and event.before == {"state": "in_store"} for event in told)
    steps.take_together(register.actor, [one.id for one in assets], AssetState.IN_STORE)
    assert all(asset.use_ended_at is not None for asset in assets)


def test_where_one_may_not_none_does_unless_it_is_left_out(register: Register) -> None:
    assets = ready(register, 3)
    assets[1].label_printed_at = None
    db.session.flush()
    ids, before = [one.id for one in assets], len(register.events())
    taken = steps.take_together(register.actor, ids, AssetState.IN_USE)
    assert [(one.id, one.tag, [why.code for why in one.blockers]) for one in taken.refused] == [
        (assets[1].id, assets[1].tag, ["no_label"])
    ]
    assert (taken.number, len(register.events())) == (0, before)
    assert states(assets) == ["in_store"] * 3
    taken = steps.take_together(register.actor, ids, AssetState.IN_USE, leave_out=True)
    assert (taken.number, states(assets)) == (2, ["in_use", "in_store", "in_use"])


def test_back_from_repair_together_needs_the_outcome(register: Register) -> None:
    assets = ready(register, 2)
    for asset in assets:
        reason = "No picture any more."
        service.change_state(register.actor, asset.id, AssetState.IN_REPAIR, version=asset.version, reason=reason)
    ids = [one.id for one in assets]
    assert steps.take_together(register.actor, ids, AssetState.IN_STORE).number == 0
    taken = steps.take_together(register.actor, ids, AssetState.IN_STORE, reason="New cables for both.")
    assert (taken.number, states(assets)) == (2, ["in_store"] * 2)


@pytest.mark.parametrize("to", [state for state in AssetState if state not in steps.STEPS])
def test_what_harms_is_done_one_by_one(register: Register, to: AssetState) -> None:
    with pytest.raises(Denied):
        steps.take_together(register.actor, [one.id for one in ready(register, 1)], to, reason="All of them at once.")


def test_nothing_of_another_school_and_not_too_many(register: Register, other: Register) -> None:
    with pytest.raises(NotFound):
        steps.take_together(register.actor, [one.id for one in ready(other, 1)], AssetState.IN_USE)
    for ids in ([], [uuid4() for _ in range(steps.MOST + 1)]):
        with pytest.raises(Denied):
            steps.take_together(register.actor, ids, AssetState.IN_USE)


def test_what_is_asked_does_not_grow_with_the_number(register: Register) -> None:
    few, many = ([one.id for one in ready(register, count)] for count in (2, 10))
    db.session.commit()
    with counted() as small:
        steps.take_together(register.actor, few, AssetState.IN_USE)
    with counted() as large:
        steps.take_together(register.actor, many, AssetState.IN_USE)
    assert sum(one.startswith("SELECT") for one in large) <= sum(one.startswith("SELECT") for one in small)


def make(actor: Actor, count: int) -> list[Asset]:
    kind = next(one.id for one in kinds.kinds(actor.school_id) if one.name == "Monitor")
    place = places.choices(actor.school_id)[0][0]
    made = [
        service.register(actor, AssetDetails(kind, serial=f"M{number}", name=f"Screen {number}", location_id=place))
        for number in range(count)
    ]
    db.session.commit()
    return made


def test_what_cannot_go_is_told_with_its_reasons_and_left_out(tess: FlaskClient, actor: Actor) -> None:
    assets = make(actor, 3)
    from_list = body(tess.get("/assets/steps?q=screen"))
    assert all(f"{one.tag[:4]}-{one.tag[4:]}" in from_list for one in assets)
    form = {"tags": "\n".join(one.tag for one in assets), "to": "in_use"}
    tess.post("/checks/new", data={
        "tags": " ".join(one.tag for one in assets[:2]), "kind": CheckKind.IDENTIFICATION.value, "result": "yes",
        "done_on": "2026-11-24", "done_by": "Tess", "method": "Number of the old system",
    })  # fmt: skip
    refused = tess.post("/assets/steps", data=form)
    assert refused.status_code == 422
    assert "1 of 3 cannot take this step" in body(refused)
    assert "Print its label" in body(refused)
    db.session.expire_all()
    assert states(assets) == ["in_store"] * 3
    done = tess.post("/assets/steps", data={**form, "leave_out": "y"})
    assert done.location == "/assets?state=in_use"
    db.session.expire_all()
    assert sorted(states(assets)) == ["in_store", "in_use", "in_use"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"tags": ""}, "at least one tag"),
        ({"tags": "NOPE1234"}, "Not in the register"),
        ({"to": "missing"}, "Choose one from the list"),
        ({"to": ""}, "Choose one from the list"),
        ({"reason": "short"}, "10 characters or more"),
    ],
)
def test_a_faulty_form_moves_nothing(tess: FlaskClient, actor: Actor, wrong: dict[str, str], told: str) -> None:
    (asset,) = make(actor, 1)
    answer = tess.post("/assets/steps", data={"tags": asset.tag, "to": "in_use", **wrong})
    assert answer.status_code == 422
    assert told in body(answer)
    db.session.expire_all()
    assert asset.state == "in_store"


def test_the_bursar_does_not_put_things_into_use(site: Site, actor: Actor) -> None:
    assert site.client("beth").get("/assets/steps").status_code == 403
