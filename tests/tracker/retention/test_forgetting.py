"""A pseudonym takes the place of a name everywhere but where it must stay, on both databases."""

import hashlib
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from tests.cast import body
from tests.tracker.retention.conftest import LONG_AGO, NAME, WORD, Leaver, everywhere
from tracker.accounts.models import User
from tracker.agreements.models import Signature
from tracker.audit import chain
from tracker.audit.models import Event
from tracker.audit.service import history, links
from tracker.certificates import service as service_of_certificates
from tracker.certificates.models import Certificate
from tracker.db import db
from tracker.exports import service as exports
from tracker.incidents.models import Incident
from tracker.loans.models import Loan, LoanItem
from tracker.people import service as people
from tracker.people.rules import PersonDetails, PersonKind
from tracker.retention import columns, forgetting, service
from tracker.values import Actor, Denied, NotFound, Role

# Where the old name may still stand, as docs/adr/0031 says: frozen evidence, and who made a policy of the school.
ALLOWED = {"certificates", "certificate_withdrawals", "evidence", "loan_papers", "agreement_versions"}


def forgotten(leaver: Leaver) -> forgetting.Done:
    leaver.leaves()
    (done,) = forgetting.forget(leaver.head, [leaver.person_id])
    db.session.commit()
    return done


def test_no_column_of_the_database_holds_the_name_but_those_that_are_frozen(leaver: Leaver) -> None:
    before = everywhere(WORD)
    copied = {"people.name", "users.name", "loans.lent_by", "loans.signatory", "signatures.signatory", "events.detail",
              "incidents.what", "assets.notes", "assets.search", "asset_checks.recorded_by", "reminders_sent.address",
              "reminders_sent.lines", "saved_views.query", "imports.samples", "imports.name", "import_rows.label",
              "jobs.operator", "certificates.issued_by", "attachments.name", "attachments.added_by"}  # fmt: skip
    assert copied <= set(before)
    done = forgotten(leaver)
    after = everywhere(WORD)
    assert {one.partition(".")[0] for one in after} <= ALLOWED, after
    assert set(columns.KEPT) >= ALLOWED
    assert (done.pseudonym, done.shared) == ("Former member of staff 1", ())
    assert done.rows > 15
    assert leaver.person.name == "Former member of staff 1"


def test_the_chain_holds_before_and_after_and_says_what_was_redacted(leaver: Leaver) -> None:
    school_id = leaver.head.school_id
    before = {link.seq: link for link in links(school_id)}
    assert chain.verify(before.values()).broken is None
    done = forgotten(leaver)
    after = list(links(school_id))
    assert chain.verify(after).broken is None
    assert all(before[link.seq].hash == link.hash for link in after if link.seq in before)
    bare = [link for link in after if link.salt is None]
    assert len(bare) == done.events > 20
    assert not [link for link in after if WORD in (link.detail or "").lower()]
    (event,) = history(school_id, "log", school_id)[:1]
    assert event.kind == "log:redacted"
    told = history(school_id, "person", leaver.person_id)[0]
    assert (told.kind, told.after["pseudonym"]) == ("person:forgotten", done.pseudonym)


def test_a_redacted_detail_that_is_changed_afterwards_breaks_the_chain(leaver: Leaver) -> None:
    forgotten(leaver)
    school_id = leaver.head.school_id
    found = list(links(school_id))
    one = next(link for link in found if link.salt is None)
    other = {**vars(one), "detail": (one.detail or "").replace("Former member of staff 1", "Otto Outsider")}
    assert chain.verify(chain.Link(**other) if link is one else link for link in found).broken == chain.Break(
        one.seq, chain._BARE
    )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET detail = 'x'", "UPDATE events SET salt = NULL, kind = 'x'", "DELETE FROM events",
        "UPDATE signatures SET drawn = NULL, signed_on = '2020-01-01'", "UPDATE attachments SET sha256 = 'x'",
    ],
)  # fmt: skip
def test_the_database_allows_nothing_else(leaver: Leaver, statement: str) -> None:
    with pytest.raises(DBAPIError, match=r"append-only|stays what it is"):
        db.session.execute(text(statement))


