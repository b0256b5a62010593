"""The school's calendar through its pages, on both databases."""

from datetime import date
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from icalendar import Calendar as IcalCalendar

from tests.cast import Site, body, version_of
from tracker.db import db
from tracker.terms import rules, service
from tracker.values import Actor

HEAD = "Kind,Name,First day,Last day\n"


@pytest.fixture
def tess(site: Site) -> FlaskClient:
    return site.client("tess")


def begun(site: Site) -> str:
    """The address of a typical 2026/27."""
    actor = site.actor("tess")
    where = f"/terms/{service.begin(actor, 2026, rules.typical(2026)).id}"
    db.session.commit()
    return where


def names(actor: Actor) -> list[str]:
    (row,) = service.years(actor.school_id)
    return [one.name for one in service.dates_of(row)]


def sent(tess: FlaskClient, where: str, text: str | bytes) -> tuple[int, str]:
    """Import a file; the status and the page."""
    data = text.encode() if isinstance(text, str) else text
    answer = tess.post(f"{where}/import", data={"file": (BytesIO(data), "terms.csv")}, follow_redirects=True)
    return answer.status_code, body(answer)


def test_a_year_is_begun_checked_and_shown(site: Site, tess: FlaskClient) -> None:
    assert "no school year in the calendar yet" in body(tess.get("/terms"))
    year = rules.year_of(service.today())
    page = body(tess.post("/terms/new", data={"year": year, "start": "empty"}, follow_redirects=True))
    assert "There is no date yet" in page
    where = f"/terms/{service.years(site.actor().school_id)[0].id}"
    told = {"kind": "term", "name": "Autumn term", "starts_on": f"{year}-09-01", "ends_on": f"{year}-12-18"}
    assert "The date is added." in body(tess.post(f"{where}/add", data=told, follow_redirects=True))
    page = body(tess.get(where))
    assert "These dates are not checked yet" in page
    version = version_of(tess, where)
    page = body(tess.post(f"{where}/confirm", data={"version": version}, follow_redirects=True))
    assert "Checked by Tess Technician" in page
    assert tess.post(f"{where}/confirm", data={"version": "77"}).status_code == 409
    assert tess.post(f"{where}/confirm", data={}).status_code == 409


def test_a_typical_year_says_that_it_has_to_be_checked(site: Site, tess: FlaskClient) -> None:
    year = min(max(rules.year_of(service.today()), 2025), 2027)
    page = body(tess.post("/terms/new", data={"year": year, "start": "typical"}, follow_redirects=True))
    assert "what it begins with is only typical" in page
    assert "195 school days" in page
    assert "Summer bank holiday" in page
    page = body(tess.post("/terms/new", data={"year": year + 1, "start": "copy"}, follow_redirects=True))
    assert "195 school days" in page or "school days for pupils" in page
    assert tess.post("/terms/new", data={"year": year, "start": "typical"}).status_code == 422


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"year": "1066", "start": "empty"}, "Choose one from the list."),
        ({"year": "", "start": "empty"}, "Choose one from the list."),
        ({"year": "x", "start": "empty"}, "Choose one from the list."),
        ({"year": "now", "start": "all"}, "Choose one from the list."),
        ({"year": "now", "start": "copy"}, "no earlier school year to copy to"),
    ],
)
def test_a_year_that_cannot_be_begun(tess: FlaskClient, told: dict[str, str], words: str) -> None:
    now = str(rules.year_of(service.today()))
    answer = tess.post("/terms/new", data={**told, "year": told["year"].replace("now", now)})
    assert answer.status_code == 422
    assert words in body(answer)


