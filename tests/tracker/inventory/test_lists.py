"""The list of assets: every order walked both ways, every filter held against a plain reckoning, on both databases."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy import text

from tests.cast import counted
from tests.tracker.inventory.conftest import Register
from tracker.db import add, db
from tracker.inventory import fields, places, search, telling
from tracker.inventory import filters as filters_module
from tracker.inventory.details import LocationDetails
from tracker.inventory.fields_rules import FieldDetails
from tracker.inventory.filters import Filters, Wanted
from tracker.inventory.models import Asset, AssetKind, Location
from tracker.inventory.rows import Row
from tracker.inventory.rules import AssetState, CustomType, LocationLevel, Ownership, serial_key
from tracker.inventory.sorting import ORDERS
from tracker.paging import END, Page, Turn
from tracker.people import service as people
from tracker.people.models import Person
from tracker.values import folded, search_words, utc_now
from wipe.vocabulary import DataClass

NUMBER = 130  # two full pages and a part
NAMES = ("", "", "LAP-1", "lap-1", "Zoë's", "École", "iPad 7", "iPad 7")
PICK = random.Random(7)  # noqa: S311 - the same every time


@pytest.fixture
def crowd(register: Register) -> Register:
    """A register in which every value occurs often, is missing often, or both."""
    kinds = [register.kind(name) for name in ("Laptop", "Monitor", "Projector")]
    block = register.place("Ångström block", level=LocationLevel.BUILDING)
    rooms = [None, block.id, *(register.place(name, inside=block).id for name in ("Room 2", "Room 10", "room 1"))]
    names = ("Zoë Ní Bhriain", "adam Smith", "Beth Jones", "Beth Jones")
    persons = [None, *(people.add_person(register.actor, people.PersonDetails(name)).id for name in names)]
    of_all = fields.add_field(register.actor, FieldDetails("Charger", CustomType.TEXT))
    yes_no = fields.add_field(register.actor, FieldDetails("Insured", CustomType.YES_NO))
    money = fields.add_field(register.actor, FieldDetails("Rent", CustomType.MONEY))
    known = {field.id: field for field in (of_all, yes_no, money)}
    for number in range(NUMBER):
        custom: dict[str, object] = {str(of_all.id): f"C-{number % 5} Größe"} if number % 3 else {}
        custom |= {str(yes_no.id): number % 4 == 1} if number % 2 else {}
        custom |= {str(money.id): number % 3 * 100} if number % 5 else {}
        _plant(register, number, kinds, rooms, persons, custom, known)
    db.session.flush()
    return register


def _plant(register, number, kinds, rooms, persons, custom, known) -> Asset:  # type: ignore[no-untyped-def]
    pick = PICK
    serial = f"SN-{number // 2:03}" if number % 4 else ""
    tag = f"{number * 7919 % 1000:03}ABCD{number % 10}"
    kept: dict[str, object] = {
        **dict.fromkeys(telling.PLAIN, ""),
        **dict.fromkeys(("insurance_pence", "life_months", "security_marked_on"), None),
        "kind_id": pick.choice(kinds),
        "name": pick.choice(NAMES),
        "make": pick.choice(("", "Dell", "dell", "HP")),
        "model": pick.choice(("", "L1", "P 2")),
        "serial": serial,
        "serial_key": serial_key(serial),
        "serial_reason": "" if serial else "Worn off",
        "location_id": pick.choice(rooms),
        "responsible_id": pick.choice(persons),
        "department": pick.choice(("", "Art", "Year 3")),
        "funding_source": pick.choice(("", "PTA")),
        "supplier": pick.choice(("", "XMA 100%", "Stone_Group")),
        "notes": pick.choice(("", "Cracked corner\nseen by José", "lent to the office")),
        "acquired_on": pick.choice((None, date(2024, 9, 1), date(2020, 2, 29))),
        "cost_pence": pick.choice((None, 0, 10_000, 99_999)),
        "warranty_until": pick.choice((None, date(2025, 1, 1), date(2027, 1, 1))),
        "custom": custom,
    }
    asset = Asset(
        school_id=register.school_id,
        tag=tag,
        **kept,
        ownership=pick.choice(list(Ownership)).value,
        data_class=pick.choice(list(DataClass)).value,
        state=pick.choice(list(AssetState)).value,
        media_count=pick.choice((0, 0, 2)),
        media_holding=0,
        unsafe="",
        label_printed_at=pick.choice((None, datetime(2026, 1, 1, 9, tzinfo=UTC), datetime(2026, 2, 1, 9, tzinfo=UTC))),
        created_at=utc_now(),
        search=telling.search_text(tag, kept, known),
    )
    add(asset)
    return asset


@pytest.fixture(params=["few", "many"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways in which filtered rows are put in order: all at once, or along an index."""
    if request.param == "many":
        monkeypatch.setattr(search, "FEW", 3)
        monkeypatch.setattr(filters_module, "NAMED_MOST", 1)
    return str(request.param)


