"""Which things get a label, reprints with a reason, retired tags that never come back, blank labels, printers."""

from uuid import UUID

import pytest

from labels import code
from tests.cast import counted
from tests.tracker.inventory.conftest import Register
from tracker.db import db
from tracker.inventory import label_tags, labelling, printers, service
from tracker.inventory.details import AssetDetails
from tracker.inventory.label_rules import PrinterDetails, Reprint
from tracker.inventory.rules import AssetState
from tracker.inventory.search import Filters
from tracker.values import Conflict, Denied, NotFound

WHY = "Found on a projector that is not ours."


def texts(register: Register, *lines: str) -> labelling.Chosen:
    return labelling.of_texts(register.actor, "\n".join(lines))


def printed(register: Register, chosen: labelling.Chosen, reason: Reprint | None = None) -> None:
    labelling.printed(register.actor, chosen.wanted, stock="L7160", copies=1, reason=reason)


def test_things_are_chosen_by_tag_address_or_serial_each_once_in_that_order(register: Register) -> None:
    one, two = register.asset(serial="AB-12"), register.asset(make="Epson", model="EB-2250U")
    chosen = texts(register, f"https://x.example/A/{two.tag}", "ab 12", code.shown(two.tag).lower(), "nonsense")
    assert [wanted.tag for wanted in chosen.wanted] == [two.tag] or chosen.unknown
    chosen = texts(register, f"https://x.example/A/{two.tag}", "ab12", code.shown(two.tag).lower())
    assert [(wanted.id, wanted.before) for wanted in chosen.wanted] == [(two.id, False), (one.id, False)]
    assert [wanted.name for wanted in chosen.wanted] == ["Epson EB-2250U", "Projector"]
    assert (chosen.unknown, chosen.unclear, chosen.total) == ((), (), 2)


def test_what_is_not_known_or_not_clear_is_told(register: Register, other: Register) -> None:
    register.asset(serial="SAME")
    register.asset(serial="SAME", same_serial=True)
    foreign = other.asset(serial="FOREIGN")
    chosen = texts(register, "same", "nonsense", foreign.tag, "FOREIGN", "\u202e\x00", "nonsense")
    assert chosen.wanted == ()
    assert chosen.unclear == ("same",)
    assert set(chosen.unknown) >= {"nonsense", foreign.tag, "FOREIGN"}


def test_ten_thousand_scans_are_read_with_a_few_queries_and_more_are_counted(register: Register) -> None:
    one = register.asset()
    db.session.flush()
    with counted() as asked:
        chosen = texts(register, *(one.tag for _ in range(labelling.MOST)))
    assert (len(chosen.wanted), len(asked)) == (1, 4)
    assert texts(register, *("x" for _ in range(labelling.MOST + 1))).total == labelling.MOST + 1


def test_the_filters_choose_in_the_order_of_the_list(register: Register) -> None:
    for name in ("Cedar", "ash", "Beech"):
        register.asset(name=name)
    chosen = labelling.of_filters(register.actor, Filters(sort="name", descending=True))
    assert {one.name for one in chosen.wanted} == {"Cedar", "ash", "Beech"}
    assert chosen.total == 3
    rising = labelling.of_filters(register.actor, Filters(sort="name"))
    assert rising.wanted == tuple(reversed(chosen.wanted))


def test_a_print_is_one_event_a_thing_and_leaves_an_open_form_alone(register: Register) -> None:
    one, two = register.asset(), register.asset()
    version = one.version
    printed(register, texts(register, one.tag, two.tag))
    db.session.expire_all()
    assert one.label_printed_at is not None
    assert one.version == version
    events = [event for event in register.events() if event.kind.startswith("label:")]
    assert [(event.kind, event.subject_id) for event in events] == [
        ("label:printed", one.id),
        ("label:printed", two.id),
    ]
    assert events[0].after == {"stock": "L7160", "copies": 1}
    assert events[0].label == service.label_of(one)


