"""People change the same assets at the same moment, together and one by one: nobody's work is lost."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask.testing import FlaskClient
from sqlalchemy import select

from tests.cast import Site
from tests.tracker.inventory.test_bulk import SET, assets, body, hidden, make
from tracker.audit import chain
from tracker.audit.models import Event
from tracker.audit.service import links
from tracker.db import db
from tracker.inventory import service

TRIES = 40


def together(client: FlaskClient, data: dict[str, str]) -> int:
    """Change all, and go on as the pages offer when somebody was faster. How often somebody was."""
    late = 0
    for _ in range(TRIES):
        page = body(client.post("/assets/bulk", data=data))
        if "Nothing would change" in page:
            return late
        answer = client.post("/assets/bulk", data={**hidden(page), "save": "1"})
        while answer.status_code == 409:
            late += 1
            left = hidden(body(answer))
            if not left["seen"]:
                break
            answer = client.post("/assets/bulk", data={**left, "save": "1"})
    raise AssertionError("never done")


def one_by_one(client: FlaskClient, forms: dict[str, dict[str, str]]) -> int:
    late = 0
    for found, form in forms.items():
        for _ in range(TRIES):
            answer = client.post(f"/assets/{found}/edit", data=form)
            if answer.status_code == 302:
                break
            late += 1
            page = body(answer)
            version = re.search(r'name="version" value="(\d+)"', page)
            assert version, page
            saved = body(client.get(f"/assets/{found}/edit"))
            supplier = re.search(r'name="supplier"[^>]*value="([^"]*)"', saved)
            notes = re.search(r'<textarea[^>]*name="notes"[^>]*>([^<]*)<', saved)
            assert supplier, saved
            assert notes, saved
            form |= {"version": version[1], "supplier": supplier[1], "notes": notes[1].strip()}
        else:
            raise AssertionError("never done")
    return late


def test_a_bulk_edit_and_others_who_edit_lose_nothing(site: Site) -> None:
    actor = site.actor("tess")
    service.create_defaults(actor)
    made = [make(actor, department="Year 3") for _ in range(10)]
    (first,) = {one.version for one in made}
    forms = {
        str(one.id): {"kind_id": str(one.kind_id), "ownership": "school", "data_class": "P", "serial": one.serial,
                      "name": f"Renamed {number}", "department": "Year 3", "version": str(one.version)}
        for number, one in enumerate(made)
    }  # fmt: skip
    db.session.commit()
    people = [site.client(name) for name in ("tess", "beth", "tess")]
    begin = Barrier(len(people))
    notes = {"do_notes": "set", "notes": "Counted in the autumn term"}

    def act(number: int) -> int:
        begin.wait()
        if number == 0:
            return together(people[0], {"do_supplier": SET["do_supplier"], "supplier": SET["supplier"]})
        if number == 1:
            return together(people[1], notes)
        return one_by_one(people[2], {found: {**form, "notes": ""} for found, form in forms.items()})

    with ThreadPoolExecutor(len(people)) as pool:
        list(pool.map(act, range(len(people))))
    now = assets()
    told = {(asset.supplier, asset.notes, asset.department) for asset in now.values()}
    assert told == {("Misco Ltd", "Counted in the autumn term", "Year 3")}
    assert {asset.name for asset in now.values()} == {f"Renamed {number}" for number in range(10)}
    changed = Counter(db.session.scalars(select(Event.subject_id).where(Event.kind == "asset:changed")))
    assert {found: asset.version - first for found, asset in now.items()} == dict(changed), "each change has its event"
    assert chain.verify(links(actor.school_id)).broken is None
