"""What kinds of people a school has, and what is known of each. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from tracker.values import Blocker, Decision, unprintable

DBS_FIRST = date(2012, 12, 1)  # when the Disclosure and Barring Service began
NAME_LIMIT, JOB_LIMIT, EMAIL_LIMIT, REFERENCE_LIMIT = 200, 100, 254, 40  # characters; RFC 5321: an address has 254
EARLIEST, YEARS_AHEAD = date(1930, 1, 1), 10  # a first and a last day that can be meant


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
    """What is known of a person. `started_on` is the first day at the school, `left_on` the last.

    `reference` is the school's own number for them; `parent_name` is who signs for a pupil (clause AG4).

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
    started_on: date | None = None
    reference: str = ""
    parent_name: str = ""
    parent_email: str = ""


class Attendance(StrEnum):
    """Whom a list of people shows, by their first and last days."""

    HERE = "here"
    STARTING = "starting"
    LEFT = "left"
    EVERYBODY = "everybody"

    @property
    def label(self) -> str:
        """The words on the screen."""
        return {
            "here": "Who has not left",
            "starting": "Who has not started yet",
            "left": "Who has left",
            "everybody": "Everybody",
        }[self.value]


def may_keep(details: PersonDetails, today: date) -> Decision:
    """Are these details fit to be kept."""
    found = []
    if not details.name:
        found.append(Blocker("no_name", "Enter the person's name."))
    for text, limit, what in (
        (details.name, NAME_LIMIT, "name"),
        (details.job, JOB_LIMIT, "job"),
        (details.email, EMAIL_LIMIT, "email address"),
        (details.reference, REFERENCE_LIMIT, "reference"),
        (details.parent_name, NAME_LIMIT, "name of the parent or carer"),
        (details.parent_email, EMAIL_LIMIT, "email address of the parent or carer"),
    ):
        if len(text) > limit:
            found.append(Blocker("too_long", f"The {what} is longer than {limit} characters. Shorten it."))
        if unprintable(text):
            found.append(Blocker("unprintable", f"The {what} holds characters that cannot be shown. Type it again."))
    if details.email and not _looks_like_email(details.email):
        found.append(Blocker("email", "The email address should look like name@school.example."))
    found += _parent(details)
    found += _days(details, today)
    return Decision(tuple(found))


def _parent(details: PersonDetails) -> list[Blocker]:
    """What is wrong with who signs for a pupil."""
    found = []
    if (details.parent_name or details.parent_email) and details.kind is not PersonKind.PUPIL:
        found.append(Blocker("parent_name", "Only a pupil has a parent or carer who signs. Leave it empty."))
    if details.parent_email and not details.parent_name:
        found.append(Blocker("parent_name", "Enter the name of the parent or carer who has this email address."))
    if details.parent_email and not _looks_like_email(details.parent_email):
        found.append(Blocker("parent_email", "The parent's email address should look like name@home.example."))
    return found


def _days(details: PersonDetails, today: date) -> list[Blocker]:
    """What is wrong with the first and the last day, and with the day of the DBS check."""
    found, latest = [], date(today.year + YEARS_AHEAD, 12, 31)
    for day, code, what in ((details.started_on, "started_on", "first"), (details.left_on, "left_on", "last")):
        if day is not None and not EARLIEST <= day <= latest:
            message = f"The {what} day at the school is from {EARLIEST.year} to {latest.year}. Correct the year."
            found.append(Blocker(code, message))
    if details.started_on is not None and details.left_on is not None and details.left_on < details.started_on:
        found.append(Blocker("left_on", "The last day at the school is before the first. Correct one of the two."))
    if details.dbs_confirmed_on is not None and not DBS_FIRST <= details.dbs_confirmed_on <= today:
        found.append(Blocker("dbs_confirmed_on", "A DBS check was confirmed on a day from December 2012 to today."))
    return found


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
