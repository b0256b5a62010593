"""All or nothing, once, and on the register that the dry run saw: crashes, clocks, and other people."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import current_app
from sqlalchemy import func, select, update

from tests.tracker.imports.conftest import Desk, csv_of, laptop
from tests.tracker.inventory.conftest import Register
from tracker.audit.kinds import EventKind
from tracker.db import db
from tracker.imports import applying, service, work, worker
from tracker.imports.asset_importer import AssetImporter
from tracker.imports.models import Import, ImportRow
from tracker.imports.rules import ImportState, Verdict
from tracker.inventory import service as inventory
from tracker.inventory.details import KindDetails
from tracker.inventory.kinds import add_kind
from tracker.inventory.models import Asset, Location
from tracker.media.models import Medium
from tracker.people.rules import PersonDetails
from tracker.people.service import add_person
from tracker.values import Conflict, Denied, NotFound, Role, utc_now


class Killed(BaseException):
    """The process is gone: nothing of it goes on, no handler runs."""


def events(desk: Desk) -> int:
    found = len(desk.register.events())
    db.session.rollback()
    return found


def kill(monkeypatch: pytest.MonkeyPatch, module: object, name: str, after: int) -> None:
    """Have the process die at the call number `after` of a function."""
    real, calls = getattr(module, name), [0]

    def dying(*told: object, **named: object) -> object:
        calls[0] += 1
        if calls[0] > after:
            raise Killed
        return real(*told, **named)

    monkeypatch.setattr(module, name, dying)


def die(desk: Desk) -> None:
    """Work until the process dies, and let go of what it held, as the database does."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    db.session.commit()
    with pytest.raises(Killed):
        worker.drain(app, "dead")
    db.session.rollback()


def later(desk: Desk, found: Import) -> None:
    """So much later that the dead worker is missed."""
    silent = utc_now() - timedelta(minutes=5)
    db.session.execute(update(Import).where(Import.id == found.id).values(heartbeat_at=silent, version=Import.version))
    db.session.commit()


def test_a_crash_in_the_middle_of_the_dry_run_is_made_good_by_another_process(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "SLICE", 2)
    found = desk.upload(csv_of(laptop(number) for number in range(7)))
    desk.ask(found)
    with monkeypatch.context() as patch:
        kill(patch, work, "_step", 2)
        die(desk)
    db.session.refresh(found)
    assert (found.state, found.rows_done) == (ImportState.TRYING, 4)
    assert desk.work() == 0  # it may be alive: nobody takes it from its worker yet
    later(desk, found)
    assert desk.work() == 1
    counts = desk.counts(found)
    assert (found.state, counts.new, len(desk.rows(found))) == (ImportState.TRIED, 7, 7)
    assert desk.apply(found).state == ImportState.APPLIED


@pytest.mark.parametrize("slices", [0, 1, 2])
def test_a_crash_while_it_is_applied_leaves_nothing_and_then_all_of_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, slices: int
) -> None:
    monkeypatch.setattr(applying, "SLICE", 2)
    found = desk.tried(csv_of(laptop(number) for number in range(5)))
    service.apply(desk.actor, found.id, found.digest)
    db.session.commit()
    before = events(desk)
    with monkeypatch.context() as patch:
        kill(patch, applying, "_write", slices)
        die(desk)
    assert (desk.assets(), events(desk)) == ([], before)
    assert db.session.scalar(select(func.count()).select_from(Location)) == 1  # the room is not there either
    assert service.get_import(desk.actor.school_id, found.id).state == ImportState.APPLYING
    later(desk, found)
    assert desk.work() == 1
    assert len(desk.assets()) == 5
    assert service.get_import(desk.actor.school_id, found.id).state == ImportState.APPLIED


def test_a_worker_that_was_taken_for_dead_writes_nothing_when_it_wakes(desk: Desk) -> None:
    found = desk.tried(csv_of([laptop(1)]))
    service.apply(desk.actor, found.id, found.digest)
    db.session.commit()
    slow = work.take("slow")
    assert slow is not None
    later(desk, found)
    assert desk.work() == 1
    applying.apply(slow.school_id, slow.import_id, "slow")
    assert len(desk.assets()) == 1
    with pytest.raises(work.Lost):
        work._fence(slow)


def test_applying_twice_or_by_two_people_does_it_once(desk: Desk) -> None:
    found = desk.tried(csv_of([laptop(1)]))
    digest = found.digest
    service.apply(desk.actor, found.id, digest)
    db.session.commit()
    service.apply(replace(desk.actor, name="Beth Bursar", role=Role.BURSAR), found.id, digest)
    db.session.commit()
    assert desk.work() == 1
    service.apply(desk.actor, found.id, digest)
    db.session.commit()
    assert desk.work() == 0
    assert len(desk.assets()) == 1
    told = [event for event in desk.register.events() if event.kind == EventKind.IMPORT_APPLIED]
    assert [event.actor for event in told] == ["Tess Technician"]


