"""What a scanned number means among the storage media: a serial number, a WWN, an EUI-64 or an NGUID. Only reads."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from flask import url_for
from sqlalchemy import SQLColumnExpression, func, select

from labels import code
from tracker.db import db
from tracker.inventory.models import Asset
from tracker.inventory.rules import serial_key
from tracker.inventory.scanning import HITS, Found
from tracker.media.models import Medium
from tracker.media.rules import MediumState
from tracker.media.service import label_of

_HEXADECIMAL = frozenset("0123456789abcdef")


def find(school_id: UUID, numbers: Sequence[str]) -> dict[str, list[Found]]:
    """The media with these numbers, by the number as it was asked for. At most two queries."""
    by_key: dict[str, list[str]] = {}
    by_name: dict[str, list[str]] = {}
    for number in dict.fromkeys(numbers):
        by_key.setdefault(serial_key(number), []).append(number)
        by_name.setdefault(_wwn(number), []).append(number)
    asked: dict[str, dict[UUID, Found]] = {}
    for column, wanted, read in (
        (Medium.serial_key, by_key, lambda medium: medium.serial_key),
        (func.lower(Medium.wwn), by_name, lambda medium: _wwn(medium.wwn)),
    ):
        wanted.pop("", None)
        for medium, tag in _rows(school_id, column, wanted):
            for number in wanted.get(read(medium), ()):
                asked.setdefault(number, {})[medium.id] = _told(medium, tag)
    return {number: list(media.values()) for number, media in asked.items()}


def _rows(school_id: UUID, column: SQLColumnExpression[str], wanted: Iterable[str]) -> list[tuple[Medium, str | None]]:
    forms = [form for one in wanted for form in (one, f"0x{one}")]
    if not forms:
        return []
    query = (
        select(Medium, Asset.tag)
        .outerjoin(Asset, (Asset.school_id == Medium.school_id) & (Asset.id == Medium.asset_id))
        .where(Medium.school_id == school_id, column.in_(forms))
        .order_by(Medium.id)
    )
    return [(medium, tag) for medium, tag in db.session.execute(query.limit(HITS * len(forms)))]


def _told(medium: Medium, tag: str | None) -> Found:
    where = f"in {code.shown(tag)}" if tag else "loose"
    detail = f"Storage medium, {MediumState(medium.state).label.lower()}, {where}"
    return Found(medium.id, label_of(medium), detail, url_for("media.medium", medium_id=medium.id))


def _wwn(text: str) -> str:
    """The name in small letters without its prefix; empty if it is none."""
    plain = text.strip().lower().removeprefix("0x")
    return plain if len(plain) in (16, 32) and set(plain) <= _HEXADECIMAL else ""
