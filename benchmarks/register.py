"""The register's pages at 100,000 assets and 1,000,000 events, on SQLite and on PostgreSQL: server time of each.

Builds a register of that size in a folder that is taken away afterwards, and asks the application for its pages through
Flask's test client, so that everything but the network counts. Prints one row a group and database:
`NAME: P95 (goal 150 ms) ok|short`, p50 beside it, and the 95th percentile of the processor's time, the database
server's included: on a machine that does other things it tells more than the clock. CARETAKER_BENCH=quick takes 5,000
assets and 20,000 events, CARETAKER_BENCH_ROUNDS another number of rounds than five.
"""

import gc
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

sys.path.insert(0, str(Path(__file__).parent.parent))  # the tests' own PostgreSQL and cast

from _register import Builder
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, make_url, select, text

from tests import postgres
from tests.cast import PASSWORD, found_schools, quick_hashes
from tracker.accounts.models import School
from tracker.app import create_app
from tracker.config import from_environment
from tracker.db import db
from tracker.inventory.sorting import ORDERS
from tracker.media.search import ORDERS as MEDIA_ORDERS
from tracker.migrate import upgrade

GOAL = 150  # milliseconds
QUICK = os.environ.get("CARETAKER_BENCH") == "quick"
ASSETS, EVENTS = (5_000, 20_000) if QUICK else (100_000, 1_000_000)
ROUNDS = int(os.environ.get("CARETAKER_BENCH_ROUNDS", "2" if QUICK else "5"))
WORDS = (
    "latitude", "dell latitude", "zq", "a", "7", "po-01234", "jones", "beth jones laptop", "school 03 room 7",
    "cracked", "qqqq", "c-12", "xma", "year 3", "laptop",
)  # fmt: skip


@contextmanager
def databases(folder: Path) -> Iterator[dict[str, str]]:
    """An empty database of each kind."""
    with postgres.server() as url:
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("CREATE DATABASE register"))
        engine.dispose()
        server = make_url(url).set(database="register").render_as_string(hide_password=False)
        yield {"SQLite": f"sqlite:///{folder / 'register.db'}", "PostgreSQL": server}


def build(url: str, folder: Path) -> Flask:
    """Fill the database and make the application."""
    engine = create_engine(url)
    upgrade(engine)
    environment = {"CARETAKER_INSTANCE": str(folder), "CARETAKER_DATABASE_URL": url}
    app = create_app(from_environment({**environment, "CARETAKER_BASE_URL": "http://127.0.0.1:5000"}))
    app.config.update(WTF_CSRF_ENABLED=False)
    with app.app_context(), quick_hashes():
        found_schools()
        db.session.commit()
        school_id: UUID = db.session.scalars(select(School.id).where(School.code == "st-b")).one()
        db.session.remove()
        db.engine.dispose()
    Builder(engine, school_id, assets=ASSETS, events=EVENTS).fill()
    engine.dispose()
    return app


def addresses(client: FlaskClient) -> dict[str, list[str]]:
    """What is asked for, by group; cursors are read off the pages, as a person turns them."""
    sorts = [{"sort": sort, **turned} for sort in ORDERS for turned in ({}, {"order": "down"})]
    lists = ["/assets?" + urlencode(told) for told in sorts]
    parts = parameters(client)
    filters = [f"/assets?{part}{sort}" for part in parts for sort in ("", "&sort=name", "&sort=person", "&sort=cost")]
    log = ["/log", "/log?kind=asset:moved", "/log?kind=checkpoint:signed&from=2025-09-01&to=2026-09-01"]
    log += ["/log?from=2025-09-01&to=2025-09-03", "/log?kind=user:signed_in&from=2026-01-01&to=2026-02-01"]
    actor = option(client, "/log", "actor", 3)
    asset_id = client.get("/assets?sort=cost").text.rpartition('class="tag" href="/assets/')[2][:36]
    log += [f"/log?actor={actor}", f"/log?actor={actor}&kind=asset:moved&to=2026-01-01", "/log?actor=none"]
    log += [f"/log?type=asset&id={asset_id}", "/log?what=Latitude+17", "/log?what=nowhere", "/log?who=Beth"]
    return {
        "lists": lists,
        "turned pages": [link for one in lists for link in turns(client, one)],
        "searches": [
            f"/assets?{urlencode({'q': word})}{sort}" for word in WORDS for sort in ("", "&sort=person", "&sort=name")
        ],
        "filters": filters,
        "pages of assets": [f"/assets/{asset_id}"],
        "media": [
            f"/media?sort={sort}{part}"
            for sort in MEDIA_ORDERS
            for part in ("", "&q=samsung", "&q=S1", "&state=sanitised")
        ],
        "log": [*log, *(link for one in log[:2] for link in turns(client, one))],
    }


