"""The paper of a loan: frozen, signed, fit to keep, and with everything on it. On both databases."""

import hashlib
import json
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Pdf
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests.cast import Site, body
from tests.things import drawing
from tests.tracker.certificates.verapdf import broken
from tests.tracker.loans.desk import HOME, TERMS, Desk, desk
from tests.tracker.loans.test_links import asked, home, sign
from tracker.agreements import service as agreements
from tracker.audit.models import Event
from tracker.certificates import authority
from tracker.certificates import service as certificates
from tracker.certificates import sign as signing
from tracker.certificates.archive import Inside, kept
from tracker.db import db
from tracker.inventory import service as inventory
from tracker.loans import paper_pages, papers, service
from tracker.loans.models import LoanPaper
from tracker.loans.paper import TEMPLATE, Content, Item, Mark, School, canonical
from tracker.loans.rules import Condition, Means
from tracker.loans.service import Back, Lent, Signed
from tracker.people import service as people
from tracker.values import Denied, NotFound

NOW = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)


@pytest.fixture
def made(site: Site) -> Desk:
    return desk(site.actor("tess"))


def read(pdf: bytes, tmp_path: Path) -> str:
    """The text of a PDF, as a person reads it."""
    path = tmp_path / "paper.pdf"
    path.write_bytes(pdf)
    told = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
    return " ".join(told.split())


def content(long: str = "") -> Content:
    """A paper without a database; `long` stands in every text."""
    mark = Mark(f"Ann Example{long}", NOW, Means.LINK.label, "", "")
    item = Item("0000-0017", f"Laptop{long}", f"D1{long}", f"Charger{long}", "", NOW, "Tess", "As it was lent", "", 0)
    school = School(f"Saint Brigid's{long}", ("1 Cathedral Walk",), "WR1 2AA", "885/3300")
    return Content(
        template=TEMPLATE,
        number="L12/2",
        issued_at=NOW,
        issued_by="Tess",
        school=school,
        borrower=f"Ann Example{long}",
        borrower_kind="Staff",
        due_on="2026-12-24",
        off_site=True,
        purpose=f"Planning{long}",
        place=f"At home{long}",
        lent_at=NOW,
        lent_by="Tess",
        items=(item,) * 3,
        signed_out=mark,
        signed_in=(mark,),
        terms_title=f"Terms{long}",
        terms_number=3,
        terms=f"{TERMS}\n\n{long}",
        terms_sha256="a" * 64,
    )


def test_the_paper_is_frozen_when_the_loan_is_signed_and_again_when_it_is_signed_back_in(
    site: Site, made: Desk, tmp_path: Path
) -> None:
    config = site.app.extensions["caretaker"]
    assets = [made.laptop(*HOME), made.laptop(*HOME)]
    signed = replace(made.signed(), drawn=drawing())
    things = [Lent(one.id, "Charger and bag", "Scratch on the lid") for one in assets]
    loan = service.lend(made.actor, made.ann.id, things, home(), signed)
    first = papers.issue(made.actor, loan.id, config)
    told = read(first.pdf, tmp_path)
    for words in (
        "Loan agreement",
        "Saint Brigid's Catholic Primary School",
        "1 Cathedral Walk",
        "Ann Example, staff",
        inventory.label_of(assets[0]).partition(" ")[0],
        assets[0].serial,
        assets[1].serial,
        "Charger and bag",
        "Scratch on the lid",
        "Yes: Planning",
        "At home",
        "On screen at the desk",
        "Not back yet",
        TERMS,
        "version 1",
        made.terms.text_sha256,
    ):
        assert words in told, words
    assert "Signed when it came back" not in told
    back = [Back(assets[0].id), Back(assets[1].id, Condition.DAMAGED, "Cracked")]
    service.take_back(made.actor, back, Signed("Ann Example", drawn=drawing(), means=Means.PAPER, reference="Folder 3"))
    second = papers.issue(made.actor, loan.id, config)
    told = read(second.pdf, tmp_path)
    for words in ("Signed when it came back", "On paper: Folder 3", "Damaged: Cracked", "2 things, all back"):
        assert words in told, words
    assert told.count("Signed when it came back") == 1
    with Pdf.open(BytesIO(second.pdf)) as pdf:
        images = [name for page in pdf.pages for name in page.get_images()]
    assert len(images) >= 1  # the drawn signature
    assert (first.number, second.number) == (1, 2)
    assert second.pdf != first.pdf


