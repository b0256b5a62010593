"""The pages of retention, and the command that a timer runs, on both databases."""

from collections.abc import Iterator
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.cast import Site, body
from tracker.accounts.models import School
from tracker.cli import retention as command
from tracker.db import db
from tracker.people import service as people
from tracker.people.models import Person
from tracker.people.rules import PersonDetails, PersonKind
from tracker.retention import forgetting, service
from tracker.retention.rules import Periods
from tracker.values import Denied

LONG_AGO = date(2015, 7, 20)
PERIODS = {"staff_months": "72", "governor_months": "72", "pupil_months": "12", "external_months": "72",
           "loan_months": "72", "incident_months": "72", "version": "0"}  # fmt: skip


@pytest.fixture
def gone(site: Site) -> Iterator[list[str]]:
    """Two whose names are due, and one whose name is not."""
    actor = site.actor("tess")
    told = [PersonDetails("Old Oak", left_on=LONG_AGO), PersonDetails("Old Pupil", PersonKind.PUPIL, left_on=LONG_AGO)]
    told.append(PersonDetails("Young Leaver", left_on=date(2026, 7, 20)))
    yield [str(people.add_person(actor, one).id) for one in told]
    db.session.rollback()


@pytest.fixture
def hana(site: Site, gone: list[str]) -> FlaskClient:
    db.session.commit()
    return site.client("hana")


def test_names_due_are_listed_chosen_looked_at_and_replaced(hana: FlaskClient, gone: list[str]) -> None:
    page = body(hana.get("/retention"))
    assert "2 names are due" in page
    assert f'value="{gone[0]}"' in page
    assert f'value="{gone[2]}"' not in page
    assert "Young Leaver</a>, on 20 July 2032" in page
    address = f"/retention/forget?person={gone[0]}&person={gone[1]}"
    page = body(hana.get(address))
    assert "Old Oak" in page
    assert "It cannot be undone" in page
    assert "art 17(3)" in page
    told = {"person": gone[:2]}
    answer = hana.post("/retention/forget", data=told)
    assert answer.status_code == 422
    assert "Tick the box" in body(answer)
    answer = hana.post("/retention/forget", data={**told, "sure": "y"}, follow_redirects=True)
    assert "Former member of staff 1, Former pupil 1" in body(answer)
    assert "No name is due" in body(answer)
    assert "This name is a pseudonym" in body(hana.get(f"/people/{gone[0]}"))


def test_who_may_not_be_forgotten_has_no_button(hana: FlaskClient, gone: list[str]) -> None:
    page = body(hana.get(f"/retention/forget?person={gone[2]}"))
    assert "kept until 20 July 2032" in page
    assert "for ever" not in page
    answer = hana.post("/retention/forget", data={"person": gone[2], "sure": "y"})
    assert answer.status_code == 422
    assert "kept until 20 July 2032" in body(answer)


@pytest.mark.parametrize("query", ["", "?person=x", "?person="])
def test_nobody_chosen_leads_back_to_the_list(hana: FlaskClient, query: str) -> None:
    assert "Tick the people first" in body(hana.get(f"/retention/forget{query}", follow_redirects=True))


def test_somebody_of_another_school_is_nobody(hana: FlaskClient, site: Site) -> None:
    other = people.add_person(site.actor("otto"), PersonDetails("Otto's", left_on=LONG_AGO))
    db.session.commit()
    assert hana.get(f"/retention/forget?person={other.id}").status_code == 404
    assert hana.post("/retention/forget", data={"person": str(other.id), "sure": "y"}).status_code == 404


def test_periods_are_set_by_head_and_bursar_and_what_cannot_be_is_refused(hana: FlaskClient, site: Site) -> None:
    beth = site.client("beth")
    assert beth.post("/retention", data={**PERIODS, "staff_months": "240"}).status_code == 302
    assert service.periods_of(site.school_id()) == Periods(staff_months=240)
    assert "1 name is due" in body(beth.get("/retention"))
    answer = hana.post("/retention", data=PERIODS)
    assert answer.status_code == 422
    assert "Beth Bursar changed the periods" in body(answer)
    for wrong in ({"staff_months": "-1"}, {"staff_months": "x"}, {"loan_months": ""}, {"by_itself": "y"}):
        assert beth.post("/retention", data={**PERIODS, "version": "1", **wrong}).status_code == 422, wrong
    assert hana.post("/retention", data={**PERIODS, "version": "1", "by_itself": "y"}).status_code == 302
    assert service.periods_of(site.school_id()).by_itself


def test_only_the_head_acts_and_others_do_not_see_the_pages(site: Site, gone: list[str]) -> None:
    db.session.commit()
    assert "The head teacher decides" in body(site.client("beth").get("/retention"))
    assert site.client("beth").post("/retention/forget", data={"person": gone[0], "sure": "y"}).status_code == 403
    for name in ("tess", "gwen", "adam", "stan"):
        assert site.client(name).get("/retention").status_code == 403, name


def test_the_timer_proposes_and_acts_only_where_the_head_said_so(
    site: Site, hana: FlaskClient, gone: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    config = site.app.extensions["caretaker"]
    school = db.session.scalars(select(School).where(School.code == "st-b")).one()
    command._run(school, config)
    told = capsys.readouterr().out
    assert "st-b: due since 2021-07-20: Old Oak" in told
    assert "2 due, 2 of them free to be replaced; nothing was changed." in told
    with pytest.raises(Denied, match="only proposed"):
        forgetting.forget(site.actor("hana"), [people.UUID(gone[0])], timer=True)
    db.session.rollback()
    service.change(site.actor("hana"), Periods(by_itself=True), version=0)
    db.session.commit()
    command._run(db.session.scalars(select(School).where(School.code == "st-b")).one(), config)
    assert "2 due, 2 replaced." in capsys.readouterr().out
    names = set(db.session.scalars(select(Person.name).where(Person.forgotten_at.is_not(None))))
    assert names == {"Former member of staff 1", "Former pupil 1"}
