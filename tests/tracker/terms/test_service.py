"""The school's calendar on both databases: begin, copy, edit, confirm; two people at once; other schools."""

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from tests.cast import OUTSIDER, Site
from tests.together import together
from tracker.audit.service import history
from tracker.db import db
from tracker.terms import rules, service
from tracker.terms.models import CalendarDate, SchoolYear
from tracker.terms.rules import DateKind, Entry
from tracker.values import Actor, Conflict, Denied, NotFound, Role

MONDAY = date(2026, 11, 23)
INSET = Entry(DateKind.INSET, "Safeguarding", date(2026, 11, 27), date(2026, 11, 27))


@pytest.fixture
def tess(site: Site) -> Actor:
    return site.actor("tess")


def begun(actor: Actor, year: int = 2026) -> SchoolYear:
    return service.begin(actor, year, rules.typical(year))


def named(row: SchoolYear, name: str) -> CalendarDate:
    return next(one for one in service.dates_of(row) if one.name == name)


def codes(denied: pytest.ExceptionInfo[Denied]) -> set[str]:
    return {blocker.code for blocker in denied.value.blockers}


def test_other_features_ask_what_a_day_is(tess: Actor, site: Site) -> None:
    school = tess.school_id
    assert service.term_of(school, MONDAY) is None
    assert service.end_of_term(school, MONDAY) is None
    assert service.next_school_day(school, date(2026, 11, 27)) == date(2026, 11, 30)
    row = begun(tess)
    service.put(tess, row.id, [INSET])
    term = service.term_of(school, MONDAY)
    assert term is not None
    assert (term.name, term.ends_on) == ("Autumn term", date(2026, 12, 18))
    assert service.end_of_term(school, MONDAY) == date(2026, 12, 18)
    assert service.next_school_day(school, date(2026, 11, 26)) == date(2026, 11, 30)
    assert not service.is_school_day(school, date(2026, 11, 27))
    assert service.term_of(site.actor(OUTSIDER).school_id, MONDAY) is None  # another school's calendar is its own


def test_a_year_is_begun_from_a_typical_one_or_from_the_last_one(tess: Actor) -> None:
    first = begun(tess)
    assert (service.name_of(first), first.confirmed_at) == ("2026/27", None)
    entries = service.copied(tess.school_id, 2029)
    assert [one.starts_on.weekday() for one in entries] == [one.starts_on.weekday() for one in service.dates_of(first)]
    second = service.begin(tess, 2029, entries)
    assert len(service.dates_of(second)) == 6
    assert service.copied(tess.school_id, 2020) == []
    assert [one.year for one in service.years(tess.school_id)] == [2029, 2026]
    with pytest.raises(Denied) as denied:
        begun(tess)
    assert codes(denied) == {"year"}


def test_dates_are_changed_removed_and_told_in_the_log(tess: Actor) -> None:
    row = begun(tess)
    term = named(row, "Summer term")
    service.edit(tess, term.id, replace(service.entry_of(term), ends_on=date(2027, 7, 16)), version=term.version)
    half = named(row, "May half-term")
    service.remove(tess, half.id, version=half.version)
    service.confirm(tess, row.id, version=row.version)
    assert row.confirmed_by == "Tess Technician"
    assert {one.name for one in service.dates_of(row)} & {"May half-term"} == set()
    kinds = [one.kind for one in history(tess.school_id, "school_year", row.id)]
    assert kinds == [
        "school_year:confirmed",
        "school_year:changed",
        "school_year:changed",
        "school_year:changed",
        "school_year:created",
    ]


def test_what_stands_there_is_not_added_twice(tess: Actor) -> None:
    row = begun(tess)
    assert service.put(tess, row.id, [INSET, *rules.typical(2026)]) == 1
    assert service.put(tess, row.id, [replace(INSET, name=" Safeguarding ")]) == 0


def test_dates_that_do_not_fit_are_all_named_and_none_is_kept(tess: Actor) -> None:
    row = begun(tess)
    wrong = replace(INSET, name="Far away", starts_on=date(2030, 1, 1), ends_on=date(2030, 1, 1))
    with pytest.raises(Denied) as denied:
        service.put(tess, row.id, [INSET, wrong, replace(wrong, name="Back", ends_on=date(2029, 1, 1))])
    assert "Far away" in str(denied.value)
    assert "Back" in str(denied.value)
    assert len(service.dates_of(row)) == 6


def test_a_year_without_a_term_cannot_be_confirmed(tess: Actor) -> None:
    row = service.begin(tess, 2026, [])
    with pytest.raises(Denied) as denied:
        service.confirm(tess, row.id, version=row.version)
    assert codes(denied) == {"dates"}


def test_who_may_not(tess: Actor) -> None:
    row = begun(tess)
    for role in (Role.STAFF, Role.GOVERNOR, Role.AUDITOR, None):
        nobody, one = replace(tess, role=role), service.dates_of(row)[0]
        for work in (
            lambda actor=nobody: begun(actor, 2027),
            lambda actor=nobody: service.put(actor, row.id, [INSET]),
            lambda actor=nobody, one=one: service.edit(actor, one.id, service.entry_of(one), version=one.version),
            lambda actor=nobody, one=one: service.remove(actor, one.id, version=one.version),
            lambda actor=nobody: service.confirm(actor, row.id, version=row.version),
        ):
            with pytest.raises(Denied) as denied:
                work()
            assert "role" in codes(denied)


def test_a_change_that_comes_too_late_is_told(tess: Actor) -> None:
    row = begun(tess)
    one, version = service.dates_of(row)[0], row.version
    with pytest.raises(Conflict):
        service.edit(tess, one.id, service.entry_of(one), version=one.version + 1)
    with pytest.raises(Conflict):
        service.remove(tess, one.id, version=one.version + 1)
    with pytest.raises(Conflict):
        service.confirm(tess, row.id, version=version + 1)


def test_another_schools_calendar_does_not_exist(tess: Actor, site: Site) -> None:
    otto = site.actor(OUTSIDER)
    row = begun(tess)
    one = service.dates_of(row)[0]
    for work in (
        lambda: service.put(otto, row.id, [INSET]),
        lambda: service.confirm(otto, row.id, version=row.version),
        lambda: service.edit(otto, one.id, INSET, version=1),
        lambda: service.remove(otto, one.id, version=1),
        lambda: service.get_year(tess.school_id, uuid4()),
        lambda: service.get_date(otto.school_id, one.id),
    ):
        with pytest.raises(NotFound):
            work()


def test_two_people_begin_the_same_year_at_once(tess: Actor, site: Site) -> None:
    db.session.commit()
    raised = together(site.app, [lambda: begun(tess), lambda: begun(tess)])
    assert [type(one) for one in raised] == [Denied]
    assert len(service.years(tess.school_id)) == 1


def test_two_people_enter_overlapping_terms_at_once(tess: Actor, site: Site) -> None:
    row_id = service.begin(tess, 2026, []).id
    db.session.commit()
    terms = [
        Entry(DateKind.TERM, "Autumn term", date(2026, 9, 1), date(2026, 12, 18)),
        Entry(DateKind.TERM, "Winter term", date(2026, 10, 1), date(2027, 2, 1)),
    ]
    raised = together(site.app, [lambda one=one: service.put(tess, row_id, [one]) for one in terms])
    assert [type(one) for one in raised] == [Denied]
    assert len(service.dates_of(service.get_year(tess.school_id, row_id))) == 1
