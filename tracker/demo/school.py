"""The sample school: who works there, and where things stand. Nobody in it is real."""

from tracker.demo.equipment import CLASSES
from tracker.inventory.details import LocationDetails
from tracker.inventory.rules import LocationLevel
from tracker.people.rules import PersonDetails, PersonKind
from tracker.values import Role

NAME = "Saint Brigid's Catholic Primary School"
CODE = "st-brigids"
PASSWORD = "demonstration only"  # noqa: S105 - printed on the screen of the demonstration, which is on loopback
USERS = (
    ("tess", "Tess Technician", Role.TECHNICIAN),
    ("beth", "Beth Bursar", Role.BURSAR),
    ("hana", "Hana Head", Role.HEAD),
    ("gwen", "Gwen Governor", Role.GOVERNOR),
    ("adam", "Adam Auditor", Role.AUDITOR),
    ("stan", "Stan Staff", Role.STAFF),
)

_B, _R, _C = LocationLevel.BUILDING, LocationLevel.ROOM, LocationLevel.CABINET
# (name, level, the place that holds it, can be locked, fire class); the site itself is made with the school
PLACES = (
    ("Main building", _B, NAME, False, ""),
    ("Nursery", _B, NAME, False, ""),
    ("Sports hall", _B, NAME, False, ""),
    ("School office", _R, "Main building", True, ""),
    ("Reception desk", _R, "Main building", False, ""),
    ("Head teacher's office", _R, "Main building", True, ""),
    ("SENCO room", _R, "Main building", True, ""),
    ("Staff room", _R, "Main building", False, ""),
    ("PPA room", _R, "Main building", False, ""),
    ("Hall", _R, "Main building", False, ""),
    ("Library", _R, "Main building", False, ""),
    ("ICT suite", _R, "Main building", True, ""),
    ("IT office", _R, "Main building", True, ""),
    ("IT store", _C, "IT office", True, ""),
    ("Fire safe", _C, "School office", True, "S 60 DIS"),
    ("Server room", _R, "Main building", True, ""),
    ("Rack", _C, "Server room", True, ""),
    ("Trolley A", _C, "Library", True, ""),
    ("Trolley B", _C, "Library", True, ""),
    ("Trolley C", _C, "ICT suite", True, ""),
    ("Trolley D", _C, "PPA room", True, ""),
    ("Nursery room", _R, "Nursery", False, ""),
    ("Store", _R, "Sports hall", True, ""),
)

_STAFF = {
    "Head teacher": ["Hana Head"],
    "School business manager": ["Beth Bursar"],
    "Network technician": ["Tess Technician"],
    "Class teacher": [
        "Aoife Brennan", "Daniel Osei", "Emily Carter", "Farah Siddiqui", "Grace Mbeki", "Harriet Lowe",
        "Imran Qureshi", "Jessica Palmer", "Katarzyna Nowak", "Liam Doherty", "Megan Pritchard", "Nadia Haddad",
        "Owen Griffiths", "Priya Nair", "Rhiannon Bevan", "Sean Gallagher", "Zoë Ní Bhriain",
    ],
    "SENCO": ["Margaret Ellison"],
    "Deputy head teacher": ["Thomas Achebe"],
    "Teaching assistant": [
        "Abigail Stone", "Beata Kowalczyk", "Carol Whitlock", "Debbie Marsh", "Elena Popescu", "Fiona Skelton",
        "Gemma Tully", "Joan Fairbrother", "Kelly Underwood", "Lorna Beckford", "Nicola Strand", "Olu Adeyemi",
    ],
    "School secretary": ["Stan Staff", "Sheila Burrows"],
    "Site manager": ["Wojciech Zając"],
    "Midday supervisor": ["Pauline Draper", "Rita Gomes", "Sandra Ives", "Tina Novak"],
}  # fmt: skip


def places() -> list[tuple[str, LocationDetails, str]]:
    """Every place below the site: its name, its details without the parent's id, and the parent's name."""
    rooms = [(name, _R, "Main building", False, "") for name in CLASSES]
    return [
        (name, LocationDetails(name, level, None, lockable, fire), parent)
        for name, level, parent, lockable, fire in (*PLACES, *rooms)
    ]


def persons() -> list[PersonDetails]:
    """Everybody: staff, two governors, two from outside."""
    staff = [PersonDetails(name, job=job) for job, names in _STAFF.items() for name in names]
    others = [
        PersonDetails("Gwen Governor", PersonKind.GOVERNOR, "Chair of governors"),
        PersonDetails("Father Dominic Reilly", PersonKind.GOVERNOR, "Foundation governor"),
        PersonDetails("Adam Auditor", PersonKind.EXTERNAL, "Auditor of the local authority"),
        PersonDetails("Ruth Aldous", PersonKind.EXTERNAL, "Music teacher"),
    ]
    return staff + others
