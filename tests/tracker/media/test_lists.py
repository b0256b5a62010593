"""The list of media: every order walked both ways, filters and search, on both databases."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from tests.cast import Site
from tracker.db import add, db
from tracker.inventory.rules import serial_key
from tracker.media import search
from tracker.media.models import Medium
from tracker.media.rules import MediumState
from tracker.paging import END, Turn
from tracker.values import folded, utc_now
from wipe.vocabulary import Medium as MediumKind

NUMBER = 70  # a full page and a part


@pytest.fixture
def school(site: Site) -> UUID:
    """A school with media whose values occur often or are missing."""
    school_id = site.school_id()
    for number in range(NUMBER):
        serial = "" if number % 5 == 0 else f"S-{number // 2:03}"
        medium = Medium(
            school_id=school_id,
            asset_id=None,
            kind=(MediumKind.SSD, MediumKind.HDD, MediumKind.TAPE)[number % 3].value,
            make=("", "Samsung", "samsung", "WD")[number % 4],
            model=("", "870 EVO", "100%")[number % 3],
            serial=serial,
            serial_key=serial_key(serial),
            wwn="",
            capacity_bytes=None if number % 4 == 0 else number % 6 * 10**12,
            firmware="",
            data_class="P",
            state=list(MediumState)[number % len(MediumState)].value,
            notes="",
            created_at=utc_now(),
        )
        add(medium)
    db.session.commit()
    return school_id


def walked(school_id: UUID, filters: search.Filters, *, backwards: bool = False) -> list[UUID]:
    """All ids, in the order of the list."""
    turn, pages = Turn(before=END) if backwards else Turn(), list[list[UUID]]()
    while True:
        page = search.page(school_id, filters, turn)
        pages.append([row.medium.id for row in page.rows])
        following = page.before if backwards else page.after
        if not following:
            return [one for part in (pages[::-1] if backwards else pages) for one in part]
        turn = Turn(before=following) if backwards else Turn(after=following)


@pytest.mark.parametrize("few", [2_000, 3])
def test_every_order_is_walked_both_ways_and_is_the_one_that_one_would_reckon(
    school: UUID, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "FEW", few)
    media = db.session.query(Medium).where(Medium.school_id == school).all()
    stages = list(MediumState)
    values: dict[str, Callable[[Medium], object]] = {
        "registered": lambda one: 0,
        "serial": lambda one: one.serial_key or None,
        "kind": lambda one: one.kind,
        "model": lambda one: folded(f"{one.make} {one.model}") or None,
        "capacity": lambda one: one.capacity_bytes,
        "state": lambda one: stages.index(MediumState(one.state)),
    }
    for sort, value in values.items():
        for down in (False, True):
            for filters in (search.Filters(), search.Filters(text="samsung")):
                told = replace(filters, sort=sort, descending=down)
                kept = [one for one in media if not told.text or folded(one.make) == "samsung"]
                kept.sort(key=lambda one: one.id, reverse=down)
                known = [one for one in kept if value(one) is not None]
                known.sort(key=value, reverse=down)  # type: ignore[arg-type] # all are of one type
                wanted = [one.id for one in (*known, *(one for one in kept if value(one) is None))]
                assert walked(school, told) == wanted, told
                assert walked(school, told, backwards=True) == wanted, told
                assert search.page(school, told, Turn()).total == len(wanted)


def test_filters_and_search_leave_what_they_say(school: UUID) -> None:
    media = db.session.query(Medium).where(Medium.school_id == school).all()
    for filters, keeps in (
        (search.Filters(kind=MediumKind.TAPE), lambda one: one.kind == "tape"),
        (search.Filters(state=MediumState.SANITISED), lambda one: one.state == "sanitised"),
        (search.Filters(loose=True), lambda one: True),
        (search.Filters(text="s 012"), lambda one: one.serial_key == "S012"),
        (search.Filters(text="100%"), lambda one: one.model == "100%"),
        (search.Filters(text="_"), lambda one: False),
    ):
        wanted = sorted(one.id for one in media if keeps(one))
        assert sorted(walked(school, filters)) == wanted, filters
        assert search.count(school, filters) == len(wanted)


@pytest.fixture
def tess(site: Site, school: UUID) -> FlaskClient:
    return site.client("tess")


def test_the_page_sorts_turns_and_exports(site: Site, tess: FlaskClient) -> None:
    page = tess.get("/media?sort=capacity&order=down").text
    assert 'aria-sort="descending"' in page
    assert "after=" in page
    assert tess.get("/media?sort=capacity&page=2").status_code == 302
    assert tess.get("/media?sort=capacity&page=2", follow_redirects=True).status_code == 200
    rows = tess.get("/media.csv?sort=serial&kind=tape").text.splitlines()
    assert len(rows) == 1 + NUMBER // 3
    assert "spreadsheetml" in tess.get("/media.xlsx").content_type
    for strange in (
        "sort=password",
        "after=x",
        "before=%2500",
        "after=" + "9" * 500,
        "sort=capacity&after=x|" + "9" * 25,
    ):
        assert tess.get(f"/media?{strange}").status_code == 200, strange
    otto = site.client("otto")
    assert "0 media" in otto.get("/media").text
    assert len(otto.get("/media.csv").text.splitlines()) == 1
