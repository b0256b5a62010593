"""The termly report for the head and the governors, and what a governor and a colleague do not see."""

import re
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.cast import OUTSIDER, Site, body
from tests.things import Bench, bench, loan
from tests.tracker.certificates import cast
from tracker.audit.models import Event
from tracker.db import db
from tracker.incidents import figures, service
from tracker.incidents import report as reports
from tracker.incidents.models import Incident
from tracker.incidents.report import Period
from tracker.incidents.rules import DataAtRisk, IncidentDetails, IncidentKind
from tracker.incidents.service import About
from tracker.people import service as people
from tracker.people.rules import PersonDetails
from tracker.terms import rules as terms_rules
from tracker.terms import service as terms
from tracker.values import LONDON, Role, utc_now
from wipe.facts import BlockRange

SECRET = "Colleen Colleague left her bag on the train."


@pytest.fixture
def made(site: Site) -> Bench:
    return bench(site.actor("tess"))


def happened(
    made: Bench, kind: IncidentKind = IncidentKind.DAMAGED, *, hours_ago: int = 1, **change: object
) -> Incident:
    found = utc_now() - timedelta(hours=hours_ago)
    details = IncidentDetails(kind, SECRET, "Train to Hereford", found, DataAtRisk.UNKNOWN)
    return service.report(made.actor, details, About(**{"words": "A memory stick", **change}))


def by_stan(site: Site, asset_tag: str) -> str:
    """Stan reports something that Colleen had; its address."""
    now = utc_now().astimezone(LONDON) - timedelta(minutes=5)
    told = {
        "kind": "lost", "thing": asset_tag, "day": f"{now:%Y-%m-%d}", "at": f"{now:%H:%M}", "what": SECRET,
        "data_at_risk": "unknown", "place": "Train to Hereford",
    }  # fmt: skip
    answer = site.client("stan").post("/incidents/new", data=told)
    assert answer.status_code == 302
    return answer.location


def decided(made: Bench, one: Incident, *, notify: bool) -> None:
    head = replace(made.actor, id=None, name="Hana Head", role=Role.HEAD)
    service.assess(made.actor, one.id, DataAtRisk.YES, "Names of pupils were on it.", version=one.version)
    told = {"reasons": "The disk was encrypted.", "reference": "IC-1" if notify else ""}
    service.decide(head, one.id, notify=notify, **told, version=one.version)


def test_an_empty_term_says_so(site: Site) -> None:
    page = body(site.client("gwen").get("/incidents/report"))
    assert "Nothing was reported in these days." in page
    assert site.client("gwen").get("/incidents/report.csv").status_code == 200


def test_the_report_counts_kinds_deadlines_and_decisions(site: Site, made: Bench) -> None:
    made_of = made.asset()
    db.session.commit()
    happened(made, IncidentKind.STOLEN, asset_id=made_of.id)
    decided(made, happened(made, IncidentKind.TAPE_MISSING), notify=True)
    decided(made, happened(made, IncidentKind.WIPE_FAILED, hours_ago=80), notify=False)
    happened(made, IncidentKind.UNEXPECTED_DATA, hours_ago=80)
    today = utc_now().astimezone(LONDON).date()
    report = reports.of_period(made.actor.school_id, Period(today - timedelta(days=9), today))
    counts = dict(report.by_kind)
    assert (counts["Stolen"], counts["Tape missing"], counts["Lost"], len(counts)) == (1, 1, 0, 7)
    deadlines = {one: report.having(deadline=one) for one in ("In time", "Late", "Over", "Running")}
    assert deadlines == {"In time": 1, "Late": 1, "Over": 1, "Running": 1}
    assert report.having(decision="Reported to the ICO") == report.having(decision="Not to be reported") == 1
    assert report.still_open == 4
    query = f"?first={today - timedelta(days=9)}&last={today}"
    page = body(site.client("gwen").get(f"/incidents/report{query}"))
    for words in ("72 hours: over, not decided", "Reported to the ICO", "Not in the register", "Desktop computer"):
        assert words in page
    lines = body(site.client("gwen").get(f"/incidents/report.csv{query}")).splitlines()
    assert len(lines) == 5
    assert "Late,Not to be reported" in lines[3]