def test_an_old_page_cannot_apply_what_it_did_not_show(desk: Desk) -> None:
    found = desk.tried(csv_of([laptop(1)]))
    digest = found.digest
    service.try_again(desk.actor, found.id)
    db.session.commit()
    with pytest.raises(Conflict, match="repeated"):
        service.apply(desk.actor, found.id, digest)
    db.session.rollback()
    desk.work()
    assert desk.apply(found).state == ImportState.APPLIED


def test_what_changed_since_the_dry_run_is_shown_before_anything_is_applied(desk: Desk) -> None:
    asset = desk.register.asset("Laptop", serial="5CG00001", make="Dell", model="Latitude 5420")
    db.session.commit()
    found = desk.tried(csv_of([laptop(1), laptop(2)]))
    assert desk.counts(found).changed == 1
    inventory.edit(desk.actor, asset.id, replace(inventory.details_of(asset), cost_pence=1), version=asset.version)
    db.session.commit()
    desk.apply(found)
    assert found.state == ImportState.TRIED
    assert "register has changed since you looked" in found.message
    assert len(desk.assets()) == 1
    (row,) = desk.rows(found, Verdict.CHANGED)
    assert ["Cost without VAT", "£0.01", "£649.00"] in row.changes
    assert desk.apply(found).state == ImportState.APPLIED
    assert len(desk.assets()) == 2


def test_what_is_new_meanwhile_is_seen_too(desk: Desk) -> None:
    found = desk.tried(csv_of([laptop(1)]))
    desk.register.asset("Laptop", serial="5CG00001")  # somebody registers the very same thing by hand
    db.session.commit()
    desk.apply(found)
    assert (found.state, desk.counts(found).new, desk.counts(found).changed) == (ImportState.TRIED, 0, 1)


def test_what_has_nothing_to_do_with_the_file_holds_nothing_up(desk: Desk) -> None:
    found = desk.tried(csv_of([laptop(1)]))
    desk.register.asset("Monitor", serial="ELSE")
    add_person(desk.actor, PersonDetails("Somebody New"))
    db.session.commit()
    assert desk.apply(found).state == ImportState.APPLIED
    assert len(desk.assets()) == 2


def test_a_kind_that_was_added_meanwhile_is_used_and_shown_first(desk: Desk) -> None:
    found = desk.tried(csv_of([laptop(1, Type="Hoverboard")]))
    assert desk.counts(found).kinds == 1
    add_kind(desk.actor, KindDetails("Hoverboard", data_bearing=False))
    db.session.commit()
    desk.apply(found)
    assert (found.state, desk.counts(found).kinds) == (ImportState.TRIED, 0)


def test_a_person_of_another_role_sees_first_what_is_different_for_them(desk: Desk) -> None:
    headings = ("Type", "Serial No", "No storage because")
    found = desk.tried(csv_of([("Laptop", "L1", "Its drive was taken out")], headings))
    bursar = replace(desk.actor, role=Role.BURSAR, name="Beth Bursar")
    desk.apply(found, bursar)
    assert (found.state, desk.counts(found).stated) == (ImportState.TRIED, 0)
    desk.apply(found, bursar)
    assert found.state == ImportState.APPLIED
    assert desk.assets()[0].state == "incoming"


def test_the_same_result_for_another_role_is_applied_at_once(desk: Desk) -> None:
    found = desk.tried(csv_of([laptop(1)]))
    desk.apply(found, replace(desk.actor, role=Role.BURSAR, name="Beth Bursar"))
    assert found.state == ImportState.APPLIED
    assert desk.register.events()[-1].actor == "Beth Bursar"


def test_two_imports_at_once_do_not_lose_or_double_anything(desk: Desk) -> None:
    first, second = desk.upload(csv_of([laptop(1), laptop(2)])), desk.upload(csv_of([laptop(2), laptop(3)]))
    desk.ask(first)
    desk.ask(second)
    assert desk.work() == 2
    for found in (first, second):
        db.session.refresh(found)
        service.apply(desk.actor, found.id, found.digest)
        db.session.commit()
    desk.work()
    db.session.expire_all()
    assert (first.state, second.state) == (ImportState.APPLIED, ImportState.TRIED)
    assert (desk.counts(second).new, desk.counts(second).unchanged) == (1, 1)
    assert desk.apply(second).state == ImportState.APPLIED
    assert sorted(one.serial for one in desk.assets()) == ["5CG00001", "5CG00002", "5CG00003"]


