"""What the page of an asset shows of the asset itself: sections of lines, without the empty ones."""

from dataclasses import dataclass, field
from datetime import date

from tracker.inventory import fields
from tracker.inventory.forms import DATA_CLASSES
from tracker.inventory.kinds import get_kind
from tracker.inventory.models import Asset
from tracker.inventory.rules import AssetFacts, Ownership
from tracker.inventory.settings import listing_of
from tracker.inventory.telling import custom_of
from tracker.people import service as people
from tracker.values import london, pounds


@dataclass
class Section:
    """A heading, the lines that say something, and what is not filled in."""

    title: str
    lines: list[tuple[str, str]] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)

    def say(self, label: str, text: str) -> None:
        """Add a line, or note that there is nothing to say."""
        if text:
            self.lines.append((label, text))
        else:
            self.empty.append(label)


def sections(asset: Asset, facts: AssetFacts) -> list[Section]:
    """All that is known of it, in the order of the form."""
    return [_what(asset, facts), _whose(asset, facts), _purchase(asset), _security(asset)]


def _what(asset: Asset, facts: AssetFacts) -> Section:
    made = Section("What it is")
    made.say("Kind", facts.kind)
    made.say("Make and model", f"{asset.make} {asset.model}".strip())
    made.say("Description", asset.description)
    made.say("Serial number", asset.serial or asset.serial_reason)
    values = custom_of(asset)
    for one in fields.all_fields(asset.school_id):
        text = fields.shown(one, values.get(one.id))
        if one.retired_at is not None:
            made.lines += [(f"{one.name} (no longer filled in)", text)] if text else []
        elif one.kind_id in (None, asset.kind_id):
            made.say(one.name, text)
    made.say("Notes", asset.notes)
    return made


def _whose(asset: Asset, facts: AssetFacts) -> Section:
    made, school_id = Section("Whose and where"), asset.school_id
    made.say("Ownership", Ownership(asset.ownership).label)
    if asset.owner or asset.ownership != Ownership.SCHOOL.value:
        made.say("Owner by name", asset.owner)
    made.say("Location", facts.location)
    made.say("Department or class", asset.department)
    person = people.get_person(school_id, asset.responsible_id).name if asset.responsible_id else ""
    made.say("Responsible", person)
    return made


def _purchase(asset: Asset) -> Section:
    made = Section("Purchase and funding")
    made.say("Acquired on", _day(asset.acquired_on))
    made.say("Cost without VAT", _amount(asset.cost_pence))
    made.say("Financial procedures", listing_of(asset, get_kind(asset.school_id, asset.kind_id)))
    made.say("Supplier", asset.supplier)
    made.say("Order or invoice number", asset.order_number)
    made.say("Funding source", asset.funding_source)
    made.say("Warranty until", _day(asset.warranty_until))
    made.say("Expected life", f"{asset.life_months} months" if asset.life_months else "")
    made.say("Insured for", _amount(asset.insurance_pence))
    return made


def _security(asset: Asset) -> Section:
    made = Section("Security and data")
    made.say("Data it may have held", dict(DATA_CLASSES)[asset.data_class])
    made.say("Security marking", asset.security_marking)
    if asset.security_marking:
        made.say("Marked on", _day(asset.security_marked_on))
    made.say("Label last printed", london(asset.label_printed_at) if asset.label_printed_at else "Not yet")
    made.say("Registered", london(asset.created_at))
    return made


def _day(day: date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day else ""


def _amount(pence: int | None) -> str:
    return "" if pence is None else pounds(pence)