def test_a_reprint_needs_a_reason_and_the_log_keeps_it(register: Register) -> None:
    one, two = register.asset(), register.asset()
    printed(register, texts(register, one.tag))
    both = texts(register, one.tag, two.tag)
    assert both.before == 1
    assert [wanted.id for wanted in both.fresh.wanted] == [two.id]
    assert both.fresh.total == 1
    with pytest.raises(Denied, match="printed before"):
        printed(register, both)
    assert [event.kind for event in register.events()][-1] == "label:printed"
    printed(register, both, Reprint.ILLEGIBLE)
    told = {event.subject_id: event for event in register.events() if event.seq > len(register.events()) - 2}
    assert (told[one.id].kind, told[one.id].why) == ("label:reprinted", "The label can no longer be read.")
    assert (told[two.id].kind, told[two.id].why) == ("label:printed", "")


def test_two_people_who_print_at_once_are_told(register: Register) -> None:
    one = register.asset()
    mine, theirs = texts(register, one.tag), texts(register, one.tag)
    printed(register, theirs)
    with pytest.raises(Denied, match="printed before"):
        printed(register, mine)
    retired = texts(register, one.tag)
    labelling.retire(register.actor, one.id, WHY)
    with pytest.raises(Conflict, match="new tag"):
        printed(register, retired, Reprint.LOST)


def test_ten_thousand_labels_are_written_down_with_a_few_statements(register: Register) -> None:
    assets = [register.asset() for _ in range(30)]
    chosen = labelling.of_filters(register.actor, Filters())
    assert len(chosen.wanted) == len(assets)
    db.session.flush()
    with counted() as asked:
        printed(register, chosen)
    assert len(asked) <= 6


def test_a_retired_label_stays_reserved_and_leads_to_its_asset(register: Register, other: Register) -> None:
    one, two = register.asset(name="Trolley laptop"), register.asset()
    printed(register, texts(register, one.tag))
    old, version = one.tag, one.version
    new = labelling.retire(register.actor, one.id, f"  {WHY} ")
    assert (one.tag, one.label_printed_at) == (new, None)
    assert new != old
    assert one.version == version + 1, "an open form must not bring the old tag back"
    assert code.shown(new).lower() in one.search
    assert old.lower() not in one.search
    (kept,) = labelling.retired_of(one)
    assert (kept.tag, kept.reason, kept.retired_by) == (old, WHY, "Tess Technician")
    assert labelling.retired_of(two) == []
    (event,) = [event for event in register.events() if event.kind == "label:retired"]
    assert (event.before, event.after, event.why) == ({"tag": code.shown(old)}, {"tag": code.shown(new)}, WHY)
    chosen = texts(register, old)
    assert [wanted.tag for wanted in chosen.wanted] == [new]
    assert chosen.retired == (code.shown(old),)
    with pytest.raises(Denied, match="was retired"):
        service.register(register.actor, AssetDetails(register.kind("Projector"), serial="X1", tag=old))
    with pytest.raises(Denied, match="was retired"):
        labelling.retire(register.actor, two.id, WHY, tag=old)
    with pytest.raises(Denied, match="was retired"):
        labelling.retire(register.actor, one.id, WHY, tag=old)
    elsewhere = service.register(other.actor, AssetDetails(other.kind("Projector"), serial="X1", tag=old))
    assert elsewhere.tag == old, "another school's tags are its own"


def test_an_edit_after_retiring_keeps_the_new_tag(register: Register) -> None:
    one = register.asset(name="Laptop")
    new = labelling.retire(register.actor, one.id, WHY)
    edited = service.edit(register.actor, one.id, service.details_of(one), version=one.version)
    assert edited.tag == new


def test_a_blank_label_can_take_the_place_of_an_old_one(register: Register) -> None:
    one = register.asset()
    (blank,) = labelling.blanks(register.actor, 1)
    assert labelling.retire(register.actor, one.id, WHY, tag=f" {code.shown(blank.tag).lower()} ") == blank.tag
    assert one.label_printed_at is not None


@pytest.mark.parametrize(("reason", "match"), [("", "reason"), ("short", "reason"), ("x" * 5000, "at most")])
def test_retiring_needs_a_reason(register: Register, reason: str, match: str) -> None:
    one = register.asset()
    old = one.tag
    with pytest.raises(Denied, match=match):
        labelling.retire(register.actor, one.id, reason)
    assert (one.tag, labelling.retired_of(one)) == (old, [])


