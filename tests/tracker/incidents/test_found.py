"""What strangers find and tell by a label, and what the school does with it; on both databases."""

import re
import secrets
import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from labels import code
from tests.cast import OUTSIDER, PASSWORD, Site, body, hidden
from tests.things import Bench, bench
from tests.together import together
from tracker.accounts.models import School
from tracker.audit.models import Event
from tracker.db import db
from tracker.incidents import found, found_rules, found_views, service
from tracker.incidents.found_rules import FoundDetails, FoundState
from tracker.incidents.models import FoundReport, Incident
from tracker.incidents.rules import ASSESSORS, IncidentDetails, IncidentKind
from tracker.incidents.service import About
from tracker.inventory import labelling
from tracker.inventory.models import Asset
from tracker.throttle import Throttle
from tracker.values import Conflict, Denied, NotFound, Role, utc_now

BUS = FoundDetails("Bus 44, with the driver", "It lay under a seat.", "07700 900123")
FORM = {"place": BUS.place, "words": BUS.words, "contact": BUS.contact, "more": ""}


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test begins with a throttle that has seen nobody."""
    monkeypatch.setattr(found_views, "REPORTS", Throttle(failures=10, seconds=3600, clock=time.monotonic))


@pytest.fixture
def made(site: Site) -> Bench:
    return bench(site.actor("tess"))


@pytest.fixture
def alone(site: Site) -> str:
    """The name of a school that is the only one in its register."""
    for other in db.session.scalars(select(School).where(School.code != "st-b")):
        for table in ("sign_in_sessions", "users"):
            db.session.execute(db.text(f"DELETE FROM {table} WHERE school_id = :one"), {"one": other.id.hex})
        db.session.delete(other)
    name = db.session.scalars(select(School.name)).one()
    db.session.commit()
    return name


def kept() -> list[FoundReport]:
    rows = list(db.session.scalars(select(FoundReport).order_by(FoundReport.id)))
    db.session.rollback()
    return rows


def told(made: Bench, asset: Asset | None = None, details: FoundDetails = BUS) -> FoundReport:
    found.tell(asset.tag if asset else code.new(secrets.token_bytes), details)
    return found.listed(made.actor.school_id, settled=True, page=1)[0][0]


def plain(page: str, tag: str) -> str:
    """A page without what differs between any two requests."""
    page = re.sub(r'(name="csrf_token"[^>]*value=)"[^"]*"', r"\1", page)
    return page.replace(tag, "TAG").replace(code.shown(tag), "TAG")


def test_a_stranger_who_scans_a_label_is_asked_to_tell_the_school_and_staff_sign_in(site: Site, made: Bench) -> None:
    tag = made.asset().tag
    nobody = site.client()
    answer = nobody.get(f"/A/{tag}")
    assert answer.status_code == 302
    assert answer.location == f"/sign-in?next=/A/{tag}"
    page = body(nobody.get(answer.location))
    assert "Found this? Tell the school" in page
    assert f'href="/found/{tag}"' in page
    signed_in = nobody.post(answer.location, data={"school": "st-b", "username": "tess", "password": PASSWORD})
    assert signed_in.location == f"/A/{tag}"
    assert "Found this" not in body(site.client().get("/sign-in"))
    assert "Found this" not in body(site.client().get("/sign-in?next=/assets"))


def test_the_page_names_the_school_and_nothing_else(site: Site, made: Bench, alone: str) -> None:
    asset = made.asset("Head teacher's laptop")
    asset_id, tag = asset.id, asset.tag
    page = body(site.client().get(f"/found/{tag}"))
    assert f"This belongs to {alone.replace(chr(39), '&#39;')}" in page
    for secret in ("Head teacher", "Desktop", "Dell", "Tess", str(asset_id), asset.serial):
        assert secret not in page
    assert f"This belongs to {alone.replace(chr(39), '&#39;')}" in body(site.client().get(f"/sign-in?next=/A/{tag}"))


@pytest.mark.parametrize("several", [False, True])
def test_a_label_that_nobody_knows_answers_the_same(
    site: Site, made: Bench, several: bool, request: pytest.FixtureRequest
) -> None:
    if not several:
        request.getfixturevalue("alone")
    known, unknown = made.asset().tag, code.new(secrets.token_bytes)
    client = site.client()
    for address in ("/found/{}", "/sign-in?next=/A/{}"):
        pages = [plain(body(client.get(address.format(tag))), tag) for tag in (known, unknown, "NOTATAG1")]
        assert pages[0] == pages[1] == pages[2]
    answers = [client.post(f"/found/{tag}", data=FORM) for tag in (known, unknown, "NOTATAG1")]
    assert [one.status_code for one in answers] == [302] * 3
    assert {
        one.location.replace(tag, "TAG") for one, tag in zip(answers, (known, unknown, "NOTATAG1"), strict=True)
    } == {"/found/TAG?sent=1"}
    assert [one.asset_id is not None for one in kept()] == [True, False, False]
    faulty = [plain(body(client.post(f"/found/{tag}", data={})), tag) for tag in (known, unknown)]
    assert faulty[0] == faulty[1]


def test_several_schools_in_one_register_are_not_told_apart(site: Site, made: Bench) -> None:
    page = body(site.client().get(f"/found/{made.asset().tag}"))
    assert "This belongs to one of our schools" in page
    assert "Brigid" not in page


def test_what_is_told_comes_to_the_school_of_the_label(site: Site, made: Bench) -> None:
    theirs = bench(site.actor(OUTSIDER))
    asset = theirs.asset()
    tag, asset_id = asset.tag, asset.id
    assert site.client().post(f"/found/{tag.lower()}", data=FORM).status_code == 302
    (report,) = kept()
    assert (report.asset_id, report.tag, report.state) == (asset_id, code.shown(tag), "new")
    assert site.client("tess").get(f"/incidents/found/{report.id}").status_code == 404
    page = body(site.client(OUTSIDER).get(f"/incidents/found/{report.id}"))
    for words in (BUS.place, BUS.words, BUS.contact):
        assert words in page


def test_an_old_label_still_leads_to_its_thing(made: Bench) -> None:
    asset = made.asset()
    old = asset.tag
    labelling.retire(made.actor, asset.id, "It was torn off on the bus")
    found.tell(old, BUS)
    assert found.of_asset(made.actor.school_id, asset.id)[0].tag == code.shown(old)


def test_the_log_tells_of_it_without_the_finder(site: Site, made: Bench) -> None:
    site.client().post(f"/found/{made.asset().tag}", data=FORM)
    detail = db.session.scalars(select(Event.detail).where(Event.kind == "found:reported")).one() or ""
    assert BUS.place in detail
    assert BUS.contact not in detail
    assert "127.0.0.1" not in detail


@pytest.mark.parametrize(
    "wrong",
    [
        {"place": ""}, {"place": " x "}, {"place": "x" * 201}, {"place": "a\x1bb"}, {"place": "a\u202eb"},
        {"words": "x" * 2001}, {"contact": "x" * 201}, {"contact": "a\nb\u2066"},
    ],
)  # fmt: skip
def test_hostile_words_are_refused_and_nothing_is_kept(site: Site, made: Bench, wrong: dict[str, str]) -> None:
    answer = site.client().post(f"/found/{made.asset().tag}", data={**FORM, **wrong})
    assert answer.status_code == 422
    assert "There is a problem" in body(answer)
    assert kept() == []


def test_a_script_in_the_words_is_shown_as_words(site: Site, made: Bench) -> None:
    site.client().post(f"/found/{made.asset().tag}", data={**FORM, "words": "<script>alert(1)</script>"})
    page = body(site.client("tess").get(f"/incidents/found/{kept()[0].id}"))
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("text", ["%00", "..%2f..%2fetc", "a" * 3000, "%F0%9F%92%A9", "%22%3E%3Cscript%3E", "x/y/z"])
def test_a_strange_address_is_answered_like_any_label(site: Site, made: Bench, text: str) -> None:
    client = site.client()
    assert client.get(f"/found/{text}").status_code in (200, 308, 400)
    page = body(client.get(f"/sign-in?next=/A/{text}"))
    assert "<script>" not in page
    answer = client.post(f"/found/{text}", data=FORM)
    assert answer.status_code in (302, 308, 400)
    assert all(len(one.tag) <= 64 for one in kept())


def test_too_much_is_refused_before_it_is_read(site: Site, made: Bench) -> None:
    answer = site.client().post(f"/found/{made.asset().tag}", data={**FORM, "words": "x" * 20_000})
    assert answer.status_code == 413
    assert kept() == []


def test_a_form_without_its_token_is_refused(site: Site, made: Bench) -> None:
    tag = made.asset().tag
    site.app.config["WTF_CSRF_ENABLED"] = True
    client = site.client()
    assert client.post(f"/found/{tag}", data=FORM).status_code == 400
    assert kept() == []
    token = re.search(r'name="csrf_token" value="([^"]+)"', body(client.get(f"/found/{tag}")))
    assert token
    assert client.post(f"/found/{tag}", data={**FORM, "csrf_token": token[1]}).status_code == 302
    assert len(kept()) == 1


def test_a_machine_that_fills_every_field_is_thanked_and_nothing_is_kept(site: Site, made: Bench) -> None:
    answer = site.client().post(f"/found/{made.asset().tag}", data={**FORM, "more": "http://example.org"})
    assert answer.status_code == 302
    assert kept() == []


def test_one_place_can_tell_only_so_often(site: Site, made: Bench) -> None:
    tag, client = made.asset().tag, site.client()
    answers = [client.post(f"/found/{tag}", data={**FORM, "place": f"Bus {n}"}).status_code for n in range(12)]
    assert answers == [302] * 10 + [429] * 2
    assert len(kept()) == 10
    assert "telephone the school" in body(client.post(f"/found/{tag}", data=FORM))


def test_a_school_is_told_only_so_much_a_day(made: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(found_rules, "MOST", 2)
    asset = made.asset()
    for number in range(2):
        found.tell(asset.tag, FoundDetails(f"Bus {number}"))
    with pytest.raises(Denied) as denied:
        found.tell(asset.tag, FoundDetails("Bus 3"))
    assert denied.value.blockers[0].code == "many"
    for one in db.session.scalars(select(FoundReport)):
        one.reported_at -= timedelta(hours=25)
    db.session.flush()
    found.tell(asset.tag, FoundDetails("Bus 3"))


def test_the_same_words_twice_are_kept_once(site: Site, made: Bench) -> None:
    tag, client = made.asset().tag, site.client()
    for _ in range(2):
        assert client.post(f"/found/{tag}", data=FORM).status_code == 302
    assert len(kept()) == 1


def test_one_tap_opens_an_incident_and_the_thing_is_missing(site: Site, made: Bench) -> None:
    asset = made.asset()
    asset_id, report_id = asset.id, told(made, asset).id
    tess = site.client("tess")
    assert "1</span> reports of something found" in body(tess.get("/"))
    assert "Somebody found it" in body(tess.get(f"/assets/{asset_id}"))
    page = body(tess.get(f"/incidents/found/{report_id}"))
    assert "Open an incident: lost" in page
    answer = tess.post(f"/incidents/found/{report_id}/link", data={"version": hidden(page, "version")})
    assert answer.status_code == 302
    assert BUS.place in body(tess.get(answer.location))
    assert BUS.contact in body(tess.get(answer.location))
    assert db.session.scalar(select(Asset.state).where(Asset.id == asset_id)) == "missing"
    incident = db.session.scalars(select(Incident)).one()
    (report,) = kept()
    assert (incident.kind, incident.discovered_at, report.incident_id) == ("lost", report.reported_at, incident.id)


def test_one_tap_adds_it_to_the_incident_that_is_open(site: Site, made: Bench) -> None:
    asset = made.asset()
    details = IncidentDetails(IncidentKind.STOLEN, "The bag was taken on the train.", "", utc_now())
    incident = service.report(made.actor, details, About(asset_id=asset.id))
    report = told(made, asset)
    report_id, version = report.id, report.version
    tess = site.client("tess")
    assert "Add it to Incident 1: stolen" in body(tess.get(f"/incidents/found/{report_id}"))
    assert found.link(made.actor, report_id, version=version).id == incident.id
    with pytest.raises(Denied, match="stands with an incident already"):
        found.link(made.actor, report_id, version=report.version)


def test_a_label_of_nothing_becomes_an_incident_about_the_label(made: Bench) -> None:
    report = told(made)
    incident = found.link(made.actor, report.id, version=report.version)
    assert (incident.asset_id, incident.thing) == (None, f"Something with the label {report.tag}")


def test_settling_erases_how_to_reach_the_finder(site: Site, made: Bench) -> None:
    report_id = told(made, made.asset()).id
    hana = site.client("hana")
    address = f"/incidents/found/{report_id}"
    version = hidden(body(hana.get(address)), "version")
    assert hana.post(f"{address}/settle", data={"version": version, "outcome": ""}).status_code == 422
    answer = hana.post(f"{address}/settle", data={"version": version, "outcome": "Fetched by the site manager."})
    assert answer.status_code == 302
    assert [(one.contact, one.state, one.settled_by) for one in kept()] == [("", "settled", "Hana Head")]
    page = body(hana.get(address))
    assert "Fetched by the site manager." in page
    assert BUS.contact not in page
    assert "Nothing is open." in body(hana.get("/incidents/found"))
    assert "Settled" in body(hana.get("/incidents/found?settled=1&page=x"))
    answer = hana.post(f"{address}/settle", data={"version": version, "outcome": "Fetched again."})
    assert "Hana Head changed Found" in body(answer)
    assert "Hana Head" in body(answer)


@pytest.mark.parametrize("version", ["", "x", "-1", "99", "9" * 30])
def test_a_tap_on_an_old_page_changes_nothing(site: Site, made: Bench, version: str) -> None:
    report_id = told(made, made.asset()).id
    answer = site.client("tess").post(f"/incidents/found/{report_id}/link", data={"version": version})
    assert answer.status_code == 409
    assert db.session.scalar(select(Incident.id)) is None


def test_two_who_tap_at_once_make_one_incident(site: Site, made: Bench) -> None:
    report = told(made, made.asset())
    report_id, version, actor = report.id, report.version, made.actor
    db.session.commit()
    raised = together(site.app, [lambda: found.link(actor, report_id, version=version)] * 3)
    assert [type(one) for one in raised] == [Conflict, Conflict]
    assert db.session.scalar(select(func.count()).select_from(Incident)) == 1


@pytest.mark.parametrize("username", ["gwen", "adam", "stan"])
def test_nobody_else_sees_what_strangers_told(site: Site, made: Bench, username: str) -> None:
    asset = made.asset()
    asset_id, report_id = asset.id, told(made, asset).id
    client = site.client(username)
    for address in ("/incidents/found", f"/incidents/found/{report_id}"):
        assert client.get(address).status_code == 403
    for address in ("/", "/incidents", f"/assets/{asset_id}", "/log", "/log.csv"):
        assert BUS.contact not in body(client.get(address))


def test_the_rules_name_who_may_and_what_is_missing() -> None:
    for role in [*Role, None]:
        assert found_rules.may_link(FoundState.NEW, role).allowed is (role in ASSESSORS)
        assert found_rules.may_settle(FoundState.LINKED, role, "Fetched").allowed is (role in ASSESSORS)
    assert not found_rules.may_settle(FoundState.SETTLED, Role.HEAD, "Fetched").allowed
    assert not found_rules.may_link(FoundState.LINKED, Role.HEAD).allowed


def test_another_schools_report_does_not_exist(site: Site, made: Bench) -> None:
    report_id = told(made, made.asset()).id
    with pytest.raises(NotFound):
        found.settle(site.actor(OUTSIDER), report_id, "Fetched", version=1)
