"""Agreements on both databases: written, approved, signed, replaced, and who has not signed."""

from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO

import pytest
from PIL import Image, ImageDraw
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.cast import Site, counted
from tracker.agreements import drawing, report, service
from tracker.agreements.models import Agreement, AgreementVersion
from tracker.agreements.rules import AgreementDetails, AgreementKind, Means, Relation, Signing, Standing
from tracker.audit.service import history
from tracker.db import db
from tracker.people import links
from tracker.people import service as people
from tracker.people.rules import PersonDetails, PersonKind
from tracker.values import Actor, Conflict, Denied, NotFound

EVERYBODY = frozenset({PersonKind.STAFF, PersonKind.GOVERNOR, PersonKind.EXTERNAL, PersonKind.PUPIL})
DETAILS = AgreementDetails("Acceptable use", AgreementKind.ACCEPTABLE_USE, EVERYBODY, "Computing lead")


class Cast:
    """Everybody to call services with, looked up beforehand: looking up ends the transaction."""

    def __init__(self, site: Site) -> None:
        self._actors = {name: site.actor(name) for name in ("tess", "beth", "hana", "gwen", "stan", "otto")}

    def actor(self, name: str) -> Actor:
        return self._actors[name]


@pytest.fixture
def cast(site: Site) -> Cast:
    return Cast(site)


@pytest.fixture
def agreement(cast: Cast) -> Agreement:
    """An agreement whose first text waits for the head."""
    made = service.add_agreement(cast.actor("tess"), DETAILS)
    service.write_draft(
        cast.actor("tess"), made.id, "I use the school's equipment for school work.", version=made.version
    )
    return made


def approve(cast: Cast, agreement: Agreement, **change: object) -> AgreementVersion:
    told = {"minute_ref": "", "in_force_on": service.today(), "sign_again": True, **change}
    return service.approve(cast.actor("hana"), agreement.id, version=agreement.version, **told)  # type: ignore[arg-type]


def revise(cast: Cast, agreement: Agreement, words: str, **change: object) -> AgreementVersion:
    service.write_draft(cast.actor("tess"), agreement.id, words, version=agreement.version)
    return approve(cast, agreement, **change)


def signing(version: AgreementVersion, name: str = "Ann Example", **change: object) -> Signing:
    told = Signing(Means.SCREEN, name, Relation.SELF, service.today(), version.text_sha256)
    return replace(told, **change)  # type: ignore[arg-type]


def drawn(width: int = 600, height: int = 200, *, ink: bool = True) -> bytes:
    image = Image.new("RGB", (width, height), "white")
    if ink:
        ImageDraw.Draw(image).line((10, 10, width - 10, height - 10), fill="black", width=3)
    output = BytesIO()
    image.save(output, "PNG")
    return output.getvalue()


def test_a_text_is_approved_signed_and_replaced(cast: Cast, agreement: Agreement) -> None:
    ann = people.add_person(cast.actor("tess"), PersonDetails("Ann Example"))
    first = approve(cast, agreement)
    assert (first.number, agreement.draft) == (1, "")
    (where,) = service.standing_of(ann)
    assert where.standing is Standing.MISSING
    made = service.sign(cast.actor("tess"), first.id, ann.id, signing(first, drawn=drawn()))
    assert made.drawn
    assert made.text_sha256 == first.text_sha256
    assert [one.standing for one in service.standing_of(ann)] == [Standing.CURRENT]
    small = revise(cast, agreement, "The same, with a comma.", sign_again=False)
    assert [one.standing for one in service.standing_of(ann)] == [Standing.CURRENT]
    revise(cast, agreement, "Much more.")
    assert [one.standing for one in service.standing_of(ann)] == [Standing.OLDER]
    assert service.get_version(ann.school_id, small.id).text == "The same, with a comma."
    kinds = [one.kind for one in history(ann.school_id, "agreement", agreement.id)]
    assert kinds[:2] == ["agreement:approved", "agreement:drafted"]
    assert history(ann.school_id, "person", ann.id)[0].after["text_sha256"] == first.text_sha256


