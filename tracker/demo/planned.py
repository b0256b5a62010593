"""What the sample school plans: its calendar, a kit, and what is reserved for the next days."""

from datetime import date, time, timedelta
from uuid import UUID

from sqlalchemy import select

from tracker.db import db
from tracker.inventory.models import Asset
from tracker.loans import kits, reservations
from tracker.loans.reservations import Asked
from tracker.loans.reservations_rules import span_of
from tracker.terms import rules
from tracker.terms import service as terms
from tracker.values import Actor

_INSET = "Safeguarding and data protection"


def fill(technician: Actor, holders: list[UUID], laptop_name: str) -> None:
    """A typical school year that nobody checked yet, a pair of laptops, two reservations."""
    today = terms.today()
    _calendar(technician, rules.year_of(today))
    query = select(Asset).where(
        Asset.school_id == technician.school_id, Asset.name.startswith(laptop_name), Asset.state == "in_store"
    )
    laptops = list(db.session.scalars(query.order_by(Asset.name)))
    if len(laptops) < 3:  # a smaller sample, as a test makes
        return
    kit = kits.add_kit(
        technician, kits.KitDetails("Pair of laptops", "Two chargers and a mouse"), [one.id for one in laptops[:2]]
    )
    calendar = terms.calendar_of(technician.school_id)
    first = calendar.next_school_day(today)
    second = calendar.next_school_day(first)
    lesson = span_of(first, time(9, 15), None, time(10, 15))
    days = span_of(second, None, second + timedelta(days=1), None)
    if lesson and days:
        reservations.reserve(technician, holders[0], Asked(days, kit_id=kit.id, purpose="Assembly"))
        one = Asked(lesson, kind_id=laptops[2].kind_id, count=1, purpose="Guided reading")
        reservations.reserve(technician, holders[1], one)


def _calendar(technician: Actor, year: int) -> None:
    """This year, from what is typical, with an INSET day; without dates in a year that the program has none for."""
    made = terms.begin(technician, year, rules.typical(year))
    if rules.typical(year):
        day = date(year, 9, 1)
        terms.put(technician, made.id, [rules.Entry(rules.DateKind.INSET, _INSET, day, day)])
