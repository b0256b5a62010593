"""Which things of the register the rows of a file are about: by tag, serial number, or as an earlier import had them.

Only reads, with a constant number of queries for each slice of rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from labels import code
from tracker.db import db
from tracker.imports.models import ImportRow
from tracker.imports.rows import Told
from tracker.inventory.intake_rows import Checks, checks_of, statements
from tracker.inventory.models import Asset, NoStorageAssertion, RetiredLabel
from tracker.inventory.rules import serial_key
from tracker.media.intake import by_serials, in_assets
from tracker.media.models import Medium


@dataclass
class Matches:
    """What the register has that a slice of rows may be about."""

    by_tag: Mapping[str, Asset]
    by_serial: dict[str, list[Asset]]
    by_print: Mapping[str, Asset]
    retired: Mapping[str, Asset]  # the assets that had these tags before
    media: Mapping[str, list[Medium]]  # by serial
    inside: Mapping[UUID, list[Medium]] = field(default_factory=dict)  # by asset
    stated: Mapping[UUID, NoStorageAssertion] = field(default_factory=dict)
    checks: Mapping[UUID, Checks] = field(default_factory=dict)


def load(school_id: UUID, rows: Sequence[Told], prints: Sequence[str]) -> Matches:
    """What these rows may be about; `prints` are the fingerprints of those without tag and serial number."""
    tags = {tag for row in rows if (tag := code.normalise(str(row.values.get("tag", ""))))}
    keys = {key for row in rows if (key := serial_key(str(row.values.get("serial", ""))))}
    mine = Asset.school_id == school_id
    by_tag = {one.tag: one for one in db.session.scalars(select(Asset).where(mine, Asset.tag.in_(tags)))}
    old = select(RetiredLabel.tag, Asset).join(
        Asset, (Asset.school_id == RetiredLabel.school_id) & (Asset.id == RetiredLabel.asset_id)
    )
    retired = {tag: one for tag, one in db.session.execute(old.where(mine, RetiredLabel.tag.in_(tags)))}
    by_serial: dict[str, list[Asset]] = {}
    for one in db.session.scalars(select(Asset).where(mine, Asset.serial_key.in_(keys)).order_by(Asset.tag)):
        by_serial.setdefault(one.serial_key, []).append(one)
    earlier = (
        select(ImportRow.fingerprint, Asset)
        .join(Asset, (Asset.school_id == ImportRow.school_id) & (Asset.id == ImportRow.asset_id))
        .where(mine, ImportRow.fingerprint.in_(prints))
        .order_by(ImportRow.import_id)
    )
    by_print = {fingerprint: one for fingerprint, one in db.session.execute(earlier)}
    media = by_serials(school_id, (drive.serial for row in rows for drive in row.drives))
    everything = [*by_tag.values(), *(one for found in by_serial.values() for one in found), *by_print.values()]
    ids = sorted({one.id for one in everything})
    return Matches(
        by_tag,
        by_serial,
        by_print,
        retired,
        media,
        in_assets(school_id, ids),
        statements(school_id, ids),
        checks_of(school_id, ids),
    )