def test_a_version_that_begins_later_is_asked_for_later(cast: Cast, agreement: Agreement) -> None:
    approve(cast, agreement, in_force_on=service.today() + timedelta(days=7))
    ann = people.add_person(cast.actor("tess"), PersonDetails("Ann Example"))
    assert service.standing_of(ann) == []
    assert not service.must_sign(cast.actor("stan"))


def test_the_head_does_not_approve_the_heads_own_text_without_the_governors(cast: Cast, agreement: Agreement) -> None:
    service.write_draft(cast.actor("hana"), agreement.id, "By the head.", version=agreement.version)
    with pytest.raises(Denied, match="minute"):
        approve(cast, agreement)
    assert approve(cast, agreement, minute_ref="FGB 7").minute_ref == "FGB 7"


def test_a_signature_under_a_text_that_was_replaced_is_refused(cast: Cast, agreement: Agreement) -> None:
    first = approve(cast, agreement)
    shown = signing(first)
    second = revise(cast, agreement, "Much more.")
    ann = people.add_person(cast.actor("tess"), PersonDetails("Ann Example"))
    with pytest.raises(Denied, match="replaced while this page was open"):
        service.sign(cast.actor("tess"), second.id, ann.id, shown)


def test_two_people_who_write_at_once_are_told(cast: Cast, agreement: Agreement) -> None:
    seen = agreement.version
    service.write_draft(cast.actor("beth"), agreement.id, "By the bursar.", version=seen)
    with pytest.raises(Conflict, match="Beth Bursar changed Acceptable use"):
        service.write_draft(cast.actor("tess"), agreement.id, "By the technician.", version=seen)
    assert agreement.draft == "By the bursar."


def test_a_parent_signs_for_a_pupil(cast: Cast, agreement: Agreement) -> None:
    first = approve(cast, agreement)
    pupil = people.add_person(cast.actor("tess"), PersonDetails("Peter Pupil", PersonKind.PUPIL))
    with pytest.raises(Denied, match="parent or carer"):
        service.sign(cast.actor("tess"), first.id, pupil.id, signing(first, "Peter Pupil"))
    service.sign(cast.actor("tess"), first.id, pupil.id, signing(first, "Paula Pupil", relation=Relation.PARENT))
    assert [one.standing for one in service.standing_of(pupil)] == [Standing.CURRENT]


def test_a_signature_that_is_taken_back_counts_no_more_and_stays_readable(cast: Cast, agreement: Agreement) -> None:
    first = approve(cast, agreement)
    ann = people.add_person(cast.actor("tess"), PersonDetails("Ann Example"))
    made = service.sign(cast.actor("tess"), first.id, ann.id, signing(first))
    service.withdraw(cast.actor("tess"), made.id, "Recorded for the wrong person")
    assert [one.standing for one in service.standing_of(ann)] == [Standing.MISSING]
    found = report.signature(ann.school_id, made.id)
    assert found.withdrawal
    assert found.withdrawal.reason == "Recorded for the wrong person"
    with pytest.raises(Denied, match="already"):
        service.withdraw(cast.actor("tess"), made.id, "Recorded for the wrong person")


def test_an_account_is_held_back_until_its_person_has_signed(cast: Cast, agreement: Agreement) -> None:
    stan = cast.actor("stan")
    assert not service.must_sign(stan)
    first = approve(cast, agreement)
    assert service.must_sign(stan)
    person = links.person_for_user(stan)
    assert links.person_for_user(stan).id == person.id
    service.sign(stan, first.id, person.id, signing(first, "Stan Staff"))
    assert not service.must_sign(stan)
    service.retire(
        cast.actor("hana"), agreement.id, version=agreement.version, reason="Replaced by another", retired=True
    )
    assert not service.must_sign(cast.actor("gwen"))


