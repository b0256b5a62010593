"""The pages of people, on both databases."""

import re

import pytest
from flask.testing import FlaskClient

from tests.cast import Site
from tests.things import signature
from tracker.agreements import service as agreements
from tracker.db import db
from tracker.people import service
from tracker.people.export import HEADER
from tracker.people.rules import PersonDetails, PersonKind


@pytest.fixture
def tess(site: Site) -> FlaskClient:
    return site.client("tess")


FORM = {"name": "Ruth O'Neill", "kind": "staff", "job": "Class teacher", "email": "", "left_on": ""}


def test_somebody_is_added_shown_and_leaves(tess: FlaskClient, site: Site) -> None:
    answer = tess.post("/people/new", data=FORM)
    assert answer.status_code == 302
    page = tess.get(answer.location).get_data(as_text=True)
    assert "Ruth O&#39;Neill" in page
    edit = f"{answer.location}/edit"
    version = re.search(r'name="version" value="(\d+)"', tess.get(edit).get_data(as_text=True))
    assert version
    left = {**FORM, "left_on": "2020-07-20", "version": version[1]}
    assert tess.post(edit, data=left).status_code == 302
    assert "Ruth" not in tess.get("/people").get_data(as_text=True)
    assert "20 July 2020" in tess.get("/people?show=left").get_data(as_text=True)
    answer = tess.post(edit, data=left)
    assert answer.status_code == 422
    assert "Tess Technician changed" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""}, {"name": "x" * 201}, {"name": "a\x1bb"}, {"kind": "boss"}, {"email": "nobody"},
        {"left_on": "yesterday"}, {"job": "x" * 101},
    ],
)  # fmt: skip
def test_a_bad_form_writes_nothing(tess: FlaskClient, site: Site, wrong: dict[str, str]) -> None:
    answer = tess.post("/people/new", data={**FORM, **wrong})
    assert answer.status_code == 422
    assert "There is a problem" in answer.get_data(as_text=True)
    assert service.listed(site.school_id())[1] == 0


def test_markup_is_only_text(tess: FlaskClient) -> None:
    tess.post("/people/new", data={**FORM, "name": "<script>alert(1)</script>"})
    assert "<script>alert" not in tess.get("/people").get_data(as_text=True)


@pytest.mark.parametrize("query", ["q=%1b", "page=x", "page=-3", "page=99999", "show=maybe&kind=boss", "q=%25"])
def test_a_strange_address_still_gives_a_list(tess: FlaskClient, query: str) -> None:
    assert tess.get(f"/people?{query}").status_code == 200


def test_pages_turn(tess: FlaskClient, site: Site) -> None:
    actor = site.actor("tess")
    for number in range(55):
        service.add_person(actor, PersonDetails(f"Person {number:02}"))
    db.session.commit()
    assert "Person 54" in tess.get("/people?page=2&q=person").get_data(as_text=True)
    assert 'href="?q=person&amp;kind=&amp;show=here&amp;page=2"' in tess.get("/people?q=person").get_data(as_text=True)


def test_a_file_of_people_holds_whom_the_list_shows_and_is_in_the_log(tess: FlaskClient, site: Site) -> None:
    actor = site.actor("tess")
    head = service.add_person(actor, PersonDetails("Hana Head"))
    told = PersonDetails("=Ann", PersonKind.PUPIL, reference="P1", parent_name="Pam", line_manager_id=head.id)
    service.add_person(actor, told)
    db.session.commit()
    answer = tess.get("/people.csv?kind=pupil")
    lines = answer.get_data(as_text=True).lstrip("\ufeff").splitlines()
    assert lines == [",".join(HEADER), "P1,'=Ann,Pupil,,,,,Hana Head,Pam,,"]
    assert tess.get("/people.xlsx").data.startswith(b"PK")
    assert "Data were exported" in tess.get("/log").get_data(as_text=True)


def test_the_parent_of_a_pupil_is_offered_as_who_signs(tess: FlaskClient, site: Site) -> None:
    actor = site.actor("tess")
    pupil = service.add_person(actor, PersonDetails("Pip", PersonKind.PUPIL, parent_name="Pam Parent"))
    found = signature(actor)
    version = agreements.get_version(actor.school_id, found.agreement_version_id)
    db.session.commit()
    page = tess.get(f"/agreements/{version.agreement_id}/record?person={pupil.id}").get_data(as_text=True)
    assert 'value="Pam Parent"' in page
