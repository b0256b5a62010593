"""Printers of labels: how far each is off, kept so that labels fit the next time. Flushes, never commits."""

from uuid import UUID

from sqlalchemy import func, select

from labels.pdf import Nudge
from tracker.audit.kinds import EventKind
from tracker.audit.service import record
from tracker.db import add, db, locked_row, row_of
from tracker.inventory.label_rules import PrinterDetails, may_keep_printer, tidy_printer
from tracker.inventory.models import Printer
from tracker.people.service import changed_meanwhile
from tracker.values import Actor, Blocker, Conflict, Denied, Subject

_COLUMNS = ("name", "right_tenths", "down_tenths", "scale_thousandths", "stock")


def printers(school_id: UUID) -> list[Printer]:
    """All printers of a school, by name."""
    return list(db.session.scalars(select(Printer).where(Printer.school_id == school_id).order_by(Printer.name)))


def get_printer(school_id: UUID, printer_id: UUID) -> Printer:
    """The printer. Raises NotFound, also for another school's."""
    return row_of(Printer, school_id, printer_id)


def nudge_of(printer: Printer | None) -> Nudge:
    """The correction of a printer; none for no printer."""
    if printer is None:
        return Nudge()
    return Nudge(printer.right_tenths / 10, printer.down_tenths / 10, printer.scale_thousandths / 1000)


def add_printer(actor: Actor, details: PrinterDetails) -> Printer:
    """Keep a printer. Raises Denied with every reason why not."""
    details = _checked(actor.school_id, details, None)
    printer = Printer(school_id=actor.school_id, **vars(details))
    add(printer)
    record(actor, EventKind.PRINTER_CREATED, _subject(printer), after=vars(details))
    return printer


def change_printer(actor: Actor, printer_id: UUID, details: PrinterDetails, *, version: int) -> Printer:
    """Change it; `version` is the one that the form was filled from. Raises NotFound, Denied, Conflict."""
    printer = _at_version(actor.school_id, printer_id, version)
    details = _checked(actor.school_id, details, printer_id)
    before = {name: getattr(printer, name) for name in _COLUMNS}
    changed = [name for name in _COLUMNS if before[name] != getattr(details, name)]
    for name in changed:
        setattr(printer, name, getattr(details, name))
    db.session.flush()
    if changed:
        after = {name: getattr(details, name) for name in changed}
        told = {name: before[name] for name in changed}
        record(actor, EventKind.PRINTER_CHANGED, _subject(printer), before=told, after=after)
    return printer


def remove_printer(actor: Actor, printer_id: UUID, *, version: int) -> None:
    """Forget a printer that is gone; the log keeps what it was. Raises NotFound, Conflict."""
    printer = _at_version(actor.school_id, printer_id, version)
    subject, before = _subject(printer), {name: getattr(printer, name) for name in _COLUMNS}
    db.session.delete(printer)
    db.session.flush()
    record(actor, EventKind.PRINTER_REMOVED, subject, before=before)


def _at_version(school_id: UUID, printer_id: UUID, version: int) -> Printer:
    printer = locked_row(Printer, school_id, printer_id)
    if printer.version != version:
        raise Conflict(changed_meanwhile(school_id, "printer", printer.id, printer.name))
    return printer


def _checked(school_id: UUID, details: PrinterDetails, own_id: UUID | None) -> PrinterDetails:
    details = tidy_printer(details)
    found = list(may_keep_printer(details).blockers)
    same = select(Printer.id).where(
        Printer.school_id == school_id, func.lower(Printer.name) == details.name.lower(), Printer.id != own_id
    )
    if details.name and db.session.scalar(same) is not None:
        found.append(Blocker("printer_taken", "There is a printer of this name already. Choose another name."))
    if found:
        raise Denied(tuple(found))
    return details


def _subject(printer: Printer) -> Subject:
    return Subject("printer", printer.id, printer.name)
