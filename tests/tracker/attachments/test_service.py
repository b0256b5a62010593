"""Files of things in the register, on both databases: kept with their event, never lost without a trace."""

import io
import threading
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from tests.cast import Site
from tests.tracker.attachments import samples
from tracker.attachments import rules, service
from tracker.attachments.content import examine
from tracker.attachments.models import Attachment
from tracker.attachments.storage import Files, NotKept
from tracker.audit.models import Event
from tracker.audit.service import Entry, entry_of, history
from tracker.db import db
from tracker.values import Actor, Conflict, Denied, NotFound, Subject

LAPTOP = Subject("asset", uuid4(), "ABCD-EFGH Laptop")


class Shelf:
    """Attaches files of the school's technician; the instance is the site's."""

    def __init__(self, site: Site) -> None:
        self.site, self.actor = site, site.actor("tess")
        self.instance: Path = site.app.extensions["caretaker"].instance
        self.files = Files(self.instance, self.actor.school_id)

    def attach(
        self, data: bytes, name: str = "photo.jpg", subject: Subject = LAPTOP, actor: Actor | None = None, **told: str
    ) -> Attachment:
        return service.attach(actor or self.actor, subject, io.BytesIO(data), name, instance=self.instance, **told)

    def events(self, subject: Subject = LAPTOP) -> list[Entry]:
        return history(self.actor.school_id, subject.type, subject.id)

    def there(self) -> set[str]:
        return {path.name for path in self.files.all()}


@pytest.fixture
def shelf(site: Site) -> Shelf:
    return Shelf(site)


def test_a_photo_is_kept_with_its_event_and_its_hash_in_it(shelf: Shelf) -> None:
    made = shelf.attach(samples.from_a_phone(), "IMG_1.JPG", caption="  Scratch  on the lid ")
    assert (made.kind, made.media_type, made.name, made.caption) == (
        "photo", "image/jpeg", "IMG_1.jpg", "Scratch on the lid",
    )  # fmt: skip
    assert (made.width, made.height, made.added_by) == (1920, 2560, "Tess Technician")
    assert shelf.there() == {made.sha256, made.thumbnail_sha256}
    with service.open_(made, instance=shelf.instance) as opened:
        assert len(opened.read()) == made.size_bytes
    with service.open_thumbnail(made, instance=shelf.instance) as opened:
        assert opened.read(3) == b"\xff\xd8\xff"
    (event,) = shelf.events()
    assert (event.kind, event.label) == ("attachment:added", LAPTOP.label)
    assert event.after["sha256"] == made.sha256
    assert service.listed(shelf.actor.school_id, "asset", LAPTOP.id) == [made]


def test_a_document_has_no_small_picture(shelf: Shelf) -> None:
    made = shelf.attach(samples.pdf(), "Agreement.pdf")
    assert (made.kind, made.thumbnail_sha256, made.width) == ("document", None, None)
    with pytest.raises(NotFound):
        service.open_thumbnail(made, instance=shelf.instance)


def test_what_is_refused_leaves_neither_row_nor_event_nor_file(shelf: Shelf) -> None:
    for data in (b"", b"<svg/>", samples.scripted("open"), samples.png_bomb()):
        with pytest.raises(Denied):
            shelf.attach(data)
    with pytest.raises(Denied):
        shelf.attach(samples.jpeg(), caption="x" * 201)
    assert shelf.events() == []
    assert shelf.there() == set()
    assert db.session.scalars(select(Attachment)).all() == []


def test_the_same_file_twice_on_one_thing_is_refused_and_elsewhere_shares_its_bytes(shelf: Shelf) -> None:
    first = shelf.attach(samples.jpeg(), "a.jpg")
    with pytest.raises(Denied, match=r"b\.jpg is here already, as a\.jpg"):
        shelf.attach(samples.jpeg(), "b.jpg")
    other = shelf.attach(samples.jpeg(), "b.jpg", Subject("asset", uuid4(), "Other"))
    assert other.sha256 == first.sha256
    assert len(shelf.there()) == 2