def test_an_account_takes_the_one_person_of_its_name_and_no_other(cast: Cast) -> None:
    known = people.add_person(cast.actor("tess"), PersonDetails("Stan  STAFF"))
    assert links.person_for_user(cast.actor("stan")).id == known.id
    for _ in range(2):
        people.add_person(cast.actor("tess"), PersonDetails("Gwen Governor", PersonKind.GOVERNOR))
    made = links.person_for_user(cast.actor("gwen"))
    assert sum(one.name == "Gwen Governor" for one in report.here(made.school_id)) == 3
    with pytest.raises(Denied, match="another account"):
        links.link(cast.actor("tess"), known.id, cast.actor("beth").id or known.id)


def test_the_report_names_everybody_who_has_not_signed_and_asks_a_fixed_number_of_queries(
    cast: Cast, agreement: Agreement
) -> None:
    first, tess = approve(cast, agreement), cast.actor("tess")
    made = [people.add_person(tess, PersonDetails(f"Person {number:02}")) for number in range(30)]
    people.add_person(tess, PersonDetails("Left Already", left_on=date(2020, 7, 1)))
    for one in made[:12]:
        service.sign(tess, first.id, one.id, signing(first))
    with counted() as few:
        rows = report.unsigned(tess.school_id, agreement)
    assert [row.person.name for row in rows] == [f"Person {number:02}" for number in range(12, 30)]
    for one in made[12:20]:
        service.sign(tess, first.id, one.id, signing(first))
    with counted() as many:
        assert len(report.unsigned(tess.school_id, agreement)) == 10
    assert len(many) == len(few)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE agreement_versions SET text = 'x'", "DELETE FROM agreement_versions",
        "UPDATE signatures SET signatory = 'x'", "DELETE FROM signatures",
        "DELETE FROM signature_withdrawals", "UPDATE signature_withdrawals SET reason = 'x'",
    ],
)  # fmt: skip
def test_the_database_itself_refuses_to_change_what_was_signed(
    cast: Cast, agreement: Agreement, statement: str
) -> None:
    first = approve(cast, agreement)
    ann = people.add_person(cast.actor("tess"), PersonDetails("Ann Example"))
    made = service.sign(cast.actor("tess"), first.id, ann.id, signing(first))
    service.withdraw(cast.actor("tess"), made.id, "Recorded for the wrong person")
    db.session.commit()
    with pytest.raises(DBAPIError, match="append-only"):
        db.session.execute(text(statement))
    db.session.rollback()


def test_another_schools_things_are_not_found(cast: Cast, agreement: Agreement) -> None:
    first, otto = approve(cast, agreement), cast.actor("otto")
    ann = people.add_person(cast.actor("tess"), PersonDetails("Ann Example"))
    made = service.sign(cast.actor("tess"), first.id, ann.id, signing(first))
    with pytest.raises(NotFound):
        service.get_agreement(otto.school_id, agreement.id)
    with pytest.raises(NotFound):
        service.sign(otto, first.id, ann.id, signing(first))
    with pytest.raises(NotFound):
        report.signature(otto.school_id, made.id)
    assert report.overview(otto.school_id, retired=True) == []


@pytest.mark.pure
@pytest.mark.parametrize(
    "bad",
    [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", drawn()[:60], drawn(1300, 10), drawn(ink=False), b"<svg/>", bytes(300_000)],
)
def test_what_is_no_drawing_is_refused(bad: bytes) -> None:
    with pytest.raises(Denied, match="drawn signature"):
        drawing.checked(bad)


@pytest.mark.pure
@pytest.mark.parametrize(
    "bad", ["x", "data:image/png;base64,***", "data:text/html;base64,QQ==", "data:image/png;base64," + "A" * 400_000]
)
def test_what_no_canvas_sends_is_refused(bad: str) -> None:
    with pytest.raises(Denied, match="drawn signature"):
        drawing.of_data_url(bad)