def test_two_workers_share_what_waits_and_take_nothing_twice(desk: Desk) -> None:
    for number in range(4):
        desk.ask(desk.upload(csv_of([laptop(number)])))
    app, done = current_app._get_current_object(), []  # type: ignore[attr-defined]
    db.session.commit()

    def work_on() -> None:
        done.append(worker.drain(app))

    threads = [threading.Thread(target=work_on) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(done) == 4
    assert {one.state for one in db.session.scalars(select(Import))} == {ImportState.TRIED}


def test_a_change_that_somebody_makes_while_it_is_applied_is_not_lost(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = desk.register.asset("Laptop", serial="5CG00001")
    db.session.commit()
    found = desk.tried(csv_of([laptop(1), laptop(2)]))
    service.apply(desk.actor, found.id, found.digest)
    db.session.commit()
    app, school_id, details = current_app._get_current_object(), desk.actor.school_id, inventory.details_of(asset)  # type: ignore[attr-defined]
    started, outcome, real = threading.Event(), list[object](), AssetImporter.create
    asset_id, version, actor = asset.id, asset.version, desk.actor
    db.session.rollback()

    def edit() -> None:
        with app.app_context():
            started.set()
            try:
                inventory.edit(actor, asset_id, replace(details, name="By hand"), version=version)
                db.session.commit()
            except Conflict as refused:
                db.session.rollback()
                outcome.append(refused)
            finally:
                db.session.remove()

    def pausing(*told: object) -> object:
        thread.start()
        started.wait(10)
        return real(*told)  # type: ignore[arg-type] # as it came

    thread = threading.Thread(target=edit)
    monkeypatch.setattr(AssetImporter, "create", pausing)
    desk.work()
    thread.join(60)
    assert len(outcome) == 1, "the slower of two is told"
    changed = db.session.get_one(Asset, (school_id, asset_id))
    assert (changed.name, changed.make) == ("", "Dell")


def test_a_refusal_of_the_register_at_the_last_moment_saves_nothing_and_says_why(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = desk.tried(csv_of([laptop(1), laptop(2)]))
    monkeypatch.setattr(applying, "_changed_since", lambda *told: False)  # as if the log had missed it
    desk.register.asset("Laptop", serial="5CG00002")
    desk.apply(found)
    assert found.state == ImportState.TRIED
    assert found.message.startswith("Nothing was saved.")
    assert len(desk.assets()) == 1


def test_a_fault_of_the_program_is_said_and_the_dry_run_can_begin_anew(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    found = desk.upload(csv_of([laptop(1)]))
    desk.ask(found)
    with monkeypatch.context() as patch:
        patch.setattr(work, "_step", lambda *told: 1 / 0)
        desk.work()
    db.session.refresh(found)
    assert (found.state, found.message) == (ImportState.FAILED, work.FAULT)
    assert "division by zero" in caplog.text
    service.try_again(desk.actor, found.id)
    desk.work()
    assert desk.counts(found).new == 1


def test_matching_the_columns_anew_ends_the_dry_run_that_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "SLICE", 1)
    found = desk.upload(csv_of([laptop(1), laptop(2), laptop(3)]))
    desk.ask(found)
    claim = work.take("one")
    assert claim is not None
    found = service.get_import(desk.actor.school_id, found.id)
    desk.ask(found, {"Room": ""})
    with pytest.raises(work.Lost):
        work._try(claim)
    assert desk.work() == 1
    assert desk.counts(service.get_import(desk.actor.school_id, claim.import_id)).places == 0


def test_what_is_over_or_runs_cannot_be_discarded_or_matched(desk: Desk) -> None:
    found = desk.imported(csv_of([laptop(1)]))
    for act in (service.discard, service.try_again):
        with pytest.raises(Denied):
            act(desk.actor, found.id)
        db.session.rollback()


def test_discarding_forgets_the_file_and_what_was_said_of_it(desk: Desk) -> None:
    found = desk.tried(csv_of([laptop(1)]))
    service.discard(desk.actor, found.id)
    db.session.commit()
    assert db.session.scalar(select(func.count()).select_from(ImportRow)) == 0
    with pytest.raises(NotFound):
        service.data_of(found)
    assert desk.register.events()[-1].kind == EventKind.IMPORT_DISCARDED


def test_nothing_of_another_school_is_seen_or_touched(desk: Desk, other: Register) -> None:
    theirs = Desk(other)
    theirs.register.asset("Laptop", serial="5CG00001")
    found = desk.tried(csv_of([laptop(1)]))
    assert desk.counts(found).new == 1
    for act in (service.discard, service.try_again):
        with pytest.raises(NotFound):
            act(theirs.actor, found.id)
    with pytest.raises(NotFound):
        service.apply(theirs.actor, found.id, found.digest)
    desk.apply(found)
    assert db.session.scalar(select(func.count()).select_from(Medium)) == 1


def test_a_thousand_rows_take_a_bounded_number_of_queries(desk: Desk) -> None:
    from tests.cast import counted

    def cost(number: int, first: int) -> int:
        found = desk.upload(csv_of(laptop(first + one) for one in range(number)))
        desk.ask(found)
        with counted() as queries:
            desk.work()
            desk.apply(found)
        assert found.state == ImportState.APPLIED
        return len(queries)

    cost(1, 0)  # the room
    few, many = cost(2, 10), cost(400, 1000)
    assert many <= few + 5
