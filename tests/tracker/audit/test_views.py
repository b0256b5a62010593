"""The log in the browser, on both databases: histories, filters, pages, CSV, checkpoints."""

import csv
import io
import json
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.cast import OUTSIDER, Site
from tests.things import things
from tracker.audit import keys, statement, words
from tracker.audit.kinds import EventKind
from tracker.audit.models import Event
from tracker.audit.service import record
from tracker.db import db
from tracker.values import LONDON, Subject, utc_now
from wipe.record import key_id


@pytest.fixture
def told(site: Site) -> dict[str, str]:
    """One thing of each type in Saint Brigid's."""
    found = things(site.actor("tess"), site.app.extensions["caretaker"])
    db.session.commit()
    return found


def page(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.get_data(as_text=True)


@pytest.mark.pure
def test_every_kind_of_event_has_a_sentence() -> None:
    assert set(words.SENTENCES) == set(EventKind)
    assert all(sentence[0].isupper() and not sentence.endswith(".") for sentence in words.SENTENCES.values())
    assert words.sentence("retired:kind") == "retired:kind"


@pytest.mark.pure
def test_changes_are_told_in_words() -> None:
    before = {"cost_pence": 123456, "state": "in_use", "role": "head", "active": True, "gone": None}
    after = {"cost_pence": None, "state": "on_loan", "role": "staff", "active": False, "tags": ["a", "b"]}
    assert words.changes(before, after) == [
        ("Cost", "£1,234.56", "nothing"),
        ("State", "In use", "On loan"),
        ("Role", "Head teacher", "Staff"),
        ("Active", "yes", "no"),
        ("Gone", "nothing", None),
        ("Tags", None, "a, b"),
    ]


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("/assets/{asset_id}", "Was registered"),
        ("/media/{medium_id}", "Changed its state"),
        ("/stations/{station_id}", "History"),
        ("/people/{person_id}", "Was added"),
        ("/locations/{location_id}", "The place was added"),
        ("/certificates/{certificate_id}", "The certificate was issued"),
        ("/jobs/{job_id}", "History"),
    ],
)
def test_every_things_page_has_its_history(site: Site, told: dict[str, str], address: str, says: str) -> None:
    text = page(site.client("gwen"), address.format(**told))
    assert "History</h2>" in text
    assert says in text


def test_an_accounts_history_names_who_did_it_with_both_values(site: Site) -> None:
    hana = site.client("hana")
    stan = site.actor("stan").id
    hana.post(f"/users/{stan}", data={"role": "governor"})
    text = page(hana, f"/users/{stan}")
    assert "The role was changed" in text
    assert "Hana Head" in text
    assert "Staff" in text
    assert "Governor" in text


def test_the_log_turns_its_pages_without_losing_an_event(site: Site) -> None:
    actor = site.actor("tess")
    for number in range(120):
        record(actor, EventKind.LABEL_PRINTED, Subject("asset", actor.school_id, f"Thing {number}"))
    db.session.commit()
    client, address, seen = site.client("gwen"), "/log", []
    for _ in range(10):
        text = page(client, address)
        seen += [int(part.split("<")[0]) for part in text.split('class="quiet">no. ')[1:]]
        older = text.partition('rel="next" href="?')[2].split('"')[0]
        if not older:
            break
        address = f"/log?{older.replace('&amp;', '&')}"
    assert seen == list(range(max(seen), 0, -1))
    assert len(seen) > 120


def test_the_log_is_filtered_by_kind_person_thing_and_day(site: Site, told: dict[str, str]) -> None:
    client = site.client("adam")
    today = utc_now().astimezone(LONDON).date()
    asset = f"type=asset&id={told['asset_id']}"
    for address, inside, outside in [
        ("/log?kind=user:signed_in", "Adam Auditor", "Was registered</td>"),
        ("/log?who=tess", "Tess Technician", "Adam Auditor</td>"),
        ("/log?what=pat+person", "Pat Person", "Office computer"),
        (f"/log?{asset}", "Office computer", "Pat Person"),
        (f"/log?from={today}&to={today}", "Pat Person", "Nothing fits"),
        (f"/log?to={today - timedelta(days=1)}", "Nothing fits", "Pat Person"),
        (f"/log?from={today + timedelta(days=1)}", "Nothing fits", "Pat Person"),
    ]:
        text = page(client, address).partition("</form>\n")[2].partition("</form>")[2] or page(client, address)
        assert inside in text, address
        assert outside not in text.partition("<table")[2], address


