"""Incidents through their pages and services, on both databases."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.cast import Site, version_of
from tests.things import Bench, bench
from tests.together import together
from tracker.db import db
from tracker.incidents import service
from tracker.incidents.models import Incident
from tracker.incidents.rules import DataAtRisk, IncidentDetails, IncidentKind
from tracker.incidents.service import About
from tracker.inventory.models import Asset
from tracker.values import LONDON, Actor, NotFound, utc_now


@pytest.fixture
def made(site: Site) -> Bench:
    return bench(site.actor("tess"))


def form(**change: str) -> dict[str, str]:
    now = utc_now().astimezone(LONDON) - timedelta(minutes=5)
    told = {
        "kind": "stolen", "thing": "", "asset": "", "medium": "", "person_id": "", "place": "Train",
        "day": f"{now:%Y-%m-%d}", "at": f"{now:%H:%M}", "data_at_risk": "unknown",
        "what": "The bag was taken on the train.",
    }  # fmt: skip
    return {**told, **change}


def take(client: FlaskClient, address: str, **told: str) -> int:
    """One step; its status."""
    return client.post(address, data={"version": version_of(client, address), **told}).status_code


def test_a_stolen_laptop_goes_from_the_report_to_the_end(site: Site, made: Bench) -> None:
    asset_id = made.asset("Laptop of Year 3").id
    tess, hana = site.client("tess"), site.client("hana")
    answer = tess.post("/incidents/new", data=form(asset=str(asset_id)))
    assert answer.status_code == 302, answer.get_data(as_text=True)
    address = answer.location
    assert db.session.scalar(select(Asset.state).where(Asset.id == asset_id)) == "missing"
    db.session.rollback()
    page = tess.get(address).get_data(as_text=True)
    assert "71 hours left" in page
    assert "Incident 1: stolen" in tess.get(f"/assets/{asset_id}").get_data(as_text=True)
    assert take(hana, f"{address}/close", note="All is done, I believe.") == 422
    assert take(tess, f"{address}/assess", data_at_risk="yes", assessment="Names of pupils; encrypted.") == 302
    now = utc_now().astimezone(LONDON)
    told = {"whom": "Data Protection Officer", "how": "Telephone", "day": f"{now:%Y-%m-%d}", "at": f"{now:%H:%M}"}
    assert take(tess, f"{address}/tell", **told) == 302
    assert take(tess, f"{address}/refer", crime="WM/1234", insurer="") == 302
    assert take(hana, f"{address}/decide", notify="no", reference="", reasons="The disk was encrypted.") == 302
    assert "hours left" not in tess.get(address).get_data(as_text=True)
    assert take(hana, f"{address}/close", note="Laptops no longer travel in bags.") == 302
    page = tess.get(address).get_data(as_text=True)
    for words in ("Closed", "Data Protection Officer", "WM/1234", "The disk was encrypted.", "Laptops no longer"):
        assert words in page
    report = hana.get("/incidents/report").get_data(as_text=True)
    assert "Laptop of Year 3" not in report  # the label is kind, make and model
    assert "Desktop computer" in report
    assert tess.get("/incidents").get_data(as_text=True).count("Incident 1") == 0
    assert "/incidents/" in tess.get("/incidents?closed=1").get_data(as_text=True)


def test_staff_report_and_see_their_own_only(site: Site, made: Bench) -> None:
    tag = made.asset().tag
    stan = site.client("stan")
    answer = stan.post("/incidents/new", data=form(kind="lost", thing=tag.lower()))
    assert answer.status_code == 302
    assert db.session.scalar(select(Asset.state).where(Asset.tag == tag)) == "missing"
    db.session.rollback()
    page = stan.get(answer.location).get_data(as_text=True)
    assert "What is at risk" not in page
    other = site.client("tess").post("/incidents/new", data=form(thing="A memory stick")).location
    assert stan.get(other).status_code == 404
    assert "A memory stick" not in stan.get("/incidents").get_data(as_text=True)
    assert stan.get(f"{answer.location}/assess").status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"what": ""}, {"what": "short"}, {"thing": ""}, {"thing": "x" * 201}, {"day": "tomorrow"},
        {"day": "2999-01-01"}, {"at": "25:99"}, {"kind": "boss"}, {"data_at_risk": "maybe"}, {"day": "0001-01-01"},
        {"person_id": str(uuid4())},
    ],
)  # fmt: skip
def test_a_bad_report_writes_nothing(site: Site, made: Bench, wrong: dict[str, str]) -> None:
    answer = site.client("tess").post("/incidents/new", data={**form(thing="A stick"), **wrong})
    assert answer.status_code == 422
    assert db.session.scalar(select(Incident.id)) is None


@pytest.mark.parametrize("field", ["asset", "medium"])
@pytest.mark.parametrize("value", ["x", str(UUID(int=1)), "<b>"])
def test_a_thing_that_does_not_exist_is_not_found(site: Site, made: Bench, field: str, value: str) -> None:
    tess = site.client("tess")
    assert tess.get(f"/incidents/new?{field}={value}").status_code == 404
    assert tess.post("/incidents/new", data=form(**{field: value})).status_code == 404
    assert db.session.scalar(select(Incident.id)) is None


def test_another_schools_thing_and_incident_do_not_exist(site: Site, made: Bench) -> None:
    asset_id = made.asset().id
    address = site.client("tess").post("/incidents/new", data=form(asset=str(asset_id))).location
    otto = site.client("otto")
    assert otto.get(address).status_code == 404
    assert otto.post("/incidents/new", data=form(asset=str(asset_id))).status_code == 404


def test_two_people_who_write_at_once_are_told(site: Site, made: Bench) -> None:
    tess, beth = site.client("tess"), site.client("beth")
    address = tess.post("/incidents/new", data=form(thing="A stick")).location + "/assess"
    seen = version_of(tess, address)
    told = {"data_at_risk": "no", "assessment": "It was empty, as far as we know."}
    assert beth.post(address, data={**told, "version": seen}).status_code == 302
    answer = tess.post(address, data={**told, "version": seen})
    assert answer.status_code == 422
    assert "Beth Bursar changed Incident 1" in answer.get_data(as_text=True)


def test_two_reports_at_once_get_two_numbers(site: Site, made: Bench) -> None:
    actor = site.actor("tess")
    db.session.commit()

    def report() -> None:
        details = IncidentDetails(IncidentKind.DAMAGED, "The screen is broken.", "", utc_now())
        service.report(actor, details, About(words="A tablet"))

    assert together(site.app, [report] * 4) == []
    assert sorted(db.session.scalars(select(Incident.number))) == [1, 2, 3, 4]


def test_what_is_gone_for_good_stays_so_and_what_is_missing_stays_missing(site: Site, made: Bench) -> None:
    asset = made.asset()
    details = IncidentDetails(IncidentKind.LOST, "It is not in its place.", "", utc_now(), DataAtRisk.UNKNOWN)
    service.report(made.actor, details, About(asset_id=asset.id))
    version = asset.version
    second = service.report(made.actor, details, About(asset_id=asset.id))
    assert (asset.state, asset.version, second.number) == ("missing", version, 2)


def test_nobody_without_a_role_sees_it(site: Site, made: Bench) -> None:
    details = IncidentDetails(IncidentKind.DAMAGED, "The screen is broken.", "", utc_now(), DataAtRisk.NO)
    incident = service.report(made.actor, details, About(words="A tablet"))
    with pytest.raises(NotFound):
        service.get_incident(Actor(made.actor.school_id, uuid4(), "Stan", None, "tests"), incident.id)
