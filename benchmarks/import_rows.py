"""How fast a school's spreadsheet becomes a register: a dry run and an import of 50,000 rows with a drive each.

    python benchmarks/import_rows.py [--rows 50000] [--sqlite] [--postgresql]

Beside each, the same rows read with `csv` and inserted with `executemany` into one table of the same database: no rule,
no event, no index. The ratio is rows a second of ours to rows a second of that; the seconds and the memory are printed.
"""

import argparse
import csv
import io
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from flask import Flask
from sqlalchemy import create_engine, text

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests import postgres
from tracker.accounts import service as accounts
from tracker.db import db
from tracker.imports import service, work
from tracker.imports.models import Import
from tracker.inventory.service import create_defaults
from tracker.migrate import upgrade
from tracker.spreadsheet import xlsx_bytes
from tracker.values import Actor, Role

DRY_MOST, APPLY_MOST = 60.0, 120.0  # seconds for 50,000 rows on two cores
DRY_GOAL, APPLY_GOAL = 0.015, 0.01  # rows a second of those of the plain insert
HEADINGS = (
    "Type", "Make", "Model", "Serial No", "Name", "Room", "Assigned to", "Purchased", "Cost (£)", "Supplier",
    "Order No", "Ownership", "Status", "Comments", "Hard drive serial", "Hard drive size",
)  # fmt: skip
KINDS = ("Laptop", "Desktop", "Chromebook", "iPad", "Server", "NAS")


def rows(number: int) -> Iterator[list[object]]:
    """What a large trust has."""
    for one in range(number):
        yield [
            KINDS[one % 6], "Dell", f"Latitude {5000 + one % 40}", f"5CG{one:07}", f"LAP-{one:05}",
            f"Block {one % 8} / Room {one % 120}", f"Teacher {one % 300}", f"{1 + one % 28:02}/09/20{15 + one % 10}",
            f"£{400 + one % 600}.50", "RM Education", f"PO-{one // 30}", "School", "In store", "From the old list",
            f"S5Y{one:08}", "256 GB SSD",
        ]  # fmt: skip


def main() -> None:
    """Measure on the databases that are asked for, both by default."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--sqlite", action="store_true")
    parser.add_argument("--postgresql", action="store_true")
    told = parser.parse_args()
    data = xlsx_bytes(HEADINGS, rows(told.rows))
    plain = _csv(told.rows)
    both = told.sqlite == told.postgresql
    if told.sqlite or both:
        folder = Path(tempfile.mkdtemp())
        try:
            measure("sqlite", f"sqlite:///{folder / 'bench.db'}", told.rows, data, plain)
        finally:
            shutil.rmtree(folder)
    if told.postgresql or both:
        with postgres.server() as url:
            measure("postgresql", url, told.rows, data, plain)


def _csv(number: int) -> str:
    file = io.StringIO()
    csv.writer(file).writerows(rows(number))
    return file.getvalue()


def measure(name: str, url: str, number: int, data: bytes, plain: str) -> None:
    """One database: the plain insert, the dry run, the import, and a second dry run of the same file."""
    app = Flask("bench")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    db.init_app(app)
    with app.app_context():
        upgrade(db.engine)
        beside = timed(lambda: insert(url, plain))
        actor = school()
        sent = timed(lambda: send(actor, data))
        begin = time.process_time()
        dry = timed(lambda: work.run_once("bench"))
        spent = [time.process_time() - begin]
        found = db.session.query(Import).one()
        if found.counts["new"] != number:
            raise SystemExit(f"{name}: {found.state} {found.message} {found.counts}")
        service.apply(actor, found.id, found.digest)
        db.session.commit()
        begin = time.process_time()
        apply = timed(lambda: work.run_once("bench"))
        spent.append(time.process_time() - begin)
        found = db.session.query(Import).one()
        if found.state != "applied":
            raise SystemExit(f"{name}: {found.state} {found.message}")
        service_again(actor, data)
        again = timed(lambda: work.run_once("bench"))
        db.session.remove()
        db.engine.dispose()
    share = number / 50_000
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"# {name}, {number:,} rows: plain insert {beside:.1f} s, upload {sent:.1f} s, at most {memory} MiB resident")
    print(f"# dry run {dry:.1f} s ({spent[0]:.1f} s CPU here), import {apply:.1f} s ({spent[1]:.1f} s CPU here)")
    print(f"# a dry run of the same file again {again:.1f} s")
    verdict(f"import dry run / plain insert ({name})", beside / dry, DRY_GOAL)
    verdict(f"import / plain insert ({name})", beside / apply, APPLY_GOAL)
    verdict(f"60 s / dry run of 50,000 rows ({name})", DRY_MOST * share / dry, 1.0)
    verdict(f"120 s / import of 50,000 rows ({name})", APPLY_MOST * share / apply, 1.0)


def verdict(name: str, ratio: float, goal: float) -> None:
    """One line of the result."""
    print(f"{name}: {ratio:.3f} (goal {goal:g}) {'ok' if ratio >= goal else 'short'}", flush=True)


def timed(act: Callable[[], object]) -> float:
    """Seconds that something takes."""
    begin = time.monotonic()
    act()
    return time.monotonic() - begin


def insert(url: str, plain: str) -> None:
    """Read the rows and put them into a table as they stand."""
    engine = create_engine(url)
    with engine.begin() as connection:
        names = [f"c{number}" for number in range(len(HEADINGS))]
        connection.execute(text(f"CREATE TABLE plain ({', '.join(f'{name} TEXT' for name in names)})"))
        statement = text(f"INSERT INTO plain VALUES ({', '.join(f':{name}' for name in names)})")  # noqa: S608 - our own names
        connection.execute(statement, [dict(zip(names, row, strict=True)) for row in csv.reader(io.StringIO(plain))])
    engine.dispose()


def school() -> Actor:
    """A new school and its technician."""
    found = accounts.create_school(accounts.SchoolDetails("bench", "Bench School"), origin="bench")
    actor = Actor(found.id, None, "Bench", Role.TECHNICIAN, "bench")
    create_defaults(actor)
    db.session.commit()
    return actor


def send(actor: Actor, data: bytes) -> None:
    """Upload it and ask for the dry run, as the pages do."""
    found = service.upload(actor, "bench.xlsx", data)
    db.session.commit()
    service_match(actor, found)


def service_match(actor: Actor, found: Import) -> None:
    """Take the columns as they were matched."""
    known = {int(column): word for column, word in found.mapping.items()}
    service.match(actor, found.id, known, service.choices_of(found), version=found.version)
    db.session.commit()


def service_again(actor: Actor, data: bytes) -> None:
    """The same file a second time."""
    send(actor, data)


if __name__ == "__main__":
    main()