def parameters(client: FlaskClient) -> list[str]:
    """Filters of the list, with choices of its own form."""
    names = ("kind", "state", "location", "department", "funding")
    chosen = [f"{name}={option(client, '/assets', name, 2)}" for name in names]
    days = ["acquired_from=2020-01-01&acquired_to=2020-03-31", "warranty_before=2021-01-01"]
    ticked = ["storage=untold", "label=none", "label=printed", "ownership=leased", "data=P"]
    return [*chosen, *days, *ticked, f"{chosen[1]}&q=dell"]


def option(client: FlaskClient, page: str, name: str, number: int) -> str:
    """A choice of a list in a page's form."""
    return client.get(page).text.partition(f'name="{name}"')[2].split('<option value="')[number].partition('"')[0]


def turns(client: FlaskClient, page: str) -> list[str]:
    """The next page, the last one, and the one before that."""

    def link(at: str, mark: str) -> list[str]:
        found = client.get(at).text.partition(mark)[2].partition('"')[0].replace("&amp;", "&")
        return [f"{page.partition('?')[0]}?{found}"] if found else []

    following = link(page, 'rel="next" href="?')
    last = link(page, '">Next</a><a class="btn btn-outline-dark" href="?')
    return [*following, *last, *(one for at in last for one in link(at, 'rel="prev" href="?'))]


class Processor:
    """The processor's time of this process and of the database server's processes."""

    def __init__(self) -> None:
        self.server: set[int] = set()

    def find(self) -> None:
        """Look for the processes of the tests' PostgreSQL: children of the server that this process started."""
        with db.engine.connect() as connection:
            lite = connection.dialect.name == "sqlite"
            backend = None if lite else connection.scalar(text("SELECT pg_backend_pid()"))
        parent = _parent(backend) if backend else None
        known = (int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit()) if parent else iter(())
        self.server = {pid for pid in known if _parent(pid) == parent}

    def spent(self) -> float:
        """Milliseconds so far."""
        served = (Path(f"/proc/{pid}/schedstat") for pid in self.server)
        return time.process_time() * 1000 + sum(int(one.read_text().split()[0]) / 1e6 for one in served if one.exists())


def _parent(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


PROCESSOR = Processor()


def measured(client: FlaskClient, address: str) -> tuple[float, float, str]:
    """Milliseconds until the whole answer is there, by the clock and of the processor."""
    before, start = PROCESSOR.spent(), time.perf_counter()
    answer = client.get(address)
    spent = (time.perf_counter() - start) * 1000
    if answer.status_code != 200:
        raise SystemExit(f"{address}: {answer.status_code}, no figure")
    return spent, PROCESSOR.spent() - before, address


def p95(times: Sequence[float]) -> float:
    """The 95th percentile."""
    return sorted(times)[min(len(times) - 1, int(len(times) * 0.95))]


def report(name: str, rounds: Sequence[tuple[float, float, str]]) -> None:
    """One row."""
    clock, cpu = p95([one[0] for one in rounds]), p95([one[1] for one in rounds])
    middle, slowest = statistics.median(one[0] for one in rounds), max(rounds, key=lambda one: one[1])
    print(
        f"{name}: {clock:.0f} ms (goal {GOAL} ms) {'ok' if clock <= GOAL else 'short'}; p50 {middle:.0f} ms; "
        f"processor p95 {cpu:.0f} ms, most {slowest[1]:.0f} ms at {slowest[2][:80]}; {len(rounds)} requests",
        flush=True,
    )


def measure(kind: str, app: Flask) -> None:
    """All groups on one database."""
    client = app.test_client()
    with quick_hashes():
        client.post("/sign-in", data={"school": "st-b", "username": "tess", "password": PASSWORD})
    for group, asked in addresses(client).items():
        for address in asked:
            measured(client, address)  # once unmeasured: compiled statements, the database's memory
        with app.app_context():
            PROCESSOR.find()
        report(f"{kind} {group}", [measured(client, one) for _ in range(ROUNDS) for one in asked])
    start = time.perf_counter()
    size = len(client.get("/assets.csv", buffered=True).get_data())
    print(f"  {kind}: the register as CSV, {size:,} bytes: {time.perf_counter() - start:.1f} s", flush=True)


def main() -> int:
    """Both databases, one after the other."""
    print(f"Load of the machine before: {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory(prefix="caretaker-bench-") as name, databases(Path(name)) as urls:
        for kind, url in urls.items():
            start = time.perf_counter()
            app = build(url, Path(name))
            spent = time.perf_counter() - start
            gc.collect()
            gc.freeze()  # what building left behind: no server that is measured carries it through its collections
            print(f"  {kind}: {ASSETS:,} assets and {EVENTS:,} events written: {spent:.1f} s", flush=True)
            measure(kind, app)
            with app.app_context():
                db.engine.dispose()
    return 0


if __name__ == "__main__":
    sys.exit(main())