@pytest.mark.parametrize(
    "query",
    [
        "kind=%00", "kind=nonsense", "who=%25%27%22%00", "what=%5C%25_%F0%9F%92%BE", "from=yesterday&to=9999-99-99",
        "before=-1", "before=99999999999999999999", "before=%D9%A1", "type=asset&id=1", "id=%00", "from=0001-01-01",
        "what=" + "x" * 5000,
    ],
)  # fmt: skip
def test_a_strange_address_is_answered_in_peace(site: Site, query: str) -> None:
    client, expected = site.client("gwen"), 400 if "%00" in query else 200
    assert client.get(f"/log?{query}").status_code == expected
    assert client.get(f"/log.csv?{query}").status_code == expected


def test_what_an_event_says_cannot_become_part_of_the_page(site: Site) -> None:
    actor = site.actor("tess")
    evil = "<script>alert(1)</script>"
    record(
        actor, EventKind.ASSET_CHANGED, Subject("asset", actor.school_id, evil), before={evil: evil}, after={}, why=evil
    )
    db.session.commit()
    text = page(site.client("gwen"), "/log")
    assert evil not in text
    assert "&lt;script&gt;" in text


def test_the_csv_holds_what_is_filtered_runs_no_formula_and_is_logged(site: Site) -> None:
    actor = site.actor("tess")
    record(actor, EventKind.ASSET_CHANGED, Subject("asset", actor.school_id, '=HYPERLINK("evil")'), after={"a": "b"})
    db.session.commit()
    answer = site.client("beth").get("/log.csv?kind=asset:changed")
    assert answer.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert [row["kind"] for row in rows] == ["asset:changed"]
    assert rows[0]["thing"].startswith("'=")
    assert rows[0]["after"] == "a: b"
    last = db.session.scalars(select(Event).where(Event.kind == "register:exported")).one()
    detail = json.loads(last.detail or "")
    assert detail["after"] == {"rows": 1, "kind": "asset:changed"}
    assert detail["actor"] == "Beth Bursar"


def test_another_schools_log_is_never_shown(site: Site, told: dict[str, str]) -> None:
    otto = site.client(OUTSIDER)
    for address in ("/log", "/log.csv", f"/log?type=asset&id={told['asset_id']}", "/log/checkpoints"):
        text = page(otto, address)
        assert "Tess" not in text
        assert "Office computer" not in text
    assert otto.get(f"/log/checkpoints/{told['checkpoint_id']}.jws").status_code == 404


@pytest.mark.parametrize(("username", "may"), [("hana", 1), ("beth", 1), ("adam", 1), ("tess", 0), ("gwen", 0)])
def test_heads_bursars_and_auditors_sign_checkpoints_and_readers_take_them(
    site: Site, username: str, may: bool
) -> None:
    client = site.client(username)
    answer = client.post("/log/checkpoints")
    text = page(client, "/log/checkpoints")
    if not may:
        assert answer.status_code == 403
        assert "None is signed yet" in text
        return
    assert answer.status_code == 302
    address = text.partition('href="/log/checkpoints/')[2].partition("Download")[0]
    name = next(
        part.split('"')[0] for part in text.split('href="/log/checkpoints/')[1:] if ".jws" in part.split('"')[0]
    )
    assert address
    taken = site.client("gwen").get(f"/log/checkpoints/{name}")
    assert "attachment" in taken.headers["Content-Disposition"]
    key = keys.signing_key(site.app.extensions["caretaker"].instance).public_key()
    found = statement.read(taken.get_data(as_text=True).strip(), {key_id(key): key})
    assert found.school_id == site.school_id()
    pem = site.client("gwen").get("/log/checkpoints/key.pem").get_data()
    assert pem == keys.public_pem(key)


def test_a_key_that_others_can_read_signs_nothing_and_says_so(site: Site) -> None:
    instance = site.app.extensions["caretaker"].instance
    keys.signing_key(instance)
    (instance / keys.NAME).chmod(0o644)
    client = site.client("hana")
    client.post("/log/checkpoints")
    text = page(client, "/log/checkpoints")
    assert "stolen" in text
    assert "None is signed yet" in text
