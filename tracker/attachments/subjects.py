"""To which things files can be attached, and who may see them: upper features say it, tracker/app.py gathers it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from flask import current_app, url_for

from tracker import web
from tracker.values import Actor, NotFound, Role, Subject

EXTENSION = "caretaker_attachable"
Row = TypeVar("Row")


@dataclass(frozen=True)
class Attachable:
    """One type of thing.

    `find` gives the thing as the log knows it, and raises NotFound where there is none or this person may not see it.
    Staff see nothing unless the feature says so.
    """

    find: Callable[[Actor, UUID], Subject]
    endpoint: str  # of its page
    argument: str  # the name of its id there
    readers: frozenset[Role] = web.READERS
    editors: frozenset[Role] = web.EDITORS

    def page(self, subject_id: UUID) -> str:
        """The address of the thing's page, at its files."""
        arguments: dict[str, Any] = {self.argument: subject_id}
        return url_for(self.endpoint, _anchor="attachments", **arguments)


def of_school(
    get: Callable[[UUID, UUID], Row], subject_of: Callable[[Row], Subject], endpoint: str, argument: str
) -> Attachable:
    """A type of thing that all readers of its school see: `get` takes the school's id and the thing's."""
    return Attachable(lambda actor, thing: subject_of(get(actor.school_id, thing)), endpoint, argument)


def attachable(actor: Actor, subject_type: str) -> Attachable:
    """What is said of a type of thing. Raises NotFound for an unknown one, and for those who may not see its files."""
    registered: Mapping[str, Attachable] = current_app.extensions[EXTENSION]
    found = registered.get(subject_type)
    if found is None or actor.role not in found.readers:
        raise NotFound
    return found
