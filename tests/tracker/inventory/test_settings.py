"""What must be listed and what is capital: the figures, who sets them, and the same answer in Python and in SQL."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from tests.cast import Site, body
from tests.tracker.inventory.conftest import Register
from tracker.db import db
from tracker.inventory import settings
from tracker.inventory.models import Asset, AssetKind
from tracker.inventory.settings_rules import Thresholds, is_capital, may_change, must_be_listed
from tracker.values import Actor, Conflict, Denied, Role

LOCAL = Thresholds(min_cost_pence=10_000, always_portable=True, always_it=False, capitalise_from_pence=200_000)


@pytest.mark.pure
@pytest.mark.parametrize(
    ("cost", "portable", "data_bearing", "thresholds", "expected"),
    [
        (9_999, False, False, LOCAL, False),
        (10_000, False, False, LOCAL, True),
        (9_999, True, False, LOCAL, True),
        (9_999, False, True, LOCAL, False),
        (0, False, True, Thresholds(10_000), True),
        (0, True, True, Thresholds(10_000, always_portable=False, always_it=False), False),
        (None, False, False, LOCAL, True),  # in doubt it is listed
        (0, False, False, Thresholds(), True),
    ],
)
def test_a_thing_is_listed_by_cost_or_by_what_it_is(
    cost: int | None, portable: bool, data_bearing: bool, thresholds: Thresholds, expected: bool
) -> None:
    found = must_be_listed(cost, portable=portable, data_bearing=data_bearing, thresholds=thresholds)
    assert found == expected


@pytest.mark.pure
def test_a_capital_asset_has_its_price_on_record() -> None:
    assert [is_capital(cost, LOCAL) for cost in (None, 0, 199_999, 200_000)] == [False, False, False, True]


@pytest.mark.pure
@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, set()),
        ({"min_cost_pence": -1}, {"min_cost_pence"}),
        ({"capitalise_from_pence": 100_000_001}, {"capitalise_from_pence"}),
        ({"check_days": 0}, {"check_days"}),
        ({"check_days": 2000}, {"check_days"}),
    ],
)
def test_figures_that_cannot_be_are_refused(changed: dict[str, int], expected: set[str]) -> None:
    found = may_change(Thresholds(**changed), Role.BURSAR)  # type: ignore[arg-type]
    assert {blocker.code for blocker in found.blockers} == expected


@pytest.mark.pure
@pytest.mark.parametrize("role", Role)
def test_only_the_people_in_charge_set_them(role: Role) -> None:
    assert may_change(Thresholds(), role).allowed == (role in (Role.HEAD, Role.BURSAR))


@pytest.fixture
def head(register: Register) -> Actor:
    return Actor(register.school_id, uuid4(), "Hana Head", Role.HEAD, "tests")


def test_they_are_the_usual_ones_until_somebody_sets_them_and_each_change_is_told(
    register: Register, head: Actor
) -> None:
    assert (settings.settings_of(head.school_id), settings.version_of(head.school_id)) == (Thresholds(), 0)
    settings.change_settings(head, LOCAL, version=0)
    assert (settings.settings_of(head.school_id), settings.version_of(head.school_id)) == (LOCAL, 1)
    event = register.events()[-1]
    assert (event.kind, event.label) == ("register:settings_changed", "Saint Brigid's")
    assert event.before == {"min_cost_pence": 0, "always_it": True, "capitalise_from_pence": 100_000}
    assert event.after == {"min_cost_pence": 10_000, "always_it": False, "capitalise_from_pence": 200_000}
    before = len(register.events())
    settings.change_settings(head, LOCAL, version=1)
    assert len(register.events()) == before


def test_the_slower_of_two_and_the_wrong_role_change_nothing(register: Register, head: Actor) -> None:
    settings.change_settings(head, LOCAL, version=0)
    for version in (0, 2):
        with pytest.raises(Conflict):
            settings.change_settings(head, Thresholds(), version=version)
    with pytest.raises(Denied, match="head teacher or the bursar"):
        settings.change_settings(register.actor, Thresholds(), version=1)
    assert settings.settings_of(head.school_id) == LOCAL


def test_the_database_and_the_rules_agree(register: Register) -> None:
    for kind in ("Laptop", "Monitor", "Desktop computer", "Projector"):
        for cost in (None, 0, 9_999, 10_000, 200_000):
            register.asset(kind, cost_pence=cost)
    query = select(Asset, AssetKind).join(AssetKind, AssetKind.id == Asset.kind_id)
    for thresholds in (Thresholds(), LOCAL, Thresholds(10_000), Thresholds(10_000, False, False)):
        listed = {one.id for one, _ in db.session.execute(query.where(settings.listed(thresholds)))}
        capital = {one.id for one, _ in db.session.execute(query.where(settings.capital(thresholds)))}
        for asset, kind_of in db.session.execute(query):
            flags = {"portable": kind_of.portable, "data_bearing": kind_of.data_bearing}
            assert (asset.id in listed) == must_be_listed(asset.cost_pence, **flags, thresholds=thresholds)
            assert (asset.id in capital) == is_capital(asset.cost_pence, thresholds)


def test_the_page_of_an_asset_says_what_follows(register: Register) -> None:
    cheap, dear = register.asset("Monitor", cost_pence=50), register.asset("Monitor", cost_pence=250_000)
    head = Actor(register.school_id, uuid4(), "Hana Head", Role.HEAD, "tests")
    settings.change_settings(head, LOCAL, version=0)
    kind = db.session.get(AssetKind, (cheap.school_id, cheap.kind_id))
    assert kind is not None
    assert settings.listing_of(cheap, kind) == "Need not be in the register"
    assert settings.listing_of(dear, kind) == "Must be in the register; capital asset"


FORM = {"min_cost_pence": "100", "always_portable": "y", "capitalise_from_pence": "2,000.00", "check_days": "180"}


def test_the_bursar_sets_them_and_everybody_reads_them(site: Site) -> None:
    beth = site.client("beth")
    assert 'name="version" value="0"' in body(beth.get("/register/settings/edit"))
    assert beth.post("/register/settings/edit", data={**FORM, "version": "0"}).status_code == 302
    page = body(site.client("gwen").get("/register/settings"))
    for told in ("£100.00", "Listed by its cost", "£2,000.00", "180 days", "The head teacher and the bursar"):
        assert told in page
    late = beth.post("/register/settings/edit", data={**FORM, "version": "0"})
    assert late.status_code == 422
    assert "after you opened this form" in body(late)
    assert 'name="version" value="1"' in body(late)
    assert site.client("tess").get("/register/settings/edit").status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"min_cost_pence": "-1"},
        {"min_cost_pence": "a lot"},
        {"min_cost_pence": ""},
        {"check_days": "0"},
        {"check_days": "1e3"},
        {"capitalise_from_pence": "1000000.01"},
        {"version": ""},
        {"version": "-1"},
    ],
)
def test_a_faulty_form_sets_nothing(site: Site, wrong: dict[str, str]) -> None:
    answer = site.client("hana").post("/register/settings/edit", data={**FORM, "version": "0", **wrong})
    assert answer.status_code == 422
    assert settings.version_of(site.school_id()) == 0