def turned(register: Register, filters: Filters, *, backwards: bool = False) -> Iterator[Page[Row]]:
    """All pages, one after the other."""
    turn = Turn(before=END) if backwards else Turn()
    while True:
        page = search.page(register.school_id, filters, turn)
        yield page
        if not (page.before if backwards else page.after):
            return
        turn = Turn(before=page.before) if backwards else Turn(after=page.after)


def walked(register: Register, filters: Filters, *, backwards: bool = False) -> list[Row]:
    """All rows, in the order of the list."""
    pages = [page.rows for page in turned(register, filters, backwards=backwards)]
    return [row for rows in (pages[::-1] if backwards else pages) for row in rows]


def _reckoned(register: Register) -> dict[str, Callable[[Asset], object]]:
    """What each order sorts by, None for what is not known, reckoned without the database."""
    kinds = {one.id: folded(one.name) for one in db.session.query(AssetKind)}
    paths = {one.id: folded(one.path).split(" / ") for one in db.session.query(Location)}
    persons = {one.id: folded(one.name) for one in db.session.query(Person)}
    stages = list(AssetState)
    return {
        "tag": lambda one: 0,
        "kind": lambda one: kinds[one.kind_id],
        "name": lambda one: one.name or None,
        "model": lambda one: folded(f"{one.make} {one.model}") or None,
        "serial": lambda one: one.serial_key or None,
        "state": lambda one: stages.index(AssetState(one.state)),
        "location": lambda one: paths[one.location_id] if one.location_id else None,
        "department": lambda one: folded(one.department) or None,
        "person": lambda one: persons[one.responsible_id] if one.responsible_id else None,
        "acquired": lambda one: one.acquired_on,
        "cost": lambda one: one.cost_pence,
        "warranty": lambda one: one.warranty_until,
        "labelled": lambda one: one.label_printed_at,
    }


def all_assets(register: Register) -> list[Asset]:
    query = db.session.query(Asset).where(Asset.school_id == register.school_id)
    return list(query)


@pytest.mark.parametrize("down", [False, True])
def test_every_order_is_walked_both_ways_and_shows_every_row_once(crowd: Register, down: bool) -> None:
    tags = {asset.tag for asset in all_assets(crowd)}
    for sort in ORDERS:
        filters = Filters(sort=sort, descending=down)
        rows = [row.tag for row in walked(crowd, filters)]
        assert len(rows) == NUMBER, sort
        assert set(rows) == tags, sort
        assert [row.tag for row in walked(crowd, filters, backwards=True)] == rows, sort
        assert [row.tag for part in search.everything(crowd.school_id, filters) for row in part] == rows, sort
        assert search.page(crowd.school_id, filters).total == NUMBER


@pytest.mark.parametrize("down", [False, True])
def test_the_orders_are_those_that_one_would_reckon_by_hand(crowd: Register, way: str, down: bool) -> None:
    """Values that are not known come last, whichever way the list is turned; rows that are alike go by their tag."""
    everything = all_assets(crowd)
    for sort, value in _reckoned(crowd).items():
        for narrowed in (Filters(), Filters(text="a")):
            kept = [one for one in everything if not narrowed.text or _finds(crowd, one, narrowed.text)]
            known = sorted(kept, key=lambda one: one.tag, reverse=down)
            known.sort(key=lambda one: (value(one) is None) != down)
            with_value = [one for one in known if value(one) is not None]
            with_value.sort(key=value, reverse=down)  # type: ignore[arg-type] # all are of one type
            without = sorted((one for one in kept if value(one) is None), key=lambda one: one.tag, reverse=down)
            # equal values in descending order: Python keeps the order in which they were, which is by tag downwards
            wanted = [one.tag for one in (*with_value, *without)]
            rows = [row.tag for row in walked(crowd, replace(narrowed, sort=sort, descending=down))]
            assert rows == wanted, (sort, narrowed.text)


def test_rows_that_are_added_meanwhile_shift_nothing(crowd: Register) -> None:
    before = {asset.tag for asset in all_assets(crowd)}
    for sort in ("tag", "name", "person", "location", "cost", "registered"):
        seen = list[str]()
        for number, page in enumerate(turned(crowd, Filters(sort=sort))):
            seen += [row.tag for row in page.rows]
            for name in ("", "zzz"):
                crowd.asset("Laptop", name=name, serial=f"NEW-{sort}-{number}-{name}")
        assert len([tag for tag in seen if tag in before]) == len(before), sort
        assert len(set(seen)) == len(seen), sort
        before |= {asset.tag for asset in all_assets(crowd)}