def test_nothing_is_retired_of_another_school_or_once_disposal_is_authorised(
    register: Register, other: Register
) -> None:
    foreign = other.asset()
    with pytest.raises(NotFound):
        labelling.retire(register.actor, foreign.id, WHY)
    one = register.asset()
    one.state = AssetState.DISPOSED.value
    db.session.flush()
    with pytest.raises(Denied, match="disposed"):
        labelling.retire(register.actor, one.id, WHY)


@pytest.mark.parametrize("tag", ["nonsense", "ABCD-EFGH", "\u202e" * 8])
def test_a_tag_that_is_none_replaces_nothing(register: Register, tag: str) -> None:
    one = register.asset()
    with pytest.raises(Denied, match="last character"):
        labelling.retire(register.actor, one.id, WHY, tag=tag)


def test_new_tags_are_on_nothing_and_never_were(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = register.asset(), register.asset()
    old = one.tag
    new = labelling.retire(register.actor, one.id, WHY)
    fresh = "N8S4HJ25"
    drawn = iter([old, new, two.tag, fresh])
    monkeypatch.setattr(code, "new", lambda source: next(drawn))
    assert label_tags.unused(register.school_id, 1) == [fresh]


def test_a_broken_source_of_chance_ends_with_an_error(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    one = register.asset()
    tag = one.tag
    monkeypatch.setattr(code, "new", lambda source: tag)
    with pytest.raises(RuntimeError, match="no unused tag"):
        label_tags.unused(register.school_id, 1)


def test_blank_labels_have_tags_of_their_own_and_are_claimed_at_registration(register: Register) -> None:
    made = labelling.blanks(register.actor, 500)
    assert len({one.tag for one in made}) == 500
    assert all(code.normalise(one.tag) == one.tag for one in made)
    labelling.blanks_printed(register.actor, made, stock="L7651")
    event = register.events()[-1]
    assert (event.kind, event.subject_type, event.after["count"]) == ("label:blanks_printed", "school", 500)
    asset = service.register(register.actor, AssetDetails(register.kind("Projector"), serial="Q", tag=made[7].tag))
    assert asset.tag == made[7].tag


def test_a_printer_is_kept_changed_and_removed_with_events(register: Register) -> None:
    made = printers.add_printer(register.actor, PrinterDetails("  Office\u00a0 printer ", 5, -3, 1002, "L7160"))
    assert made.name == "Office printer"
    nudge = printers.nudge_of(made)
    assert (nudge.right, nudge.down, nudge.scale) == (0.5, -0.3, 1.002)
    assert printers.nudge_of(None).scale == 1
    version = made.version
    changed = PrinterDetails("Office printer", 7, -3, 1002, "L7160")
    printers.change_printer(register.actor, made.id, changed, version=version)
    printers.change_printer(register.actor, made.id, changed, version=made.version)
    with pytest.raises(Conflict):
        printers.change_printer(register.actor, made.id, changed, version=version)
    with pytest.raises(Conflict):
        printers.remove_printer(register.actor, made.id, version=version)
    printers.remove_printer(register.actor, made.id, version=made.version)
    assert printers.printers(register.school_id) == []
    events = [event for event in register.events() if event.subject_type == "printer"]
    assert [event.kind for event in events] == ["printer:created", "printer:changed", "printer:removed"]
    assert (events[1].before, events[1].after) == ({"right_tenths": 5}, {"right_tenths": 7})


def test_printers_have_different_names_in_one_school_and_stay_in_it(register: Register, other: Register) -> None:
    one = printers.add_printer(register.actor, PrinterDetails("Office"))
    two = printers.add_printer(register.actor, PrinterDetails("Library"))
    printers.add_printer(other.actor, PrinterDetails("Office"))
    for details in (PrinterDetails("OFFICE"), PrinterDetails("x", 101)):
        with pytest.raises(Denied):
            printers.add_printer(register.actor, details)
    with pytest.raises(Denied, match="already"):
        printers.change_printer(register.actor, two.id, PrinterDetails("office"), version=two.version)
    printers.change_printer(register.actor, one.id, PrinterDetails("OFFICE"), version=one.version)
    for school in (other, register):
        missing = UUID(int=7) if school is register else one.id
        with pytest.raises(NotFound):
            printers.get_printer(school.school_id, missing)
        with pytest.raises(NotFound):
            printers.change_printer(school.actor, missing, PrinterDetails("New"), version=1)
        with pytest.raises(NotFound):
            printers.remove_printer(school.actor, missing, version=1)
