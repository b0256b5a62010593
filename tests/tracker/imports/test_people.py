"""A list of people from the file into the register, on both databases."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.tracker.imports.conftest import Desk, csv_of, xlsx_of
from tracker.audit.service import history
from tracker.db import db
from tracker.imports import applying, service, work
from tracker.imports.models import Import
from tracker.imports.rules import ImportState, ListOf, Verdict
from tracker.imports.tables import Unreadable
from tracker.people import export
from tracker.people import service as people
from tracker.people.models import Person
from tracker.people.rules import PersonDetails, PersonKind
from tracker.values import today

HEADINGS = (
    "Staff No",
    "Surname",
    "Forename",
    "Group",
    "Job title",
    "E-mail",
    "Start date",
    "Leaving date",
    "Reports to",
)
ANN = (
    "S1",
    "Smith",
    "Ann",
    "Teacher",
    "Class teacher",
    "Ann@School.example",
    "01/09/2023",
    "",
    "h.head@school.example",
)
HANA = ("S2", "Head", "Hana", "Staff", "Head teacher", "h.head@school.example", "1 Sept 2015", "", "")


class Office(Desk):
    """A desk at which lists of people come in."""

    def upload(self, data: bytes, name: str = "staff.csv", actor: Any = None) -> Import:
        found = service.upload(actor or self.actor, name, data, ListOf.PEOPLE)
        db.session.commit()
        return found

    def people(self) -> dict[str, Person]:
        """Everybody by name, as they are now."""
        mine = select(Person).where(Person.school_id == self.actor.school_id).execution_options(populate_existing=True)
        return {one.name: one for one in db.session.scalars(mine)}

    def add(self, name: str, kind: PersonKind = PersonKind.STAFF, **told: Any) -> Person:
        found = people.add_person(self.actor, PersonDetails(name, kind, **told))
        db.session.commit()
        return found

    def reasons(self, *rows: tuple[str, ...], headings: tuple[str, ...] = HEADINGS) -> list[str]:
        """What is wrong with these rows."""
        return [why for _, _, why in self.faults(self.tried(csv_of(rows, headings)))]


@pytest.fixture
def office(register: Any) -> Office:
    return Office(register)


def test_a_list_of_staff_goes_in_with_managers_who_stand_further_below(office: Office) -> None:
    found = office.imported(csv_of([ANN, HANA], HEADINGS))
    known = office.people()
    ann, hana = known["Ann Smith"], known["Hana Head"]
    assert (ann.reference, ann.email, ann.kind) == ("S1", "ann@school.example", "staff")
    assert (ann.started_on, ann.line_manager_id, hana.started_on) == (date(2023, 9, 1), hana.id, date(2015, 9, 1))
    (event,) = history(office.actor.school_id, "person", ann.id)
    assert (event.kind, event.after["line_manager"]) == ("person:created", "Hana Head")
    assert {row.person_id for row in office.rows(found)} == {ann.id, hana.id}
    assert people.listed(office.actor.school_id, people.Wanted("ann smith s1"))[1] == 1


def test_the_same_list_again_changes_nothing_and_cannot_be_applied(office: Office) -> None:
    office.imported(csv_of([ANN, HANA], HEADINGS))
    again = office.tried(csv_of([ANN, HANA], HEADINGS))
    counts = office.counts(again)
    assert (counts.new, counts.changed, counts.unchanged, counts.faulty) == (0, 0, 2, 0)
    with pytest.raises(Exception, match="in the register already"):
        service.apply(office.actor, again.id, again.digest)


def test_what_the_list_of_people_exports_comes_back_unchanged(office: Office) -> None:
    hana = office.add("Hana Head", email="h@s.example", dbs_confirmed_on=date(2025, 9, 3), job="=Head")
    office.add("Pip", PersonKind.PUPIL, parent_name="Pam Parent", parent_email="pam@home.example")
    office.add("Ann Smith", reference="S1", started_on=date(2023, 9, 1), line_manager_id=hana.id)
    rows = people.everybody(office.actor.school_id, people.Wanted())
    names = people.names(office.actor.school_id)
    for data in (export.as_csv(rows, names), export.as_xlsx(rows, names)):
        counts = office.counts(office.tried(data))
        assert (counts.unchanged, counts.new, counts.changed, counts.faulty) == (len(rows), 0, 0, 0)


def test_somebody_is_known_by_reference_then_email_then_name_and_group(office: Office) -> None:
    office.add("Ann Old", reference="S1")
    office.add("Bea", email="bea@school.example")
    office.add("Cat")
    office.add("Cat", PersonKind.PUPIL)
    rows = [
        ("S1", "Smith", "Ann", "", "", "", "", "", ""),
        ("", "Brown", "Bea", "", "", "BEA@school.example", "", "", ""),
        ("", "", "Cat", "Pupil", "Year 6", "", "", "", ""),
        ("", "", "Cat", "Governor", "", "", "", "", ""),
    ]
    found = office.tried(csv_of(rows, HEADINGS))
    assert [row.verdict for row in office.rows(found)] == ["changed", "changed", "changed", "new"]
    assert office.rows(found)[0].changes == [["Name", "Ann Old", "Ann Smith"]]
    office.apply(found)
    assert sorted(office.people()) == ["Ann Smith", "Bea Brown", "Cat"]
    assert db.session.scalars(select(Person.job).where(Person.kind == "pupil")).all() == ["Year 6"]


def test_leavers_are_those_with_a_last_day_and_nobody_else(office: Office) -> None:
    office.imported(csv_of([ANN, HANA], HEADINGS))
    found = office.imported(csv_of([("S1", "31 July 2026")], ("Staff number", "Date of leaving")))
    assert office.counts(found).changed == 1
    known = office.people()
    assert (known["Ann Smith"].left_on, known["Hana Head"].left_on) == (date(2026, 7, 31), None)
    event = history(office.actor.school_id, "person", known["Ann Smith"].id)[0]
    assert (event.before, event.after) == ({"left": None}, {"left": "2026-07-31"})


@pytest.mark.parametrize(
    "text",
    ["01/09/2023", "1/9/23", "1.9.2023", "01-09-2023", "2023-09-01", "1 September 2023", "1st Sept 2023", "1-Sep-23",
     "Fri 1 Sep 2023", "Sep 1, 2023", "01/09/2023 00:00:00", "45170"],
)  # fmt: skip
def test_days_are_read_however_they_are_written_in_britain(office: Office, text: str) -> None:
    office.imported(csv_of([("Ann", "staff", text)], ("Name", "Group", "Start date")))
    assert office.people()["Ann"].started_on == date(2023, 9, 1)


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"Group": ""}, "Say which group"),
        ({"Group": "boss"}, "no group that is known"),
        ({"E-mail": "nobody"}, "should look like"),
        ({"Leaving date": "01/09/2022"}, "before the first"),
        ({"Start date": "31/02/2023"}, "31/02/2023"),
        ({"Start date": "soon"}, "soon"),
        ({"Leaving date": "01/09/2099"}, "Correct the year"),
        ({"Surname": "x" * 300, "Forename": ""}, "longer than 200"),
        ({"Job title": "x" * 10_000}, "longer than 100"),
        ({"Surname": "", "Forename": ""}, "Enter the person's name"),
        ({"Surname": "\u202eevil"}, "cannot be shown"),
        ({"Reports to": "Nobody Known"}, "Nobody is called Nobody Known"),
        ({"Reports to": "S1"}, "their own line manager"),
        ({"Job title": "#REF!"}, "shows the error"),
    ],
)
def test_every_faulty_row_has_its_reason_and_nothing_is_saved(office: Office, told: dict[str, str], says: str) -> None:
    row = tuple({**dict(zip(HEADINGS, ANN, strict=True)), "Reports to": "", **told}.values())
    reasons = office.reasons(row)
    assert any(says in one for one in reasons), reasons
    assert office.people() == {}


def test_rows_that_contradict_each_other_are_faulty(office: Office) -> None:
    office.add("Dot", email="d@s.example")
    bea, cat = ("", "Brown", "Bea", "staff"), ("S9", "Gray", "Cat", "staff")
    rest = ("", "", "", "", "")
    says = office.reasons(bea + rest, bea + rest, cat + rest, ("S9", "Gray", "Kate", "staff") + rest)
    assert any("has the same name" in one for one in says)
    assert any("has the same reference" in one for one in says)
    says = office.reasons(("", "", "Dot", "staff", "", "other@s.example", "", "", ""))
    assert any("another email address" in one for one in says)


def test_a_circle_of_line_managers_in_the_file_is_a_fault(office: Office) -> None:
    headings = ("Name", "Group", "Line manager")
    says = office.reasons(("Ann", "staff", "Bea"), ("Bea", "staff", "Cat"), ("Cat", "staff", "Ann"), headings=headings)
    assert any("answers to this person" in one for one in says)


def test_two_of_one_name_are_told_apart_by_a_reference(office: Office) -> None:
    office.imported(csv_of([("S1", "Ann", "staff"), ("S2", "Ann", "staff")], ("Ref", "Name", "Group")))
    assert db.session.query(Person).count() == 2
    says = office.reasons(("Ann", "staff", "Boss"), headings=("Name", "Group", "Job"))
    assert any("Several people are called Ann" in one for one in says)


def test_what_is_told_of_a_dbs_check_is_never_kept_but_for_the_day(office: Office) -> None:
    headings = ("Name", "Group", "DBS")
    says = office.reasons(("Ann", "staff", "Clear, 001234567890"), headings=headings)
    assert says == [
        "Write only the day on which somebody saw that a check is current, such as 03/09/2025; never its number."
    ]
    tomorrow = (today() + timedelta(days=1)).isoformat()
    assert any("December 2012 to today" in one for one in office.reasons(("Ann", "staff", tomorrow), headings=headings))
    office.imported(csv_of([("Ann", "staff", "3 Sept 2025")], headings))
    assert office.people()["Ann"].dbs_confirmed_on == date(2025, 9, 3)


def test_a_parent_is_a_pupils_only(office: Office) -> None:
    headings = ("Pupil name", "Type", "Parent/Carer", "Parent's email", "Admission date")
    office.imported(csv_of([("Parker, Pip", "Pupil", "Pam Parker", "PAM@home.example", "1/9/22")], headings))
    pip = office.people()["Pip Parker"]
    assert (pip.parent_name, pip.parent_email, pip.kind) == ("Pam Parker", "pam@home.example", "pupil")
    assert any("Only a pupil" in one for one in office.reasons(("Ann", "Staff", "Pam", "", ""), headings=headings))


def test_one_group_can_be_chosen_for_the_whole_file_and_changes_nobodys(office: Office) -> None:
    office.add("Gwen", PersonKind.GOVERNOR, reference="G1")
    office.imported(csv_of([("G1", "Gwen", ""), ("", "Pip", "")], ("Ref", "Name", "Job")), group="pupil")
    assert {name: one.kind for name, one in office.people().items()} == {"Gwen": "governor", "Pip": "pupil"}


def test_other_encodings_and_workbooks_are_read(office: Office) -> None:
    office.imported("Name;Group\nZoë Müller;staff\n".encode("cp1252"))
    office.imported(xlsx_of([("Name", "Group", "Start date"), ("Łukasz", "staff", date(2023, 9, 1))]))
    known = office.people()
    assert "Zoë Müller" in known
    assert known["Łukasz"].started_on == date(2023, 9, 1)


def test_a_formula_without_a_result_is_refused(office: Office) -> None:
    with pytest.raises(Unreadable, match="ormula"):
        office.tried(xlsx_of([("Name", "Group"), ("=A1&B1", "staff")]))
    assert office.people() == {}


def test_a_cell_of_ten_megabytes_is_refused(office: Office) -> None:
    with pytest.raises(Unreadable, match="far too long"):
        office.tried(csv_of([("Ann", "staff", "x" * 10_000_000)], ("Name", "Group", "Job")))
    assert office.people() == {}


def test_a_change_since_the_dry_run_has_it_look_again_and_nothing_else_does(office: Office) -> None:
    found = office.tried(csv_of([("S1", "Ann", "staff")], ("Ref", "Name", "Group")))
    office.add("Bea", reference="S1")
    office.apply(found)
    assert found.state == ImportState.TRIED
    assert "the register has changed since you looked" in found.message
    assert [row.verdict for row in office.rows(found)] == [Verdict.CHANGED]
    assert office.apply(found).state == ImportState.APPLIED
    assert sorted(office.people()) == ["Ann"]


def test_a_pseudonym_is_nobody_to_an_import(office: Office) -> None:
    gone = office.add("Former member of staff 1", left_on=date(2020, 1, 1))
    gone.forgotten_at = people.utc_now()
    db.session.commit()
    found = office.tried(csv_of([("Former member of staff 1", "staff")], ("Name", "Group")))
    assert [row.verdict for row in office.rows(found)] == [Verdict.NEW]


def test_a_crash_half_way_leaves_nobody_and_the_next_worker_everybody(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "SLICE", 1)
    found = office.tried(csv_of([ANN, HANA], HEADINGS))
    service.apply(office.actor, found.id, found.digest)
    db.session.commit()
    real, calls = applying._write, [0]

    def dying(*told: Any) -> None:
        calls[0] += 1
        if calls[0] == 2:
            raise KeyboardInterrupt
        real(*told)

    with monkeypatch.context() as patch:
        patch.setattr(applying, "_write", dying)
        with pytest.raises(KeyboardInterrupt):
            work.run_once("dead")
    db.session.rollback()
    assert office.people() == {}
    db.session.execute(update(Import).values(heartbeat_at=None, version=Import.version))
    office.work()
    assert sorted(office.people()) == ["Ann Smith", "Hana Head"]