def test_a_term_is_the_schools_own_with_the_holidays_after_it(site: Site) -> None:
    school_id = site.school_id()
    assert reports.period_around(school_id, date(2026, 11, 24)) == Period(date(2026, 9, 1), date(2026, 12, 31))
    terms.begin(site.actor("tess"), 2026, terms_rules.typical(2026))
    known = terms.calendar_of(school_id).terms
    for day in (known[0].starts_on, known[0].ends_on, known[1].starts_on - timedelta(days=1)):
        period = reports.period_around(school_id, day)
        assert (period.first, period.last) == (known[0].starts_on, known[1].starts_on - timedelta(days=1))
        assert period.name == known[0].name
    assert reports.period_around(school_id, known[1].starts_on).first == known[1].starts_on
    assert reports.period_around(school_id, date(2031, 5, 5)) == Period(date(2031, 4, 1), date(2031, 8, 31))


def test_the_days_of_a_report_are_days_at_the_school(made: Bench) -> None:
    one = happened(made)
    one.discovered_at = datetime(2026, 6, 30, 23, 30, tzinfo=LONDON)
    db.session.flush()
    of = made.actor.school_id
    assert len(reports.of_period(of, Period(date(2026, 6, 30), date(2026, 6, 30))).rows) == 1
    assert reports.of_period(of, Period(date(2026, 7, 1), date(2026, 7, 1))).rows == []


@pytest.mark.parametrize(
    "query", ["first=x", "last=9999-99-99", "first=1900-01-01", "first=2026-12-31&last=2026-01-01"]
)
def test_strange_days_give_a_report_all_the_same(site: Site, query: str) -> None:
    assert site.client("hana").get(f"/incidents/report?{query}").status_code == 200
    assert site.client("hana").get(f"/incidents/report.csv?{query}").status_code == 200


def test_another_schools_incidents_are_in_no_report(site: Site, made: Bench) -> None:
    happened(made)
    assert "Nothing was reported" in body(site.client(OUTSIDER).get("/incidents/report"))
    assert site.client("stan").get("/incidents/report").status_code == 403


NAMED = {"/log", "/log.csv", "/log?who=Stan", "/log?what=Colleen"}  # people are added and sign in there


def everything_of(client: FlaskClient, address: str, asset_id: object) -> dict[str, str]:
    """Every page and file on which an incident about an asset could be told."""
    number = address.rpartition("/")[2]
    found = [
        address, "/incidents", "/incidents?closed=1", "/incidents/report", "/incidents/report.csv", "/", "/log",
        "/log?what=Hereford", "/log?what=Colleen", "/log?who=Stan", "/log?kind=incident:reported", "/log.csv",
        f"/log?type=incident&id={number}", f"/log.csv?type=incident&id={number}", f"/assets/{asset_id}",
        f"/log?type=asset&id={asset_id}", "/assets.csv", "/scan?q=Colleen",
    ]  # fmt: skip
    return {one: body(client.get(one)) for one in found}


def test_a_governor_sees_that_it_happened_but_not_who_it_was(site: Site, made: Bench) -> None:
    asset = made.asset()
    asset_id, tag = asset.id, asset.tag
    address = by_stan(site, tag)
    colleen = people.add_person(made.actor, PersonDetails("Colleen Colleague"))
    incident = db.session.scalars(select(Incident)).one()
    incident.person_id = colleen.id
    pages = everything_of(site.client("gwen"), address, asset_id)
    assert "Incident 1: lost" in pages[address]
    assert "Lost" in pages["/incidents/report"]
    for name, page in pages.items():
        for words in (SECRET, "Train to Hereford", "Reported as lost"):
            assert words not in page, f"{name}: {words}"
        if name in NAMED:  # nothing there ties them to the incident
            assert "Incident 1" not in page, name
        else:
            assert "Stan Staff" not in re.sub("<option.*?</option>", "", page), name
            assert "Colleen Colleague" not in page, name
    whole = body(site.client("hana").get(address))
    for words in ("Colleen Colleague", "Stan Staff", SECRET):
        assert words in whole
    assert "Stan Staff" in body(site.client("adam").get("/log?kind=incident:reported"))


