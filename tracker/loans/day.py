"""Quick loans: who a scanned or typed text means, and a loan for the day. Flushes, never commits."""

from collections.abc import Sequence
from uuid import UUID

from tracker.loans import service
from tracker.loans.models import Loan
from tracker.loans.service import Lent, LoanDetails
from tracker.people import service as people
from tracker.people.models import Person
from tracker.people.service import Wanted
from tracker.values import Actor, Blocker, Denied, folded, one_line

TEXT_MOST = 200  # characters of who borrows


def who(school_id: UUID, text: str) -> Person:
    """The one person whom a text means: the school's number for them, an email, a name, or a part that is theirs alone.

    Raises Denied, and says how many fit where it is not one.
    """
    text = one_line(text)[:TEXT_MOST]
    if not text:
        raise Denied((Blocker("who", "Scan or type who borrows."),))
    fitting = people.everybody(school_id, Wanted(text))
    for exact in (
        [one for one in fitting if text in (one.reference, one.email)],
        [one for one in fitting if folded(one.name) == folded(text)],
        fitting,
    ):
        if len(exact) == 1:
            return exact[0]
        if exact:
            names = ", ".join(f"{one.name} ({one.email or one.reference or one.job or one.kind})" for one in exact[:5])
            message = (
                f"{len(exact)} people fit “{text}”: {names}. Type the email, or the school's number for the person."
            )
            raise Denied((Blocker("who", message),))
    raise Denied((Blocker("who", f"Nobody here is called “{text}”. Look under People."),))


def lend(actor: Actor, who_text: str, asset_ids: Sequence[UUID], *, off_site: bool, purpose: str) -> Loan:
    """Hand things out until the end of today, without a signature. Raises Denied with every reason why not."""
    person = who(actor.school_id, who_text)
    details = LoanDetails(service.today(), off_site, purpose)
    return service.lend(actor, person.id, [Lent(one) for one in asset_ids], details, None)
