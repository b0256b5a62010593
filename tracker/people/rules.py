"""What kinds of people a school has, and what is known of each. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from tracker.values import Blocker, Decision, unprintable

DBS_FIRST = date(2012, 12, 1)  # when the Disclosure and Barring Service began
NAME_LIMIT, JOB_LIMIT, EMAIL_LIMIT = 200, 100, 254  # characters; RFC 5321 allows an address of 254


class PersonKind(StrEnum):
    """Groups that sign agreements of their own (policy clause AG1)."""

    STAFF = "staff"
    GOVERNOR = "governor"
    PUPIL = "pupil"
    EXTERNAL = "external"

    @property
    def label(self) -> str:
        """The word on the screen."""
        return self.value.capitalize()


@dataclass(frozen=True)
class PersonDetails:
    """What is known of a person. `left_on` is the last day at the school.

    `dbs_confirmed_on`: on that day somebody saw that a current DBS check is on the single central record, which is
    kept elsewhere with all that it says (clause DS6).
    """

    name: str
    kind: PersonKind = PersonKind.STAFF
    job: str = ""
    email: str = ""
    left_on: date | None = None
    dbs_confirmed_on: date | None = None
    line_manager_id: UUID | None = None


def may_keep(details: PersonDetails, today: date) -> Decision:
    """Are these details fit to be kept."""
    found = []
    if not details.name:
        found.append(Blocker("no_name", "Enter the person's name."))
    for text, limit, what in (
        (details.name, NAME_LIMIT, "name"),
        (details.job, JOB_LIMIT, "job"),
        (details.email, EMAIL_LIMIT, "email address"),
    ):
        if len(text) > limit:
            found.append(Blocker("too_long", f"The {what} is longer than {limit} characters. Shorten it."))
        if unprintable(text):
            found.append(Blocker("unprintable", f"The {what} holds characters that cannot be shown. Type it again."))
    if details.email and not _looks_like_email(details.email):
        found.append(Blocker("email", "The email address should look like name@school.example."))
    if details.dbs_confirmed_on is not None and not DBS_FIRST <= details.dbs_confirmed_on <= today:
        found.append(Blocker("dbs_confirmed_on", "A DBS check was confirmed on a day from December 2012 to today."))
    return Decision(tuple(found))


def may_answer_to(person_id: UUID | None, manager_id: UUID, managers: Mapping[UUID, UUID], *, left: bool) -> Decision:
    """May this be somebody's line manager. `managers`: whom everybody answers to; `left`: the manager has left."""
    if left:
        return Decision((Blocker("line_manager", "The line manager has left the school. Choose somebody else."),))
    if manager_id == person_id:
        return Decision((Blocker("line_manager", "Nobody is their own line manager. Choose somebody else."),))
    seen: set[UUID] = set()
    above: UUID | None = manager_id
    while above is not None and above not in seen:
        if above == person_id:
            message = "The line manager answers to this person, directly or through others. Choose somebody else."
            return Decision((Blocker("line_manager", message),))
        seen.add(above)
        above = managers.get(above)
    return Decision(())


def _looks_like_email(text: str) -> bool:
    local, at, host = text.rpartition("@")
    return bool(at and local and "." in host.strip(".")) and " " not in text