def test_certificates_are_what_they_were(leaver: Leaver) -> None:
    number = UUID(leaver.told["certificate_id"])
    before = db.session.get_one(Certificate, (leaver.head.school_id, number)).pdf
    forgotten(leaver)
    found = db.session.get_one(Certificate, (leaver.head.school_id, number))
    assert found.pdf == before
    assert hashlib.sha256(found.pdf).hexdigest() == found.pdf_sha256
    assert hashlib.sha256(found.content.encode()).hexdigest() == found.content_sha256
    page = body(leaver.site.client().get(f"/V/{found.code}"))
    assert service_of_certificates.readable(found) is not None
    assert found.number in page
    assert WORD not in page.lower()


def test_no_page_search_or_file_shows_the_name(leaver: Leaver) -> None:
    forgotten(leaver)
    hana, number = leaver.site.client("hana"), leaver.person_id
    loan_id = db.session.scalars(select(Loan.id).where(Loan.person_id == number)).one()
    incident_id = db.session.scalars(select(Incident.id).where(Incident.person_id == number)).one()
    signature_id = db.session.scalars(select(Signature.id).where(Signature.person_id == number)).one()
    pages = ("/people?show=everybody", f"/people/{number}", f"/loans/{loan_id}", f"/incidents/{incident_id}", "/loans",
             f"/signatures/{signature_id}", "/incidents", "/log", "/log.csv", "/people.csv?show=everybody",
             "/reminders", "/users", "/assets.csv", f"/assets/{leaver.told['asset_id']}", "/retention")  # fmt: skip
    for address in pages:
        answer = hana.get(address)
        assert answer.status_code in (200, 404), address
        assert WORD not in body(answer).lower(), address
    # a medium and its wipe show the certificate: who issued it is frozen
    for address in (f"/media/{leaver.told['medium_id']}", f"/jobs/{leaver.told['job_id']}"):
        assert body(hana.get(address)).lower().count(WORD) == 1, address
    assert "Nobody fits" in body(hana.get("/people?q=whitlow&show=everybody"))
    assert "Former member of staff 1" in body(hana.get("/people?q=former&show=everybody"))


def test_a_whole_export_holds_the_name_only_in_what_is_frozen(leaver: Leaver, tmp_path: Path) -> None:
    forgotten(leaver)
    school_id = leaver.head.school_id
    exports.export(school_id, tmp_path / "out", instance=leaver.site.app.extensions["caretaker"].instance)
    holding = {one.name for one in (tmp_path / "out").glob("*") if one.is_file() and WORD in one.read_text().lower()}
    assert {name.partition(".")[0] for name in holding} <= ALLOWED


def test_scans_drawn_signatures_and_the_files_of_imports_go(leaver: Leaver) -> None:
    assert leaver.scan.is_file()
    leaver.leaves()
    client = leaver.site.client("hana")
    told = {"person": str(leaver.person_id), "sure": "y"}
    assert client.post("/retention/forget", data=told).status_code == 302
    assert not leaver.scan.is_file()
    mine = select(Loan).where(Loan.person_id == leaver.person_id)
    loan = db.session.scalars(mine).one()
    (item,) = db.session.scalars(select(LoanItem).where(LoanItem.loan_id == loan.id))
    assert (loan.drawn, loan.place, item.drawn_in, item.returned_by) == (None, "", None, "Former member of staff 1")
    signed = db.session.scalars(select(Signature).where(Signature.person_id == leaver.person_id)).one()
    assert (signed.drawn, signed.signatory) == (None, "Former member of staff 1")
    others = db.session.scalars(select(Signature).where(Signature.person_id != leaver.person_id)).all()
    assert any(one.drawn for one in others)  # of somebody else, whom she let sign
    assert db.session.scalar(text("SELECT count(*) FROM imports WHERE state = 'applied' AND data IS NOT NULL")) == 0
    user = db.session.scalars(select(User).where(User.id == leaver.ann.id)).one()
    assert (user.name, user.username[:7], user.active) == ("Former member of staff 1", "former-", False)


