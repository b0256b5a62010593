"""Freeze the paper of a loan as a PDF: content, signed PDF, their hashes and an event, all in one transaction.

One is made when a loan is signed, and one whenever something more is signed about it; none is ever changed. It is
signed with the key that signs the school's certificates (docs/adr/0005-certificates-are-frozen.md).
"""

import base64
import hashlib
from uuid import UUID

from sqlalchemy import exists, select

from labels import code
from tracker.accounts.models import School
from tracker.accounts.service import school_of
from tracker.agreements import service as agreements
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.certificates import archive, authority, sign
from tracker.certificates import service as certificates
from tracker.certificates.archive import Inside
from tracker.certificates.filling import head_of
from tracker.certificates.models import Certificate
from tracker.config import Config
from tracker.db import add, db, locked_row, row_of
from tracker.inventory import service as inventory
from tracker.loans import paper, paper_pages, rules, service
from tracker.loans.models import Loan, LoanItem, LoanPaper
from tracker.loans.paper import Content, Item, Mark
from tracker.people import service as people
from tracker.people.rules import PersonKind
from tracker.values import Actor, Blocker, Denied, utc_now


def get_paper(school_id: UUID, paper_id: UUID) -> LoanPaper:
    """The paper. Raises NotFound, also for another school's."""
    return row_of(LoanPaper, school_id, paper_id)


def papers_of(school_id: UUID, loan_id: UUID) -> list[LoanPaper]:
    """The papers of a loan, the newest first."""
    query = select(LoanPaper).where(LoanPaper.school_id == school_id, LoanPaper.loan_id == loan_id)
    return list(db.session.scalars(query.order_by(LoanPaper.number.desc())))


def filename(loan: Loan, found: LoanPaper) -> str:
    """What the file is called when it is downloaded."""
    return f"loan-{loan.number}-{found.number}.pdf"


def ask(actor: Actor, loan_id: UUID, config: Config) -> LoanPaper:
    """As `issue`, for whoever asks for one at the desk. Raises Denied as well."""
    if actor.role not in rules.LENDERS:
        raise Denied((Blocker("role", "Only the technician or the bursar can do this."),))
    return issue(actor, loan_id, config)


def try_issue(actor: Actor, loan_id: UUID, config: Config) -> str:
    """As `issue`, where a loan must not fail for want of a key. Returns why there is no paper; empty: there is one."""
    try:
        issue(actor, loan_id, config)
    except authority.NotReady as error:
        return str(error)
    return ""


def issue(actor: Actor, loan_id: UUID, config: Config) -> LoanPaper:
    """Freeze a loan as it stands now. Raises NotFound, and authority.NotReady where the school's key cannot be used."""
    loan = locked_row(Loan, actor.school_id, loan_id)
    school = school_of(actor.school_id)
    signer = _signer(config, school)
    earlier = papers_of(actor.school_id, loan.id)
    number = earlier[0].number + 1 if earlier else 1
    content = content_of(actor, loan, school, number)
    stored = paper.canonical(content)
    inside = (Inside(archive.CONTENT, stored, "application/json", "Data", "All that this paper says"),)
    title = f"{paper.TITLE} {content.number}"
    kept = archive.kept(paper_pages.render(content, school.crest), title, content.issued_at, inside)
    pdf = sign.sign(kept, signer)
    status = sign.check(pdf, [signer.public_pem], content.issued_at)
    if not status.good:
        raise RuntimeError(f"the new paper does not verify: {status.problem}")
    made = LoanPaper(
        school_id=actor.school_id,
        loan_id=loan.id,
        number=number,
        issued_at=content.issued_at,
        issued_by=actor.name,
        content=stored.decode(),
        content_sha256=hashlib.sha256(stored).hexdigest(),
        pdf=pdf,
        pdf_sha256=hashlib.sha256(pdf).hexdigest(),
    )
    add(made)
    told = {"number": content.number, "content_sha256": made.content_sha256, "pdf_sha256": made.pdf_sha256}
    record(actor, EventKind.LOAN_PAPER_ISSUED, service.subject_of(loan), after=told)
    return made


def content_of(actor: Actor, loan: Loan, school: School, number: int) -> Content:
    """All that stands on it."""
    person = people.get_person(loan.school_id, loan.person_id)
    version = agreements.get_version(loan.school_id, loan.agreement_version_id)
    items = service.items_of(loan.school_id, loan.id)
    marks = _marks(items)
    places = {one: place for place, one in enumerate(marks)}
    signed = Mark(
        loan.signatory,
        loan.lent_at if loan.signatory else None,
        rules.Means(loan.means).label,
        loan.reference,
        _png(loan.drawn),
    )
    return Content(
        template=paper.TEMPLATE,
        number=f"L{loan.number}/{number}",
        issued_at=utc_now(),
        issued_by=actor.name,
        school=head_of(school),
        borrower=person.name,
        borrower_kind=PersonKind(person.kind).label,
        due_on=loan.due_on.isoformat(),
        off_site=loan.off_site,
        purpose=loan.purpose,
        place=loan.place,
        lent_at=loan.lent_at,
        lent_by=loan.lent_by,
        items=tuple(_item(one, places.get(_mark(one)) if one.returned_by else None) for one in items),
        signed_out=signed,
        signed_in=tuple(marks),
        terms_title=agreements.get_agreement(loan.school_id, version.agreement_id).title,
        terms_number=version.number,
        terms=version.text,
        terms_sha256=version.text_sha256,
    )


def _item(item: LoanItem, signed_in: int | None) -> Item:
    asset = inventory.get_asset(item.school_id, item.asset_id)
    return Item(
        tag=code.shown(asset.tag),
        label=item.label,
        serial=asset.serial,
        accessories=item.accessories,
        condition_out=item.condition_out,
        returned_at=item.returned_at,
        received_by=item.received_by,
        condition_in=rules.Condition(item.condition_in).label if item.condition_in else "",
        note_in=item.note_in,
        signed_in=signed_in,
    )


def _marks(items: list[LoanItem]) -> list[Mark]:
    """The signatures under what came back, each once however many things it is for."""
    return list(dict.fromkeys(_mark(one) for one in items if one.returned_by))


def _mark(item: LoanItem) -> Mark:
    means = rules.Means(item.means_in or rules.Means.DESK).label
    return Mark(item.returned_by, item.signed_in_at, means, item.reference_in, _png(item.drawn_in))


def _png(drawn: bytes | None) -> str:
    return base64.b64encode(drawn).decode() if drawn else ""


def _signer(config: Config, school: School) -> authority.Signer:
    folder = certificates.signing_folder(config, school.id)
    signed_before = select(
        exists().where(Certificate.school_id == school.id) | exists().where(LoanPaper.school_id == school.id)
    )
    if not (folder / authority.CA).exists() and db.session.scalar(signed_before):
        # a new key would make what was issued look forged
        raise authority.NotReady(f"The school's signing key is missing. Restore {folder} from a backup.")
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    return authority.ready(folder, school.name, utc_now())
