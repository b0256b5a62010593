"""What a column of a list of things can mean, and by which headings schools call it. Pure.

`drive.2.serial` is the serial number of the second drive in the thing, and `custom.<id>` a field that the school added.
"""

import re
from collections.abc import Mapping, Sequence

from labels import code
from tracker.imports.targets import Target, Vocabulary, by_heading, heading_key
from tracker.values import folded

DRIVES = 4  # in one row; a server with more gets them by hand
NOTE = "note"  # may be given more than once: each such column becomes a line of the notes

_THING, _WHERE, _MONEY, _MARKS, _STORAGE = "The thing", "Where and who", "Purchase", "Security and notes", "Storage"
TARGETS: tuple[Target, ...] = (
    Target("tag", "Tag", _THING, "Caretaker's own tag, if a label is on the thing already. Empty: it gets one."),
    Target("kind", "Kind", _THING, "What it is. A kind that the register does not have can be added.", "Laptop"),
    Target("name", "Name", _THING, "What people call it.", "LAP-017"),
    Target("make", "Make", _THING, "Who made it.", "Dell"),
    Target("model", "Model", _THING, "", "Latitude 5420"),
    Target("serial", "Serial number", _THING, "As on the case. A thing is known again by it.", "5CG1234ABC"),
    Target("serial_reason", "No serial number because", _THING, "Only where there is none.", "Label worn off"),
    Target("description", "Description", _THING, "Colour and other marks to know it by.", "Black, blue lid"),
    Target("state", "State", _THING, "“In use” or “In store”. Nothing else can be set by an import.", "In use"),
    Target("ownership", "Ownership", _THING, "School, governors, local authority, DfE, leased, donated or borrowed."),
    Target("owner", "Owner", _THING, "By name, where it is not the school's.", "Worcestershire County Council"),
    Target("data_class", "Data it may have held", _THING, "Personal, special category, or never personal.", "Personal"),
    Target("site", "Site", _WHERE, "The school site, where there are several.", "Main site"),
    Target("building", "Building", _WHERE, "", "Junior block"),
    Target("location", "Room or place", _WHERE, "A room, or a whole path with slashes.", "Year 4"),
    Target("department", "Department or class", _WHERE, "", "Year 4"),
    Target("responsible", "Responsible person", _WHERE, "Name or email address of who answers for it.", "Ann Teacher"),
    Target("acquired_on", "Acquired on", _MONEY, "Day of purchase or gift.", "01/09/2023"),
    Target("cost_pence", "Cost without VAT", _MONEY, "In pounds.", "649.00"),
    Target("supplier", "Supplier", _MONEY, "Who sold or gave it.", "RM Education"),
    Target("order_number", "Order or invoice", _MONEY, "", "PO-2023-114"),
    Target("funding_source", "Funding source", _MONEY, "Budget or grant.", "Devolved capital"),
    Target("insurance_pence", "Insured for", _MONEY, "In pounds.", "700.00"),
    Target("life_months", "Expected life", _MONEY, "In years or months.", "5 years"),
    Target("warranty_until", "Warranty until", _MONEY, "The last day, or a span from the day of purchase.", "3 years"),
    Target("security_marked_on", "Security marked on", _MARKS, "Day of permanent marking.", "10/09/2023"),
    Target("security_marking", "Security marking", _MARKS, "How: engraved, forensic, tamper-evident.", "Engraved"),
    Target("notes", "Notes", _MARKS, "Free text.", "Charger missing"),
    Target(NOTE, "Notes, with its heading", _MARKS, "Any other column, kept as a line of the notes."),
    Target("no_storage", "Holds no storage because", _STORAGE, "The reason, stated in your name. Technicians only."),
)
_PARTS = (
    ("serial", "serial number", "S5Y1NX0R123456"),
    ("kind", "kind (HDD, SSD, NVMe)", "SSD"),
    ("make", "make", "Samsung"),
    ("model", "model", "870 EVO"),
    ("capacity", "capacity", "256 GB"),
)
TARGETS += tuple(
    Target(f"drive.{number}.{part}", f"Drive {number} {label}", _STORAGE, "", example if number == 1 else "")
    for number in range(1, DRIVES + 1)
    for part, label, example in _PARTS
)

