"""Forms about many assets, which are told by their tags: one a line, as a scanner types them."""

from contextlib import suppress
from typing import Protocol
from uuid import UUID

from flask import request
from sqlalchemy import select
from wtforms import Field

from labels import code
from tracker.db import db
from tracker.inventory import labelling
from tracker.inventory.models import Asset
from tracker.inventory.query import filters_from, query_of
from tracker.values import Actor

MOST = 1000  # assets of one address


class TagsForm(Protocol):
    """A form with that field."""

    tags: Field


def chosen_ids(actor: Actor, form: TagsForm) -> list[UUID]:
    """The assets of the form; what is wrong with the choice is shown at it."""
    chosen = labelling.of_texts(actor, form.tags.data or "")
    found = []
    for texts, what in (
        (chosen.unknown, "Not in the register: {}. Take it out, or register it first."),
        (chosen.unclear, "Several assets have the serial number {}. Scan their tags instead."),
    ):
        if texts:
            found.append(what.format(", ".join(texts[:10]) + (" …" if len(texts) > 10 else "")))
    if found:
        form.tags.errors = found
    return [one.id for one in chosen.wanted]


def tags_given(actor: Actor) -> str:
    """The assets of the address as tags, one a line: those named in it, else those that a list's filters leave."""
    wanted = []
    for text in request.args.getlist("id")[:MOST]:
        with suppress(ValueError):
            wanted.append(UUID(text))
    query = select(Asset.tag).where(Asset.school_id == actor.school_id, Asset.id.in_(wanted)).order_by(Asset.tag)
    tags = [code.shown(tag) for tag in db.session.scalars(query)] if wanted else []
    typed = request.args.get("tags", "")[:2000]
    filters, _ = filters_from(request.args)
    if not tags and not typed and query_of(filters):
        tags = [code.shown(one.tag) for one in labelling.of_filters(actor, filters).wanted[:MOST]]
    return "\n".join(filter(None, [typed, *tags]))