def test_what_is_in_the_way_is_told_and_nothing_changes(leaver: Leaver) -> None:
    with pytest.raises(Denied, match="still at the school"):
        forgetting.forget(leaver.head, [leaver.person_id])
    db.session.rollback()
    leaver.leaves()
    with pytest.raises(Denied, match="Only the head teacher"):
        forgetting.forget(replace(leaver.head, role=Role.BURSAR), [leaver.person_id])
    with pytest.raises(Denied, match="only proposed"):
        forgetting.forget(leaver.head, [leaver.person_id], timer=True)
    with pytest.raises(NotFound):
        forgetting.forget(replace(leaver.head, school_id=leaver.site.school_id("other")), [leaver.person_id])
    db.session.rollback()
    mine = Incident.person_id == leaver.person_id
    db.session.execute(update(Incident).where(mine).values(state="open", version=Incident.version))
    db.session.execute(
        update(Loan).where(Loan.person_id == leaver.person_id).values(open_items=1, version=Loan.version)
    )
    db.session.execute(update(User).where(User.id == leaver.ann.id).values(active=True))
    db.session.commit()
    with pytest.raises(Denied) as refused:
        forgetting.forget(leaver.head, [leaver.person_id])
    assert [one.code for one in refused.value.blockers] == ["loan", "incident", "account"]
    db.session.rollback()
    assert leaver.person.name == NAME


def test_of_two_with_one_name_only_what_is_surely_theirs_is_replaced(leaver: Leaver) -> None:
    other = people.add_person(leaver.head, PersonDetails(NAME, PersonKind.GOVERNOR))
    db.session.commit()
    done = forgotten(leaver)
    assert done.shared == (NAME,)
    assert db.session.get_one(type(other), (other.school_id, other.id)).name == NAME
    loan = db.session.scalars(select(Loan).where(Loan.person_id == leaver.person_id)).one()
    assert (loan.signatory, loan.lent_by) == ("Former member of staff 1", NAME)
    mine = select(Event.detail).where(Event.actor_id == leaver.ann.id)
    assert not [one for one in db.session.scalars(mine) if NAME in (one or "")]


def test_the_head_who_redacted_can_be_forgotten_in_turn(leaver: Leaver) -> None:
    forgotten(leaver)
    hana = people.add_person(leaver.head, PersonDetails("Hana Head", left_on=LONG_AGO))
    second = Actor(leaver.head.school_id, None, "Nora Newhead", Role.HEAD, "tests")
    db.session.execute(update(User).where(User.username == "hana").values(name="Somebody"))
    db.session.commit()
    (done,) = forgetting.forget(second, [hana.id])
    db.session.commit()
    assert done.pseudonym == "Former member of staff 2"
    assert chain.verify(links(second.school_id)).broken is None
    assert not [one for one in links(second.school_id) if "Hana Head" in (one.detail or "")]


def test_a_pupils_parent_goes_with_the_pupil(leaver: Leaver) -> None:
    details = PersonDetails(
        "Pip Parker", PersonKind.PUPIL, left_on=LONG_AGO, parent_name="Pam Parker", parent_email="pam@home.example"
    )
    pip = people.add_person(leaver.head, details)
    db.session.commit()
    (done,) = forgetting.forget(leaver.head, [pip.id])
    db.session.commit()
    assert done.pseudonym == "Former pupil 1"
    assert everywhere("parker") == {}
    assert everywhere("pam@home") == {}


def test_who_is_forgotten_stays_so(leaver: Leaver) -> None:
    forgotten(leaver)
    person = leaver.person
    with pytest.raises(Denied, match="Nothing of them can be changed"):
        people.edit(leaver.head, person.id, PersonDetails("Ann again"), version=person.version)
    with pytest.raises(Denied, match="a pseudonym already"):
        forgetting.forget(leaver.head, [person.id])
    assert service.leavers(leaver.head.school_id) == []
    assert person.left_on == date(2015, 7, 20)