# Headings as schools write them, without case, punctuation and what stands in brackets
_SYNONYMS: Mapping[str, str] = {
    "tag": "tag; asset tag; tag number; caretaker tag; label; qr code; asset code",
    "kind": "kind; type; asset type; item type; equipment type; category; class; device type; device; equipment; "
    "hardware type; item; asset; asset category; item category; product type",
    "name": "name; asset name; device name; computer name; hostname; host name; machine name; pc name; nickname; "
    "item name; known as; network name",
    "make": "make; manufacturer; brand; vendor; maker; make of device",
    "model": "model; model name; model number; model no; make model; make and model; model description; product; "
    "product name; make/model",
    "serial": "serial; serial number; serial no; serial num; serial nr; s n; sn; s no; serialnumber; service tag; "
    "serial service tag; serial number service tag; dell service tag; device serial; device serial number; "
    "manufacturer serial; manufacturers serial number; serial code; ser no; unique mark serial; unique mark",
    "serial_reason": "no serial because; no serial number because; reason for no serial; no serial reason",
    "description": "description; item description; colour; color; asset description; details; spec; specification; "
    "identifying marks; equipment description; description of item",
    "state": "state; status; asset status; condition status; in use; usage; current status; use",
    "ownership": "ownership; ownership type; owned or leased; owned leased; lease or owned; owned by school; "
    "source of ownership",
    "owner": "owner; owned by; lessor; leasing company; lender; name of owner",
    "data_class": "data class; data; data held; personal data; holds personal data; data sensitivity; data type; "
    "contains personal data; data it may have held",
    "site": "site; school site; campus; school",
    "building": "building; block; wing",
    "location": "location; room; place; room number; room no; room name; where; current location; location room; "
    "room location; kept in; asset location; room place; classroom; store; room or place",
    "department": "department; dept; class; year group; year; faculty; subject; key stage; team; cost centre; "
    "department or class",
    "responsible": "responsible; responsible person; assigned to; assigned; user; staff; staff member; issued to; "
    "allocated to; allocated; keeper; custodian; responsible officer; holder; used by; member of staff; teacher; "
    "person; person responsible; user name; assigned user",
    "acquired_on": "acquired on; purchased; purchase date; date purchased; date of purchase; bought; date bought; "
    "acquired; date acquired; acquisition date; purchased on; date; order date; invoice date; date received; "
    "received; delivery date; year purchased; year of purchase; date of acquisition; bought on",
    "cost_pence": "cost; price; value; purchase price; purchase cost; cost excl vat; cost ex vat; cost exc vat; "
    "cost without vat; price ex vat; price excl vat; net cost; net price; unit cost; unit price; original cost; "
    "cost net; amount; cost of item; purchase value; net; cost price",
    "supplier": "supplier; bought from; purchased from; supplied by; retailer; dealer; seller; donor; source",
    "order_number": "order number; order no; po number; po; purchase order; invoice; invoice number; invoice no; "
    "order ref; order invoice; order or invoice; purchase order number; order; po no; invoice ref; source order no",
    "funding_source": "funding source; funding; fund; budget; budget code; grant; funded by; ledger code; cost code; "
    "source of funding; paid from",
    "insurance_pence": "insured for; insurance value; insured value; replacement value; replacement cost; insurance",
    "life_months": "expected life; life; useful life; life years; life months; lifespan; expected life years; "
    "expected life months; useful life years; replacement cycle",
    "warranty_until": "warranty until; warranty; warranty end; warranty expiry; warranty expires; warranty end date; "
    "warranty expiry date; warranty to; guarantee; guarantee until; end of warranty; warranty date",
    "security_marked_on": "security marked on; marked on; date marked; security marking date; date security marked",
    "security_marking": "security marking; security mark; security marked; marking; smartwater; selectamark; marked",
    "notes": "notes; note; comments; comment; remarks; other; additional information; further information; "
    "other information; info; observations",
    "no_storage": "no storage because; no storage; holds no storage because; no hard drive because",
}  # fmt: skip
_OLD_NUMBERS = frozenset(
    heading.strip()
    for heading in [
        "asset number",
        " asset no",
        " asset num",
        " asset id",
        " id",
        " number",
        " no",
        " ref",
        " reference",
        " inventory number",
        " inventory no",
        " inventory id",
        " old tag",
        " old number",
        " old label",
        " barcode",
        " asset ref",
        " asset reference",
        " item number",
        " item no",
        " school number",
        " school ref",
        " label number",
        " sticker",
        " sticker number",
        " asset register number",
        " register number",
        " our ref",
        " unique id",
        " unique identification number",
    ]
)
_DRIVE = re.compile(
    r"(?:(?:hard|system|internal|storage|second|2nd|first|1st)\s)?(?:drive|disk|disc|hdd|ssd|nvme|hd|medium|storage)\s?"
    r"(\d)?\s?(serial number|serial no|serial|s n|sn|model|make|manufacturer|capacity|size|type|kind|gb)?(?:\s(\d))?"
)
_DRIVE_PART = {
    "serial number": "serial", "serial no": "serial", "serial": "serial", "s n": "serial", "sn": "serial",
    "model": "model", "make": "make", "manufacturer": "make", "capacity": "capacity", "size": "capacity",
    "gb": "capacity", "type": "kind", "kind": "kind", "": "capacity",
}  # fmt: skip
_WITH_VAT = re.compile(r"\b(?:inc|incl|including|with|gross)\b")
_BY_HEADING = by_heading(TARGETS, _SYNONYMS)


def _meaning(heading: str, samples: Sequence[str], used: set[str]) -> str | None:
    key, plain = heading_key(heading), folded(heading)
    word = _BY_HEADING.get(key)
    if word in ("cost_pence", "insurance_pence") and _WITH_VAT.search(plain) and "ex" not in plain.split():
        return None  # the register keeps prices without VAT; a person decides what to do with others
    if word == "tag":
        told = [one for one in samples if one]
        return "tag" if sum(code.normalise(one) is not None for one in told) * 2 >= len(told) else NOTE
    if word is not None:
        return word
    if key in _OLD_NUMBERS:
        return NOTE
    return _drive(key, used)


def _drive(key: str, used: set[str]) -> str | None:
    found = _DRIVE.fullmatch(key)
    if not found or key == "storage":  # as our own export calls what is in a thing
        return None
    part = _DRIVE_PART[found[2] or ""]
    given = found[1] or found[3] or ("2" if key.startswith(("second", "2nd")) else "")
    numbers = [int(given)] if given else range(1, DRIVES + 1)
    words = [f"drive.{one}.{part}" for one in numbers if 1 <= one <= DRIVES]
    return next((word for word in words if word not in used), None)


ASSETS = Vocabulary(TARGETS, _meaning, frozenset({NOTE}))
