"""What schools write for the words of the register: ownership, data class, state, kinds, groups of people. Pure."""

from collections.abc import Iterable, Mapping

from tracker.inventory.rules import AssetState, Ownership
from tracker.people.rules import PersonKind
from tracker.values import folded
from wipe.vocabulary import DataClass


def _table(told: Mapping[str, str]) -> dict[str, str]:
    return {word.strip(): meaning for meaning, words in told.items() for word in words.split(";")}


OWNERSHIP: Mapping[str, str] = _table(
    {
        Ownership.SCHOOL: "school; owned; school owned; own; purchased; bought; yes; y; school property; ours",
        Ownership.GOVERNORS: "governors; governing body; governor; foundation; diocese",
        Ownership.LOCAL_AUTHORITY: "local authority; local-authority; la; lea; council; county; county council",
        Ownership.DFE: "dfe; department for education; government; dfe laptop scheme; get help with technology",
        Ownership.LEASED: "leased; lease; rental; rented; hire; hired; hire purchase",
        Ownership.DONATED: "donated; donation; gift; pta; fosa; friends of the school; charity",
        Ownership.BORROWED: "borrowed; on loan to us; loaned in; loan in; on loan in",
    }
)
DATA: Mapping[str, str] = _table(
    {
        DataClass.PERSONAL: "p; personal; personal data; yes; y; true; 1; unknown; not known; "
        "personal data, or not known",
        DataClass.SPECIAL: "s; special; special category; sensitive; special category data; safeguarding; send; "
        "medical; special category data (health, safeguarding, send)",
        DataClass.NOT_PERSONAL: "n; none; no; false; 0; not personal; no personal data; never personal; never; "
        "never held personal data",
    }
)  # fmt: skip
STATES: Mapping[str, str] = _table(
    {
        AssetState.IN_USE: "in use; in-use; use; used; active; deployed; live; issued; assigned; allocated; current; "
        "working; ready to deploy; good; ok; yes; y; deployed in use; on site; in service; operational",
        AssetState.IN_STORE: "in store; in stock; stock; store; stored; spare; available; unused; in storage; "
        "not in use; reserve; in cupboard; no; n; unallocated; unassigned",
    }
)
GROUPS: Mapping[str, str] = _table(
    {
        PersonKind.STAFF: "staff; teacher; teachers; teaching; teaching staff; support staff; non-teaching; ta; "
        "teaching assistant; lsa; employee; employees; member of staff; support; admin; office; head; headteacher",
        PersonKind.GOVERNOR: "governor; governors; foundation governor; parent governor; staff governor; trustee",
        PersonKind.PUPIL: "pupil; pupils; student; students; child; children; learner; learners",
        PersonKind.EXTERNAL: "external; externals; visitor; contractor; volunteer; agency; supply; supply teacher; "
        "peripatetic; supplier; outside; guest; auditor",
    }
)
# The school's own kind (left) is looked for first; these are other names of the kinds that a school begins with
_KINDS: Mapping[str, str] = _table(
    {
        "laptop": "laptops; notebook; laptop pc; laptop computer; macbook; macbook pro; macbook air; teacher laptop; "
        "pupil laptop; staff laptop; notebook computer; ultrabook; netbook; surface laptop",
        "desktop computer": "desktop; desktops; pc; pcs; computer; computers; workstation; tower; desktop pc; mini pc; "
        "base unit; mac mini; personal computer; desktop computers",
        "all-in-one computer": "all in one; aio; all-in-one; all in one pc; imac; all-in-one pc; all in one computer",
        "tablet": "tablets; ipad; ipads; i-pad; ipad mini; ipad air; android tablet; surface; kindle; learnpad",
        "chromebook": "chromebooks; chrome book; google chromebook",
        "server": "servers; file server; domain controller; curriculum server; admin server; mis server",
        "network storage (nas)": "nas; network storage; nas drive; nas box; synology",
        "tape drive": "tape; tape unit; lto drive; backup drive",
        "switch or router": "switch; router; switches; network switch; firewall; poe switch; network; "
        "ethernet switch; broadband router",
        "wireless access point": "access point; wap; ap; wifi; wireless ap; wi-fi access point; wireless; "
        "access points",
        "printer or copier": "printer; copier; photocopier; printers; mfp; mfd; multifunction printer; scanner; "
        "laser printer; inkjet printer; multi function device; 3d printer",
        "projector": "projectors; data projector; ultra short throw projector",
        "interactive panel": "interactive whiteboard; iwb; smartboard; smart board; whiteboard; touch screen; "
        "interactive screen; panel; clevertouch; promethean; interactive display; touchscreen; "
        "interactive touch screen",
        "monitor": "monitors; screen; display; tft; lcd; vdu; lcd monitor; flat screen; screens",
        "camera": "cameras; digital camera; camcorder; video camera",
        "telephone": "phone; phones; desk phone; voip phone; telephones; handset; telephone handset; ip phone",
        "mobile phone": "mobile; mobiles; smartphone; iphone; mobile phones; smart phone",
        "cctv recorder": "cctv; dvr; nvr; cctv dvr; cctv nvr",
        "visualiser": "visualisers; visualizer; document camera",
        "ups": "ups battery; uninterruptible power supply; battery backup",
        "other equipment": "other; misc; miscellaneous; others; various; ict equipment",
    }
)  # fmt: skip


def ownership_of(text: str) -> Ownership:
    """Whose it is. Raises ValueError."""
    found = OWNERSHIP.get(folded(text))
    if found is None:
        words = ", ".join(one.label for one in Ownership)
        raise ValueError(f"This is no ownership that is known. Write one of: {words}.")
    return Ownership(found)


def data_class_of(text: str) -> DataClass:
    """The worst it may have held. Raises ValueError."""
    found = DATA.get(folded(text))
    if found is None:
        raise ValueError("This is no class of data that is known. Write personal, special or never.")
    return DataClass(found)


def state_of(text: str) -> AssetState:
    """Store or use. Raises ValueError: nothing else begins with an import."""
    found = STATES.get(folded(text))
    if found is None:
        raise ValueError(
            "An import takes things into store or into use. Write one of the two, or leave out the rows of things "
            "that are gone."
        )
    return AssetState(found)


def person_kind_of(text: str) -> PersonKind:
    """The group of somebody. Raises ValueError."""
    found = GROUPS.get(folded(text))
    if found is None:
        raise ValueError("This is no group that is known. Write staff, governor, pupil or external.")
    return PersonKind(found)


def kind_named(text: str, names: Iterable[str]) -> str | None:
    """The folded name of the kind that is meant, among folded `names`; None where the school has none like it."""
    plain, known = folded(text), set(names)
    if plain in known:
        return plain
    for found in (_KINDS.get(plain), plain.removesuffix("s"), f"{plain}s"):
        if found in known:
            return found
    return None