def test_a_peer_sees_nothing_of_a_colleagues_incident(site: Site, made: Bench) -> None:
    asset_id = made.asset().id
    address = f"/incidents/{happened(made, asset_id=asset_id).id}"
    stan = site.client("stan")
    for name, page in everything_of(stan, address, asset_id).items():
        assert SECRET not in page, name
        assert "Train to Hereford" not in page, name
    assert stan.get(address).status_code == 404
    assert body(stan.get("/incidents")).count("/incidents/0") == 0


def test_what_somebody_wrote_does_not_stand_in_the_history_of_the_thing(site: Site, made: Bench) -> None:
    asset_id = made.asset().id
    happened(made, IncidentKind.LOST, asset_id=asset_id)
    query = select(Event.detail).where(Event.kind == "asset:state_changed", Event.subject_id == asset_id)
    details = [one or "" for one in db.session.scalars(query)]
    assert any("Reported as lost: see its incidents" in one for one in details)
    assert not any("Colleen" in one for one in details)


def test_a_label_leads_staff_to_the_report_and_not_to_the_register(site: Site, made: Bench) -> None:
    tag = made.asset().tag
    stan = site.client("stan")
    answer = stan.get(f"/A/{tag}")
    assert (answer.status_code, answer.location) == (302, f"/incidents/new?thing={tag}")
    assert f'value="{tag}"' in body(stan.get(answer.location))


def test_a_wipe_that_failed_proposes_an_incident_until_one_tells_of_it(site: Site, made: Bench) -> None:
    medium = made.medium(asset=made.asset())
    made.wiped(medium, **failed())
    medium_id, school_id = medium.id, made.actor.school_id
    assert medium.state == "wipe_failed"
    assert [one.id for one in db.session.scalars(figures.failed_wipes(school_id))] == [medium_id]
    tess = site.client("tess")
    assert "failed wipes without an incident" in body(tess.get("/"))
    assert f"/incidents/new?medium={medium_id}&amp;kind=wipe_failed" in body(tess.get("/incidents/failed-wipes"))
    assert "Its wipe failed, and no incident tells of it" in body(tess.get(f"/media/{medium_id}"))
    page = body(tess.get(f"/incidents/new?medium={medium_id}&kind=wipe_failed"))
    assert 'selected value="wipe_failed"' in page
    assert "Its wipe failed, so data may still be on it." in page
    happened(made, IncidentKind.WIPE_FAILED, medium_id=medium_id)
    assert "There is none" in body(tess.get("/incidents/failed-wipes"))
    assert "no incident tells of it" not in body(tess.get(f"/media/{medium_id}"))
    assert "failed wipes without an incident" not in body(tess.get("/"))


def test_a_wipe_that_failed_on_what_held_no_personal_data_proposes_none(made: Bench) -> None:
    medium = made.medium()
    medium.data_class = "N"
    made.wiped(medium, **failed())
    assert list(db.session.scalars(figures.failed_wipes(made.actor.school_id))) == []


def failed() -> dict[str, object]:
    """What makes a record of a wipe that failed: a sector that did not read back as it was written."""
    return {"verification": replace(cast.make().verification, mismatched=(BlockRange(2048, 8, "differs"),))}


def test_the_start_page_counts_what_waits(site: Site, made: Bench) -> None:
    made.asset()
    happened(made)
    happened(made, hours_ago=80)
    for username in ("tess", "hana", "beth", "gwen"):
        page = body(site.client(username).get("/"))
        assert "1</span> incidents whose 72 hours are over" in page
        assert "1</span> incidents whose 72 hours run" in page
    assert "72 hours" not in body(site.client("stan").get("/"))


def test_a_loan_is_one_tap_from_an_incident_with_the_thing_and_the_borrower(site: Site, made: Bench) -> None:
    lent = loan(made.actor)
    loan_id, person_id = lent.id, lent.person_id
    tess = site.client("tess")
    page = body(tess.get(f"/loans/{loan_id}"))
    tap = re.search(r'href="(/incidents/new\?asset=[^"]+)"', page)
    assert tap
    form = body(tess.get(tap[1].replace("&amp;", "&")))
    assert f'selected value="{person_id}"' in form
    assert "What it happened to:" in form
    assert tess.get("/incidents/new?person=x").status_code == 404