def test_a_date_is_edited_and_removed_after_a_question(site: Site, tess: FlaskClient) -> None:
    where = begun(site)
    (row,) = service.years(site.actor().school_id)
    one = f"/terms/dates/{service.dates_of(row)[1].id}"
    version = version_of(tess, f"{one}/edit")
    told = {"kind": "half_term", "name": "Half-term", "starts_on": "2026-10-26", "ends_on": "", "version": version}
    assert "The change is saved." in body(tess.post(f"{one}/edit", data=told, follow_redirects=True))
    assert tess.post(f"{one}/edit", data=told).status_code == 422  # the version is an old one
    wrong = {**told, "version": version_of(tess, f"{one}/edit"), "starts_on": "0001-01-01"}
    assert "not in the school year" in body(tess.post(f"{one}/edit", data=wrong))
    assert "Remove Half-term?" in body(tess.get(f"{one}/remove"))
    assert tess.post(f"{one}/remove", data={"version": "77"}).status_code == 422
    answer = tess.post(f"{one}/remove", data={"version": version_of(tess, f"{one}/remove")}, follow_redirects=True)
    assert "The date is removed." in body(answer)
    assert "Half-term" not in names(site.actor())
    assert tess.get(f"{one}/edit").status_code == 404
    assert tess.get(where).status_code == 200


def test_the_files_come_back_in_and_open_in_other_programs(site: Site, tess: FlaskClient) -> None:
    where = begun(site)
    data = tess.get(f"{where}.csv").data
    assert sent(tess, where, data)[0] == 200
    assert len(names(site.actor())) == 6  # nothing is added twice
    calendar = IcalCalendar.from_ical(tess.get(f"{where}.ics").data)
    events = calendar.walk("VEVENT")
    assert len(events) == 6
    assert events[0].decoded("dtstart") == date(2026, 9, 1)
    assert events[0].decoded("dtend") == date(2026, 12, 19)  # the day after
    status, page = sent(
        tess, where, HEAD + "INSET day,Safeguarding,27/11/2026,\nClosed,'=Election,2027-05-06,2027-05-06\n"
    )
    assert (status, "2 dates added." in page) == (200, True)
    assert "=Election" in names(site.actor())
    assert "'=Election" in body(tess.get(f"{where}.csv"))  # no spreadsheet runs it


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "The first row of the file has to be"),
        ("Name,Day\nx,y\n", "The first row of the file has to be"),
        (HEAD, "There is no date in this file."),
        (HEAD + "Holiday,x,01/09/2026,01/09/2026\n", "Row 2: The kind is one of"),
        (HEAD + "Term,x,31/02/2027,\n", "Row 2: Write days as"),
        (HEAD + "Term\n", "Row 2: Write days as"),
        (HEAD + "INSET,x,01/09/2030,\n", "not in the school year"),
        (HEAD + "INSET,,01/09/2026,\n", "Enter the name"),
        (HEAD + f"INSET,{'x' * 81},01/09/2026,\n", "longer than 80"),
        (HEAD + "INSET,a\u202eb,01/09/2026,\n", "characters that cannot be shown"),
        (HEAD + "INSET,x,01/09/2026,\n" * 201, "at most 200 rows"),
        (b"\xff\xfe\x00", "no CSV file"),
        (b"\x89PNG\r\n\x1a\n", "no CSV file"),
        ((HEAD + '"Term,x').encode(), "no CSV file"),
        (b"x" * 70_000, "smaller than 64 KiB"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words_and_nothing_is_added(
    site: Site, tess: FlaskClient, text: str | bytes, words: str
) -> None:
    where = begun(site)
    status, page = sent(tess, where, text)
    assert (status, words in page) == (422, True), page[page.find("<main") :]
    assert len(names(site.actor())) == 6


def test_no_file_is_told(site: Site, tess: FlaskClient) -> None:
    answer = tess.post(f"{begun(site)}/import", data={})
    assert (answer.status_code, "Choose the file first." in body(answer)) == (422, True)


def test_everybody_sees_it_and_three_roles_change_it(site: Site) -> None:
    where = begun(site)
    for username, may in (
        ("tess", True),
        ("beth", True),
        ("hana", True),
        ("stan", False),
        ("gwen", False),
        ("adam", False),
    ):
        client = site.client(username)
        page = body(client.get(where))
        assert "Autumn term" in page
        assert ("Add a date" in page) is may
        assert client.get(f"{where}/add").status_code == (200 if may else 403)
    assert site.client("otto").get(where).status_code == 404
