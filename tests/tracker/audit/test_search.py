"""The log as a list: by kind, person, day and text, page by page, on both databases."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, update
from uuid_utils.compat import uuid7

from tests.cast import Site
from tracker.audit import chain, search
from tracker.audit.kinds import EventKind
from tracker.audit.models import ChainHead, Event
from tracker.audit.search import SYSTEM, Filter
from tracker.db import db

START = datetime(2026, 1, 1, 9, tzinfo=UTC)
NUMBER = 60


@pytest.fixture
def school(site: Site) -> tuple[UUID, list[UUID]]:
    """A school whose log goes on with events of two people, the clock put back once."""
    school_id, people = site.school_id(), [uuid7(), uuid7()]
    begin = db.session.query(Event).where(Event.school_id == school_id).count()
    rows = []
    for number in range(NUMBER):
        minutes = number if number < 40 else number - 30
        detail = chain.detail_bytes(
            {"actor": f"Person {number % 2}", "label": f"Thing {number}", "before": None, "after": None, "why": ""}
        )
        rows.append(
            {
                "school_id": school_id,
                "id": uuid7(),
                "seq": begin + 1 + number,
                "at": START + timedelta(minutes=minutes),
                "kind": (EventKind.ASSET_MOVED if number % 3 else EventKind.ASSET_CHANGED).value,
                "actor_id": None if number % 10 == 9 else people[number % 2],
                "subject_type": "asset",
                "subject_id": people[0],
                "detail": detail.decode(),
                "salt": b"",
                "detail_digest": "d",
                "previous": "p",
                "hash": "h",
            }
        )
    db.session.execute(insert(Event), rows)
    head = update(ChainHead).where(ChainHead.school_id == school_id)
    db.session.execute(head.values(seq=begin + NUMBER))  # a sign-in goes on from there
    db.session.commit()
    return school_id, people


def walked(school_id: UUID, asked: Filter, limit: int = 7) -> list[int]:
    """The numbers of all events, page by page."""
    found, before = list[int](), None
    for _ in range(200):
        page = search.page(school_id, asked, before_seq=before, limit=limit)
        found += [one.seq for one in page.entries]
        if page.older is None:
            return found
        before = page.older
    raise AssertionError("the pages never end")


def test_every_filter_is_walked_to_its_end(school: tuple[UUID, list[UUID]]) -> None:
    school_id, people = school
    events = db.session.query(Event).where(Event.school_id == school_id).all()
    day = START + timedelta(minutes=25)
    cases = (
        (Filter(), lambda one: True),
        (Filter(kind="asset:moved"), lambda one: one.kind == "asset:moved"),
        (Filter(actor_id=people[1]), lambda one: one.actor_id == people[1]),
        (Filter(actor_id=SYSTEM), lambda one: one.actor_id is None),
        (Filter(since=START, until=day), lambda one: START <= one.at < day),
        (Filter(kind="asset:changed", since=day), lambda one: one.kind == "asset:changed" and one.at >= day),
        (
            Filter(kind="asset:changed", actor_id=people[0]),
            lambda one: one.kind == "asset:changed" and one.actor_id == people[0],
        ),
        (Filter(label="thing 1"), lambda one: '"label":"Thing 1' in (one.detail or "")),
        (Filter(actor="person 1", until=day), lambda one: '"Person 1"' in (one.detail or "") and one.at < day),
        (Filter(subject_type="asset", subject_id=people[0]), lambda one: one.subject_id == people[0]),
    )
    for asked, keeps in cases:
        wanted = sorted(one.seq for one in events if keeps(one))
        found = walked(school_id, asked)
        assert sorted(found) == wanted, asked
        assert sorted(one.seq for one in search.search(school_id, asked, before_seq=None, limit=1000)) == wanted


def test_by_day_the_order_is_that_of_time(school: tuple[UUID, list[UUID]]) -> None:
    school_id, _ = school
    times = {one.seq: one.at for one in db.session.query(Event).where(Event.school_id == school_id)}
    found = walked(school_id, Filter(since=START))
    assert [times[seq] for seq in found] == sorted((times[seq] for seq in found), reverse=True)
    assert walked(school_id, Filter()) == sorted(times, reverse=True)


def test_a_text_is_looked_for_in_steps_and_the_page_says_so(
    site: Site, school: tuple[UUID, list[UUID]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "STEP", 5)
    school_id, _ = school
    page = search.page(school_id, Filter(label="Thing 1"), before_seq=None, limit=50)
    assert page.unsearched
    assert walked(school_id, Filter(label="Thing 3"), limit=50)
    client = site.client("tess")
    text = client.get("/log?what=Thing+1").text
    assert "Search older events" in text
    assert "searched" in client.get("/log?what=nowhere").text


def test_people_are_told_by_the_name_that_they_had_last(school: tuple[UUID, list[UUID]], site: Site) -> None:
    school_id, people = school
    found = dict(search.actors(school_id))
    assert (found[people[0]], found[people[1]]) == ("Person 0", "Person 1")
    assert people[0] not in dict(search.actors(site.school_id("other")))
    page = site.client("tess").get(f"/log?actor={people[0]}").text
    assert "Person 0" in page
    assert f'<option value="{people[0]}" selected>' in page