def test_a_thing_has_room_for_so_many_files(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "SUBJECT_LIMIT", 2)
    kept = [shelf.attach(f"note {number}".encode(), f"{number}.txt") for number in range(2)]
    with pytest.raises(Denied, match="2 files here already"):
        shelf.attach(b"one more", "more.txt")
    service.remove(shelf.actor, LAPTOP, kept[0].id, "Not needed any more", version=kept[0].version)
    shelf.attach(b"one more", "more.txt")


def test_the_caption_changes_with_its_event_and_only_for_who_saw_the_newest(shelf: Shelf) -> None:
    made = shelf.attach(samples.jpeg(), caption="Lid")
    service.change(shelf.actor, LAPTOP, made.id, "Lid, with a scratch", version=made.version)
    event = shelf.events()[0]
    assert (event.kind, event.before["caption"], event.after["caption"]) == (
        "attachment:changed", "Lid", "Lid, with a scratch",
    )  # fmt: skip
    with pytest.raises(Conflict, match="Tess Technician changed"):
        service.change(shelf.actor, LAPTOP, made.id, "Lid", version=1)
    before = len(shelf.events())
    service.change(shelf.actor, LAPTOP, made.id, "Lid, with a scratch", version=made.version)
    assert len(shelf.events()) == before  # nothing changed, nothing is told
    with pytest.raises(Denied):
        service.change(shelf.actor, LAPTOP, made.id, "x" * 201, version=made.version)


def test_removing_takes_out_of_sight_and_keeps_row_event_and_file(shelf: Shelf) -> None:
    made = shelf.attach(samples.jpeg())
    with pytest.raises(Denied, match="Say why"):
        service.remove(shelf.actor, LAPTOP, made.id, "oops", version=made.version)
    service.remove(shelf.actor, LAPTOP, made.id, "Photo of another laptop", version=made.version)
    assert service.listed(shelf.actor.school_id, "asset", LAPTOP.id) == []
    assert service.listed(shelf.actor.school_id, "asset", LAPTOP.id, removed=True) == [made]
    event = shelf.events()[0]
    assert (event.kind, event.before["sha256"], event.why) == (
        "attachment:removed", made.sha256, "Photo of another laptop",
    )  # fmt: skip
    assert made.sha256 in shelf.there()
    for again in (service.remove, service.change):
        with pytest.raises(Denied, match="removed already"):
            again(shelf.actor, LAPTOP, made.id, "Photo of another laptop", version=made.version)
    assert shelf.attach(samples.jpeg()).sha256 == made.sha256  # it may come back as a new entry


def test_erasing_needs_a_removed_file_and_takes_the_bytes_unless_another_entry_has_them(shelf: Shelf) -> None:
    head = shelf.site.actor("hana")
    one = shelf.attach(samples.jpeg())
    two = shelf.attach(samples.jpeg(), "b.jpg", Subject("asset", uuid4(), "Other"))
    with pytest.raises(Denied, match="Remove it first"):
        service.erase(head, LAPTOP, one.id, "A pupil is in it", version=one.version)
    for made in (one, two):
        subject = Subject(made.subject_type, made.subject_id, "Thing")
        service.remove(shelf.actor, subject, made.id, "A pupil is in it", version=made.version)
        service.erase(head, subject, made.id, "A pupil is in it", version=made.version)
        db.session.commit()
        gone = service.sweep(shelf.actor.school_id, service.contents_of(made), instance=shelf.instance)
        db.session.commit()
        assert bool(gone) is (made is two)
        assert bool(shelf.there()) is (made is one)
        with pytest.raises(NotFound):
            service.open_(made, instance=shelf.instance)
    event = shelf.events()[0]
    assert (event.kind, event.actor, event.why) == ("attachment:erased", "Hana Head", "A pupil is in it")
    with pytest.raises(Denied, match="erased already"):
        service.erase(head, LAPTOP, one.id, "A pupil is in it", version=one.version)


