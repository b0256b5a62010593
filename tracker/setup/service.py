"""The first start: found the school and its first account. Once, and whoever comes second is told. Never commits."""

from dataclasses import dataclass

from tracker.accounts import rules
from tracker.accounts import service as accounts
from tracker.inventory import service as inventory
from tracker.values import Actor, Blocker, Denied, Role

HERE = "The school was founded already, by somebody who was faster. Sign in."


@dataclass(frozen=True)
class FirstAccount:
    """The head teacher's account, the first one."""

    username: str
    name: str
    password: str


def found(details: accounts.SchoolDetails, first: FirstAccount, *, origin: str) -> None:
    """Found the school, its first account, and the kinds and the site that a school begins with.

    Raises Denied with every reason why not; where two try at once the code of the school is unique, and so the second
    one's transaction fails whole.
    """
    if accounts.any_school():
        raise Denied((Blocker("founded", HERE),))
    blockers = rules.password(first.password, username=first.username, name=first.name).blockers
    if blockers:
        raise Denied(blockers)
    school = accounts.create_school(details, origin=origin)
    system = Actor(school.id, None, "Caretaker", None, origin)
    accounts.create_user(system, username=first.username, name=first.name, role=Role.HEAD, password=first.password)
    inventory.create_defaults(system)
