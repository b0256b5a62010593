"""What scans lead to: assets by tag, retired label or serial number, and things of higher features. Only reads.

A code may hold several numbers. What it says as a whole comes first; only where the register does not know that, its
parts are tried, and what fits them is told with the part that fitted. A constant number of queries for up to SLICE
scans.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select

from labels import barcode, code
from tracker.db import db
from tracker.inventory import rules
from tracker.inventory.models import Asset, AssetKind, Location, RetiredLabel
from tracker.people.models import Person
from tracker.values import Blocker, Denied

SLICE = 250  # scans of one round of queries: each may hold two dozen numbers, and SQLite takes 32,766 of them
LIST_MOST = 2000  # scans of one list
HITS = 20  # things that one code leads to at most; more make no choice

One = TypeVar("One")


@dataclass(frozen=True)
class Found:
    """A thing of a higher feature that a number means."""

    id: UUID
    label: str
    detail: str  # what else tells it apart
    address: str


# What a higher feature knows of numbers: a school and the numbers, and for each that it knows the things it means.
Finder = Callable[[UUID, Sequence[str]], Mapping[str, Sequence[Found]]]


@dataclass(frozen=True)
class Finding:
    """What a scan leads to. More than one thing where several have the same number, or the code holds several."""

    scan: code.Scan
    assets: tuple[Asset, ...] = ()
    others: tuple[Found, ...] = ()
    read_as: str = ""  # the part of the code that led here; empty where the whole did
    retired: RetiredLabel | None = None  # an old label of the one asset
    guesses: tuple[str, ...] = ()  # where nothing was found: numbers that the code may hold, the likeliest first
    article: bool = False  # an article number, which is the same on every piece of its kind

    @property
    def hits(self) -> int:
        """How many things it leads to."""
        return len(self.assets) + len(self.others)


@dataclass(frozen=True)
class Seen:
    """An asset as a list of scans shows it."""

    asset: Asset
    kind: str
    place: str
    person: str

    @property
    def tag(self) -> str:
        """The tag as it is shown."""
        return code.shown(self.asset.tag)

    @property
    def state(self) -> str:
        """The words of its state."""
        return rules.AssetState(self.asset.state).label

    @property
    def label(self) -> str:
        """How people know it, without the tag."""
        asset = self.asset
        return asset.name or " ".join(part for part in (self.kind, asset.make, asset.model) if part)


def find(school_id: UUID, text: str, finders: Sequence[Finder] = ()) -> Finding:
    """What one scan means: our address on any host, a tag in any form, a serial number, or a maker's code."""
    return find_many(school_id, [text], finders)[0]


def find_many(school_id: UUID, texts: Sequence[str], finders: Sequence[Finder] = ()) -> list[Finding]:
    """What each of many scans means, in their order. The same queries for each SLICE of them."""
    slices = (texts[first : first + SLICE] for first in range(0, len(texts), SLICE))
    return [found for part in slices for found in _find_slice(school_id, part, finders)]


def _find_slice(school_id: UUID, texts: Sequence[str], finders: Sequence[Finder]) -> list[Finding]:
    scans = [(code.scanned(text), barcode.read(text)) for text in texts]
    usable = [(scan, reading) for scan, reading in scans if scan.kind is not code.ScanKind.INVALID]
    tags = {scan.tag for scan, _ in usable if scan.tag is not None}
    numbers = dict.fromkeys(one for scan, reading in usable for one in (scan.text, reading.whole, *reading.guesses))
    known = _Known(
        {asset.tag: asset for asset in _assets(school_id, Asset.tag.in_(tags))} if tags else {},
        _retired(school_id, tags) if tags else {},
        _by_serial(school_id, numbers),
        [finder(school_id, list(numbers)) for finder in finders] if numbers else [],
    )
    return [_finding(scan, reading, known) for scan, reading in scans]


@dataclass(frozen=True)
class Listed:
    """What a list of scans means: the assets, each once, and the lines that lead to none or to several."""

    assets: tuple[Asset, ...]
    unclear: tuple[str, ...]


def listed(school_id: UUID, text: str) -> Listed:
    """The assets of a list of scans, one a line or separated by commas.

    Raises Denied for a list that is too long: what was left out of it would be left out silently.
    """
    scans = [one.strip() for line in text.splitlines() for one in line.split(",") if one.strip()]
    if len(scans) > LIST_MOST:
        raise Denied((Blocker("items", f"A list holds at most {LIST_MOST:,} things. Make two."),))
    found: dict[UUID, Asset] = {}
    unclear = []
    for scan, finding in zip(scans, find_many(school_id, scans), strict=True):
        if len(finding.assets) == 1:
            found[finding.assets[0].id] = finding.assets[0]
        else:
            unclear.append(scan[:60])
    return Listed(tuple(found.values()), tuple(unclear))