def test_the_paper_carries_the_schools_signature_embedded_fonts_and_its_content(
    site: Site, made: Desk, tmp_path: Path
) -> None:
    config = site.app.extensions["caretaker"]
    loan = service.lend(made.actor, made.ann.id, [Lent(made.laptop(*HOME).id)], home(), made.signed())
    found = papers.issue(made.actor, loan.id, config)
    path = tmp_path / "paper.pdf"
    path.write_bytes(found.pdf)
    pem = certificates.authority_pem(config, made.actor.school_id)
    assert pem
    assert signing.check(found.pdf, [pem], found.issued_at).good
    told = subprocess.run(["pdfsig", path], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid." in told
    assert "Total document signed" in told
    fonts = subprocess.run(["pdffonts", path], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    assert fonts
    assert all(line.split()[-5] == "yes" for line in fonts), fonts  # emb
    with Pdf.open(path) as pdf:
        inside = pdf.attachments["content.json"].get_file().read_bytes()
    assert inside.decode() == found.content
    assert hashlib.sha256(inside).hexdigest() == found.content_sha256
    assert json.loads(inside)["items"][0]["condition_out"] == ""
    event = db.session.scalars(select(Event).where(Event.kind == "loan:paper_issued")).one()
    assert found.pdf_sha256 == hashlib.sha256(found.pdf).hexdigest()
    assert event.subject_id == loan.id


@pytest.mark.pure
@pytest.mark.parametrize("long", ["", "<b>&" * 50, "\u202e長い" + "x" * 1000])
def test_any_text_gives_a_paper_that_can_be_kept(tmp_path: Path, long: str) -> None:
    found = content(long)
    inside = (Inside("content.json", canonical(found), "application/json", "Data", "All"),)
    made = [kept(paper_pages.render(found, None), "Loan agreement", NOW, inside) for _ in range(2)]
    assert made[0] == made[1]
    path = tmp_path / "kept.pdf"
    path.write_bytes(made[0])
    assert broken(path) == [[]]


def test_every_download_gives_the_same_bytes_whatever_changes_afterwards(site: Site, made: Desk) -> None:
    asset = made.laptop(*HOME)
    token = asked(made, asset).token
    assert sign(site.client(), token)[0] == 200
    paper = db.session.scalars(select(LoanPaper)).one()  # signing by the link froze it
    paper_id, pdf, loan_id = paper.id, paper.pdf, paper.loan_id
    person = people.get_person(made.actor.school_id, made.ann.id)
    details = people.details_of(person)
    people.edit(made.actor, person.id, replace(details, name="Ann Married"), version=person.version)
    db.session.commit()
    tess = site.client("tess")
    answer = tess.get(f"/loans/papers/{paper_id}.pdf")
    assert answer.data == pdf
    assert answer.headers["Content-Disposition"] == 'attachment; filename="loan-1-1.pdf"'
    assert f"/loans/papers/{paper_id}.pdf" in body(tess.get(f"/loans/{loan_id}"))
    assert tess.post(f"/loans/{loan_id}/papers").status_code == 302
    assert tess.get(f"/loans/papers/{paper_id}.pdf").data == pdf
    assert len(papers.papers_of(made.actor.school_id, loan_id)) == 2
    with pytest.raises(NotFound):
        papers.get_paper(site.actor("otto").school_id, paper_id)


@pytest.mark.parametrize("change", ["UPDATE loan_papers SET issued_by = 'x'", "DELETE FROM loan_papers"])
def test_a_paper_cannot_be_changed_nor_removed(site: Site, made: Desk, change: str) -> None:
    loan = service.lend(made.actor, made.ann.id, [Lent(made.laptop(*HOME).id)], home(), made.signed())
    papers.issue(made.actor, loan.id, site.app.extensions["caretaker"])
    db.session.commit()
    with pytest.raises(DBAPIError, match="append-only"):
        db.session.execute(text(change))
    db.session.rollback()


def test_without_the_schools_key_the_loan_is_made_and_the_desk_is_told(site: Site, made: Desk) -> None:
    config = site.app.extensions["caretaker"]
    loan = service.lend(made.actor, made.ann.id, [Lent(made.laptop(*HOME).id)], home(), made.signed())
    papers.issue(made.actor, loan.id, config)
    folder = certificates.signing_folder(config, made.actor.school_id)
    (folder / authority.CA).unlink()
    assert "Restore" in papers.try_issue(made.actor, loan.id, config)
    token = asked(made).token
    assert sign(site.client(), token)[0] == 200
    loan_id = loan.id
    db.session.commit()
    answer = site.client("tess").post(f"/loans/{loan_id}/papers", follow_redirects=True)
    assert "signing key is missing" in body(answer)
    gwen = site.actor("gwen")
    with pytest.raises(Denied, match="Only the technician"):
        papers.ask(gwen, loan_id, config)


def test_the_version_on_the_paper_is_the_one_that_was_signed(site: Site, made: Desk, tmp_path: Path) -> None:
    db.session.commit()
    head = site.actor("hana")
    loan = service.lend(made.actor, made.ann.id, [Lent(made.laptop(*HOME).id)], home(), made.signed())
    agreement = agreements.get_agreement(made.actor.school_id, made.terms.agreement_id)
    agreements.write_draft(made.actor, agreement.id, "New terms.", version=agreement.version)
    today = agreements.today()
    agreements.approve(head, agreement.id, version=agreement.version, minute_ref="", in_force_on=today, sign_again=True)
    found = papers.issue(made.actor, loan.id, site.app.extensions["caretaker"])
    told = read(found.pdf, tmp_path)
    assert TERMS in told
    assert "New terms." not in told
    with pikepdf.open(BytesIO(found.pdf)) as pdf:
        assert pdf.docinfo["/Title"] == "Loan agreement L1/1"