def test_a_cursor_that_cannot_be_read_shows_the_first_page(crowd: Register) -> None:
    first = {sort: search.page(crowd.school_id, Filters(sort=sort)).rows for sort in ORDERS}
    for sort in ("registered", "acquired", "cost", "warranty", "labelled", "state", "tag"):
        for cursor in (
            "x|\0",
            "%00|%00",
            "x|nonsense",
            "|",
            "~",
            "x|99999999999999999999",
            "ü|2024-99-99",
            "%ff%fe|%ff",
        ):
            for turn in (Turn(after=cursor), Turn(before=cursor)):
                page = search.page(crowd.school_id, Filters(sort=sort), turn)
                assert page.total == NUMBER
                if sort not in ("tag", "state") and "nonsense" in cursor:
                    assert page.rows == first[sort], (sort, cursor)


def test_beyond_the_last_row_is_the_first_page(crowd: Register) -> None:
    page = search.page(crowd.school_id, Filters(), Turn(after="ZZZZZZZZ"))
    assert page.rows == search.page(crowd.school_id, Filters()).rows
    assert page.before == ""


def _finds(register: Register, asset: Asset, words: str) -> bool:
    """The search box, reckoned by hand."""
    place = db.session.get(Location, (register.school_id, asset.location_id)) if asset.location_id else None
    person = db.session.get(Person, (register.school_id, asset.responsible_id)) if asset.responsible_id else None
    kind = db.session.get(AssetKind, (register.school_id, asset.kind_id))
    assert kind is not None
    texts = [asset.search, place.search if place else "", person.search if person else "", folded(kind.name)]
    return all(any(word in one for one in texts) for word in search_words(words))


WORDS = (
    "a", "1", "z", "de", "dell", "DELL  laptop", "zoe", "ni bhriain", "angstrom", "room 1", "room 10 laptop", "100%",
    "_", "stone_", "cracked", "jose seen", "pta", "c-3", "grosse", "sn0", "sn-0", "qqqq", "%", "\\", "'", "worn",
    "ecole",
)  # fmt: skip


def test_the_search_box_finds_what_one_would_find_by_hand(crowd: Register, other: Register, way: str) -> None:
    other.asset("Laptop", name="LAP-1", make="Dell", notes="Cracked corner", serial="SN-000")
    everything = all_assets(crowd)
    for words in WORDS:
        wanted = sorted(one.tag for one in everything if _finds(crowd, one, words))
        for sort in ("tag", "person"):
            assert sorted(row.tag for row in walked(crowd, Filters(text=words, sort=sort))) == wanted, words
        assert search.count(crowd.school_id, Filters(text=words)) == len(wanted), words
    assert any(_finds(crowd, one, "c-3") for one in everything), "custom values are found"


def test_every_filter_leaves_what_it_says(crowd: Register, other: Register, way: str) -> None:
    other.asset("Laptop", department="Art")
    everything = all_assets(crowd)
    some = next(one for one in everything if one.location_id and one.responsible_id and one.department == "Art")
    block = next(one for one in db.session.query(Location) if one.name == "Ångström block")
    inside = {one.id for one in db.session.query(Location) if one.path.startswith(block.path)}
    charger, insured, rent = (
        next(one.id for one in fields.all_fields(crowd.school_id) if one.name == name)
        for name in ("Charger", "Insured", "Rent")
    )

    def held(one: Asset, field_id: UUID) -> object:
        return one.custom.get(str(field_id))

    cases: list[tuple[Filters, Callable[[Asset], bool]]] = [
        (Filters(kind_id=some.kind_id), lambda one: one.kind_id == some.kind_id),
        (Filters(state=AssetState(some.state)), lambda one: one.state == some.state),
        (Filters(ownership=Ownership(some.ownership)), lambda one: one.ownership == some.ownership),
        (Filters(data_class=DataClass.SPECIAL), lambda one: one.data_class == "S"),
        (Filters(person_id=some.responsible_id), lambda one: one.responsible_id == some.responsible_id),
        (Filters(location_id=block.id), lambda one: one.location_id in inside),
        (Filters(department="Art"), lambda one: one.department == "Art"),
        (Filters(funding="PTA"), lambda one: one.funding_source == "PTA"),
        (
            Filters(acquired_from=date(2021, 1, 1), acquired_to=date(2024, 9, 1)),
            lambda one: one.acquired_on == date(2024, 9, 1),
        ),
        (Filters(warranty_before=date(2025, 1, 2)), lambda one: one.warranty_until == date(2025, 1, 1)),
        (Filters(unlabelled=True), lambda one: one.label_printed_at is None),
        (Filters(labelled=True), lambda one: one.label_printed_at is not None),
        (Filters(ids=(some.id,)), lambda one: one.id == some.id),
        (Filters(custom=(Wanted(charger, "c-1 GR"),)), lambda one: str(held(one, charger) or "").startswith("C-1 Gr")),
        (Filters(custom=(Wanted(charger, "C-1", exactly=True),)), lambda one: False),
        (
            Filters(custom=(Wanted(charger, "c-1 größe", exactly=True),)),
            lambda one: held(one, charger) == "C-1 Größe",
        ),
        (Filters(custom=(Wanted(insured, "Yes"),)), lambda one: held(one, insured) is True),
        (Filters(custom=(Wanted(insured, "no"),)), lambda one: held(one, insured) is False),
        (Filters(custom=(Wanted(rent, "£2.00"),)), lambda one: held(one, rent) == 200),
        (Filters(custom=(Wanted(rent, "much"),)), lambda one: False),
        (Filters(custom=(Wanted(some.id, "unknown field"),)), lambda one: True),
        (Filters(department="Art", text="a"), lambda one: one.department == "Art" and _finds(crowd, one, "a")),
    ]
    for filters, keeps in cases:
        wanted = sorted(one.tag for one in everything if keeps(one))
        for sort in ("location", "name"):
            rows = walked(crowd, replace(filters, sort=sort))
            assert sorted(row.tag for row in rows) == wanted, filters
        assert search.count(crowd.school_id, filters) == len(wanted), filters


