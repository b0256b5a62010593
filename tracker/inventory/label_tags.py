"""Tags that nothing has and nothing had: a retired label's tag is never given to another thing. Only reads."""

import secrets
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from labels import code
from tracker.accounts.models import School
from tracker.db import db
from tracker.inventory.models import Asset, RetiredLabel
from tracker.values import Blocker, Denied

TRIES = 20  # rounds; a new tag collides once in three million, so twenty times running is a broken source of randomness


def retired(school_id: UUID, tag: str) -> RetiredLabel | None:
    """The retired label with this tag, written as labels.code normalises it."""
    query = select(RetiredLabel).where(RetiredLabel.school_id == school_id, RetiredLabel.tag == tag)
    return db.session.scalar(query)


def taken_or_new(school_id: UUID, wanted: str) -> str:
    """The tag on a label that was printed before, or a new one where `wanted` is empty.

    Raises Denied where `wanted` is no tag, or is on something or was.
    """
    if not wanted:
        (tag,) = unused(school_id, 1)
        return tag
    # two who claim one label wait for each other here; the register's own rows may still be added meanwhile
    db.session.execute(select(School.id).where(School.id == school_id).with_for_update(key_share=True))
    found = code.normalise(wanted)
    if found is None:
        message = "The tag's last character does not fit the others. Scan the label again, or leave the tag empty."
        raise Denied((Blocker("tag", message),))
    if db.session.scalar(select(Asset.id).where(Asset.school_id == school_id, Asset.tag == found)) is not None:
        raise Denied((Blocker("tag_taken", f"The tag {code.shown(found)} is on another asset already."),))
    if retired(school_id, found) is not None:
        message = f"The label {code.shown(found)} was retired and stays with the asset that had it. Use another label."
        raise Denied((Blocker("tag_taken", message),))
    return found


def unused(school_id: UUID, count: int) -> list[str]:
    """New tags, all different, that neither an asset nor a retired label of the school has. Two queries a round."""
    found: set[str] = set()
    for _ in range(TRIES):
        drawn = {code.new(secrets.token_bytes) for _ in range(count - len(found))}
        found |= drawn - _known(school_id, drawn)
        if len(found) == count:
            return list(found)
    raise RuntimeError("no unused tag was drawn")


def _known(school_id: UUID, tags: Collection[str]) -> set[str]:
    """Those of the tags that are on an asset or were."""
    on = select(Asset.tag).where(Asset.school_id == school_id, Asset.tag.in_(tags))
    were = select(RetiredLabel.tag).where(RetiredLabel.school_id == school_id, RetiredLabel.tag.in_(tags))
    return {*db.session.scalars(on), *db.session.scalars(were)}