def test_another_school_and_another_thing_do_not_reach_a_file(shelf: Shelf) -> None:
    otto = shelf.site.actor("otto")
    made = shelf.attach(samples.jpeg())
    with pytest.raises(NotFound):
        service.get_attachment(otto.school_id, made.id)
    assert service.listed(otto.school_id, "asset", LAPTOP.id, removed=True) == []
    acts: list[Callable[..., Attachment]] = [service.change, service.remove, service.erase]
    for act in acts:
        for actor, subject in ((otto, LAPTOP), (shelf.actor, Subject("asset", uuid4(), "Other"))):
            with pytest.raises(NotFound):
                act(actor, subject, made.id, "A long enough reason", version=made.version)
    assert service.sweep(otto.school_id, [made.sha256], instance=shelf.instance) == [made.sha256]  # of its own: none
    assert made.sha256 in shelf.there()


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM attachments", "UPDATE attachments SET sha256 = 'x'", "UPDATE attachments SET size_bytes = 1"],
)
def test_the_database_refuses_to_delete_a_row_or_change_what_it_is(shelf: Shelf, statement: str) -> None:
    shelf.attach(samples.jpeg())
    db.session.commit()
    with pytest.raises(DBAPIError, match=r"never deleted|stays what it is"):
        db.session.execute(text(statement))
    db.session.rollback()
    db.session.execute(update(Attachment).values(caption="Another"))


def test_a_disk_that_takes_nothing_leaves_no_row(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = shelf.instance.with_name("unmounted")
    with pytest.raises(NotKept):
        service.attach(shelf.actor, LAPTOP, io.BytesIO(samples.jpeg()), "a.jpg", instance=gone)
    db.session.rollback()
    assert db.session.scalars(select(Attachment)).all() == []
    assert shelf.events() == []


def test_a_rollback_leaves_files_that_a_sweep_finds(shelf: Shelf) -> None:
    shelf.attach(samples.jpeg())
    db.session.rollback()
    left = shelf.there()
    assert len(left) == 2
    assert set(service.sweep(shelf.actor.school_id, left, instance=shelf.instance)) == left
    assert shelf.there() == set()


def _elsewhere(site: Site, act: Callable[[], object]) -> threading.Thread:
    """Something that another request does at the same moment."""

    def run() -> None:
        with site.app.app_context():
            act()
            db.session.commit()
            db.session.remove()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_nobody_sweeps_a_file_away_under_somebody_who_attaches_it(shelf: Shelf) -> None:
    made = shelf.attach(samples.jpeg())  # not committed yet: nobody else sees the row
    sha256, school_id, swept = made.sha256, made.school_id, list[str]()
    thread = _elsewhere(shelf.site, lambda: swept.extend(service.sweep(school_id, [sha256], instance=shelf.instance)))
    thread.join(timeout=0.5)
    assert thread.is_alive()  # it waits
    db.session.commit()
    thread.join(timeout=20)
    assert swept == []
    assert shelf.files.fault(sha256) is None


def test_somebody_who_attaches_what_is_being_swept_away_writes_it_again(shelf: Shelf) -> None:
    content = examine(io.BytesIO(samples.jpeg()), "a.jpg")
    shelf.files.keep(content.data)  # what an upload that was called off left
    school_id = shelf.actor.school_id
    assert service.sweep(school_id, [content.sha256], instance=shelf.instance) == [content.sha256]
    thread = _elsewhere(shelf.site, lambda: service.keep(shelf.actor, LAPTOP, content, instance=shelf.instance))
    db.session.commit()
    thread.join(timeout=20)
    assert shelf.files.fault(content.sha256) is None


def test_two_who_add_the_same_at_the_same_moment_get_one(shelf: Shelf) -> None:
    content, failed = examine(io.BytesIO(samples.jpeg()), "a.jpg"), list[Denied]()

    def try_it() -> None:
        try:
            service.keep(shelf.actor, LAPTOP, content, instance=shelf.instance)
        except Denied as denied:
            db.session.rollback()
            failed.append(denied)

    db.session.rollback()
    threads = [_elsewhere(shelf.site, try_it) for _ in range(4)]
    for thread in threads:
        thread.join(timeout=30)
    assert len(failed) == 3
    assert len(service.listed(shelf.actor.school_id, "asset", LAPTOP.id)) == 1
    assert len(shelf.events()) == 1


def test_the_log_names_every_content_that_was_ever_here(shelf: Shelf) -> None:
    kept = {shelf.attach(f"note {number}".encode(), f"{number}.txt").sha256 for number in range(3)}
    query = select(Event).where(Event.kind == "attachment:added", Event.school_id == shelf.actor.school_id)
    told = {entry_of(event).after["sha256"] for event in db.session.scalars(query)}
    assert told == kept