def test_storage_that_nobody_told_of_is_found(register: Register, way: str) -> None:
    made = {name: register.asset(kind).tag for name, kind in (("laptop", "Laptop"), ("projector", "Projector"))}
    assert [row.tag for row in walked(register, Filters(storage_untold=True))] == [made["laptop"]]


def test_a_retired_label_still_finds_its_asset(register: Register) -> None:
    from tracker.inventory.models import RetiredLabel

    asset = register.asset("Laptop")
    old = "0000000" + "0"
    add(
        RetiredLabel(
            school_id=register.school_id,
            asset_id=asset.id,
            tag=old,
            reason="Lost",
            retired_by="Tess",
            retired_by_id=None,
            retired_at=utc_now(),
        )
    )
    assert [row.tag for row in walked(register, Filters(text="0000-0000"))] == [asset.tag]


def test_no_first_page_sorts_the_table(crowd: Register) -> None:
    """The database is asked how it would go about it; PostgreSQL is told that the table is not as small as it is."""
    lite = db.engine.dialect.name == "sqlite"
    if not lite:
        for way in ("enable_seqscan", "enable_bitmapscan"):
            db.session.execute(text(f"SET LOCAL {way} = off"))
    for sort in ORDERS:
        for down in (False, True):
            for turn in (Turn(), Turn(before=END)):
                found = _plans(crowd, Filters(sort=sort, descending=down), turn, lite)
                assert found, sort
                bad = [plan for plan in found if "USE TEMP B-TREE" in plan or "Sort" in plan]
                assert not bad, (sort, down, bad)


def _plans(register: Register, filters: Filters, turn: Turn, lite: bool) -> list[str]:
    """How the statements that read many assets would run; those that name fifty rows by their ids do not count."""
    from sqlalchemy import event

    asked: list[tuple[str, object]] = []

    def note(connection, cursor, statement, parameters, context, many) -> None:  # type: ignore[no-untyped-def]
        asked.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        search.page(register.school_id, filters, turn)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    found = []
    connection = db.session.connection()
    for statement, parameters in asked:
        if not statement.startswith("SELECT") or "asset_kinds.data_bearing" in statement:
            continue
        explain = "EXPLAIN QUERY PLAN " if lite else "EXPLAIN "
        plan = connection.exec_driver_sql(explain + statement, parameters)  # type: ignore[arg-type]
        found.append("\n".join(str(row[-1]) for row in plan))
    return found


def test_the_number_of_queries_is_the_same_for_any_page(crowd: Register) -> None:
    for sort in ORDERS:
        for filters in (Filters(sort=sort), Filters(sort=sort, text="a")):
            numbers = set()
            for turn in (Turn(), Turn(after=search.page(crowd.school_id, filters).after), Turn(before=END)):
                with counted() as seen:
                    search.page(crowd.school_id, filters, turn)
                numbers.add(len(seen))
            assert max(numbers) <= 9, (sort, numbers)


def test_a_place_is_sorted_by_the_tree_and_not_by_its_letters(register: Register) -> None:
    block = register.place("A", level=LocationLevel.BUILDING)
    beside = register.place("A (new)", level=LocationLevel.BUILDING)
    room = places.add_location(register.actor, LocationDetails("1", LocationLevel.ROOM, block.id))
    wanted = [register.asset(location_id=place.id).tag for place in (block, room, beside)]
    assert [row.tag for row in walked(register, Filters(sort="location"))] == wanted
