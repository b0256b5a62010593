"""The start page of each role, and the answer for a monitor."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.cast import OUTSIDER, Site, counted
from tests.things import things
from tracker.db import db
from tracker.inventory import kinds
from tracker.inventory import service as inventory
from tracker.inventory.details import AssetDetails


def filled(site: Site) -> None:
    things(site.actor("tess"), site.app.extensions["caretaker"])
    db.session.commit()


@pytest.mark.parametrize(
    ("username", "says", "hides"),
    [
        ("tess", ["wait to be wiped", "wipes running now", "Wiping stations"], ["people may sign in"]),
        ("beth", ["proved wipes without a certificate", "The register as CSV"], ["wipes running now"]),
        ("hana", ["people may sign in", "whose wipe failed", "wipes without evidence"], ["wipes running now"]),
        ("gwen", ["assets in the register", "The log as CSV"], ["people may sign in"]),
        ("adam", ["assets in the register", "a checkpoint of it"], ["people may sign in"]),
    ],
)
def test_each_role_sees_what_it_comes_for(site: Site, username: str, says: list[str], hides: list[str]) -> None:
    filled(site)
    page = site.client(username).get("/").get_data(as_text=True)
    assert all(words in page for words in says)
    assert not any(words in page for words in hides)


def test_every_tile_leads_to_a_page_that_its_role_may_open(site: Site) -> None:
    filled(site)
    for username in ("tess", "beth", "hana", "gwen", "adam"):
        client = site.client(username)
        page = client.get("/").get_data(as_text=True)
        links = [part.split('"')[0] for part in page.split('class="tile"><a href="')[1:]]
        assert len(links) >= 5
        assert all(client.get(link.replace("&amp;", "&")).status_code == 200 for link in links)


def test_staff_are_led_to_what_they_have_and_told_whom_to_tell(site: Site) -> None:
    page = site.client("stan").get("/").get_data(as_text=True)
    assert "01905 000000" in page
    assert 'href="/mine"' in page
    assert "data-scan" not in page


def test_an_empty_register_says_what_to_do_next(site: Site) -> None:
    assert "Register the first asset" in site.client("tess").get("/").get_data(as_text=True)
    assert "Add accounts" in site.client("hana").get("/").get_data(as_text=True)


def test_another_schools_things_are_not_counted(site: Site) -> None:
    filled(site)
    page = site.client(OUTSIDER).get("/").get_data(as_text=True)
    assert "The register is empty" in page


def test_the_number_of_queries_does_not_grow(site: Site) -> None:
    counts = []
    filled(site)
    for _ in range(2):
        for _ in range(5):
            kind = kinds.kinds(site.school_id())[0]
            inventory.register(site.actor("tess"), AssetDetails(kind.id, name="Screen", serial=uuid4().hex))
        db.session.commit()
        client = site.client("hana")
        with counted() as asked:
            assert client.get("/").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert counts[0] < 16


def test_health_says_ok_and_nothing_of_the_inside(site: Site) -> None:
    answer = site.client().get("/health")
    assert answer.status_code == 200
    assert answer.get_json() == {"status": "ok"}


def test_health_is_not_ok_on_another_schema(site: Site) -> None:
    db.session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    answer = site.client().get("/health")
    assert (answer.status_code, answer.get_json()) == (503, {"status": "unwell"})