def certain(school_id: UUID, text: str) -> tuple[Asset, ...]:
    """The assets of such a list. Raises Denied where a line leads to no thing: nothing is left out silently."""
    found = listed(school_id, text)
    if found.unclear:
        message = "This leads to no thing, or to several: {}. Scan it again, or take the line out."
        raise Denied(tuple(Blocker("items", message.format(one)) for one in found.unclear))
    return found.assets


def tagged(school_id: UUID, text: str) -> Finding:
    """What the address on a label means: the tag of an asset, or one that it had before. No serial numbers."""
    scan = code.scanned(text)
    if scan.tag is None:
        return Finding(scan)
    assets = _assets(school_id, Asset.tag == scan.tag)
    return _of_tag(scan, _Known({one.tag: one for one in assets}, _retired(school_id, {scan.tag}), {}, []))


def seen(school_id: UUID, assets: Iterable[Asset]) -> dict[UUID, Seen]:
    """The assets with the names of their kind, place and person, by id; one query."""
    chosen = {asset.id: asset for asset in assets}
    if not chosen:
        return {}
    query = (
        select(Asset.id, AssetKind.name, Location.path, Person.name)
        .join(AssetKind, (AssetKind.school_id == Asset.school_id) & (AssetKind.id == Asset.kind_id))
        .outerjoin(Location, (Location.school_id == Asset.school_id) & (Location.id == Asset.location_id))
        .outerjoin(Person, (Person.school_id == Asset.school_id) & (Person.id == Asset.responsible_id))
        .where(Asset.school_id == school_id, Asset.id.in_(chosen))
    )
    rows = db.session.execute(query)
    return {found: Seen(chosen[found], kind, place or "", person or "") for found, kind, place, person in rows}


@dataclass(frozen=True)
class _Known:
    """What the register knows of all that was scanned."""

    by_tag: Mapping[str, Asset]
    retired: Mapping[str, tuple[RetiredLabel, Asset]]
    by_serial: Mapping[str, Sequence[Asset]]  # by serial key
    others: Sequence[Mapping[str, Sequence[Found]]]


def _finding(scan: code.Scan, reading: barcode.Reading, known: _Known) -> Finding:
    if scan.kind is code.ScanKind.INVALID:
        return Finding(scan)
    found = _of_tag(scan, known)
    if found.hits:
        return found
    for numbers in ((scan.text, reading.whole), reading.guesses):
        assets = _once(asset for one in numbers for asset in known.by_serial.get(rules.serial_key(one), ()))
        others = _once(other for one in numbers for told in known.others for other in told.get(one, ()))
        if assets or others:
            fitted = next(one for one in numbers if _fits(one, known))
            return Finding(scan, assets, others, fitted if numbers is reading.guesses else "")
    return Finding(scan, guesses=reading.guesses, article=reading.article)


def _of_tag(scan: code.Scan, known: _Known) -> Finding:
    if (asset := known.by_tag.get(scan.tag or "")) is not None:
        return Finding(scan, (asset,))
    if (old := known.retired.get(scan.tag or "")) is not None:
        return Finding(scan, (old[1],), retired=old[0])
    return Finding(scan)


def _fits(number: str, known: _Known) -> bool:
    return rules.serial_key(number) in known.by_serial or any(told.get(number) for told in known.others)


def _once(things: Iterator[One]) -> tuple[One, ...]:
    return tuple({thing.id: thing for thing in things}.values())[:HITS]  # type: ignore[attr-defined] # all have one


def _assets(school_id: UUID, which: object) -> list[Asset]:
    return list(db.session.scalars(select(Asset).where(Asset.school_id == school_id, which)))  # type: ignore[arg-type]


def _retired(school_id: UUID, tags: Iterable[str]) -> dict[str, tuple[RetiredLabel, Asset]]:
    query = (
        select(RetiredLabel, Asset)
        .join(Asset, (Asset.school_id == RetiredLabel.school_id) & (Asset.id == RetiredLabel.asset_id))
        .where(RetiredLabel.school_id == school_id, RetiredLabel.tag.in_(tags))
    )
    return {label.tag: (label, asset) for label, asset in db.session.execute(query)}


def _by_serial(school_id: UUID, numbers: Iterable[str]) -> dict[str, list[Asset]]:
    """The assets with these serial numbers, spaces, dashes and case apart, by serial key."""
    keys = {key for one in numbers if (key := rules.serial_key(one))}
    if not keys:
        return {}
    query = select(Asset).where(Asset.school_id == school_id, Asset.serial_key.in_(keys)).order_by(Asset.tag)
    found: dict[str, list[Asset]] = {}
    for asset in db.session.scalars(query.limit(HITS * len(keys))):
        found.setdefault(asset.serial_key, []).append(asset)
    return found
