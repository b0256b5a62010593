"""Sign-in and accounts in the browser, on both databases."""

import io
import re
from datetime import timedelta
from unittest import mock

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select

from tests.cast import OUTSIDER, PASSWORD, Site
from tracker import web
from tracker.accounts import rules, service, upkeep
from tracker.accounts import views as accounts_views
from tracker.accounts.models import School, SignInSession, User
from tracker.audit.models import Event
from tracker.audit.service import Entry, entry_of
from tracker.db import db
from tracker.throttle import Throttle
from tracker.values import Denied, Role, utc_now


@pytest.fixture(autouse=True)
def fresh_throttle() -> object:
    """No test is slowed by the failures of another."""
    fresh = Throttle(failures=30, seconds=300, clock=lambda: 0.0)
    with mock.patch.object(accounts_views, "GUESSES", fresh):
        yield fresh


def sign_in(client: FlaskClient, username: str = "tess", password: str = PASSWORD, **more: str) -> object:
    return client.post("/sign-in", data={"school": "st-b", "username": username, "password": password}, **more)  # type: ignore[arg-type]


def user(username: str) -> User:
    db.session.rollback()
    return db.session.scalars(select(User).where(User.username == username)).one()


def last(kind: str) -> Entry:
    db.session.rollback()
    return entry_of(db.session.scalars(select(Event).where(Event.kind == kind).order_by(Event.id.desc())).first())  # type: ignore[arg-type]


def test_a_person_signs_in_is_led_on_and_signs_out(site: Site) -> None:
    client = site.client()
    assert client.get("/account").location == "/sign-in?next=/account"
    answer = client.post("/sign-in?next=/account", data={"school": "ST-B", "username": "Tess", "password": PASSWORD})
    assert (answer.status_code, answer.location) == (302, "/account")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert "Expires" not in cookie
    assert client.get("/account").status_code == 200
    assert client.get("/sign-in").location == "/"
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out").location == "/sign-in"
    assert client.get("/account").status_code == 302


def test_behind_https_the_cookie_goes_over_https_only(site: Site) -> None:
    config = site.app.extensions["caretaker"]
    site.app.extensions["caretaker"] = type(config)(**{**vars(config), "base_url": "https://assets.school.example"})
    answer = sign_in(site.client())
    assert "Secure" in answer.headers["Set-Cookie"]  # type: ignore[attr-defined]


def test_whatever_is_wrong_the_page_says_the_same(site: Site) -> None:
    service.set_active(site.actor("hana"), user("stan").id, active=False, why="left")
    tries = [("tess", "wrong"), ("nobody", PASSWORD), ("stan", PASSWORD), ("otto", PASSWORD), ("TESS\u202e", PASSWORD)]
    pages = set()
    for username, password in tries:
        answer = sign_in(site.client(), username, password)
        assert answer.status_code == 403  # type: ignore[attr-defined]
        page = re.sub(r'name="csrf_token" value="[^"]*"', "", answer.get_data(as_text=True))  # type: ignore[attr-defined]
        pages.add(page.replace(f'value="{username}"', ""))
    assert len(pages) == 1
    assert "do not fit together" in pages.pop()


def test_too_many_wrong_passwords_lock_the_account_and_a_person_in_charge_unlocks(site: Site) -> None:
    client = site.client()
    for _ in range(rules.LOCK_AFTER):
        sign_in(client, password="wrong")
    assert sign_in(client).status_code == 403  # type: ignore[attr-defined]
    hana, tess = site.client("hana"), user("tess")
    assert "Locked" in hana.get("/users").get_data(as_text=True)
    assert hana.post(f"/users/{tess.id}/unlock").status_code == 302
    assert sign_in(client).status_code == 302  # type: ignore[attr-defined]
    assert last("user:unlocked").actor == "Hana Head"


def test_many_failures_from_one_address_pause_that_address_only(site: Site) -> None:
    client = site.client()
    service._decoy.cache_clear()  # made anew, as weak as the tests' other hashes
    for number in range(30):
        sign_in(client, f"guess{number}", "wrong")
    assert sign_in(client).status_code == 429  # type: ignore[attr-defined]
    assert sign_in(client, environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 302  # type: ignore[arg-type, attr-defined]


def test_a_whole_school_behind_one_address_signs_in_as_usual(site: Site) -> None:
    for _ in range(40):
        assert sign_in(site.client()).status_code == 302  # type: ignore[attr-defined]


def test_a_session_that_somebody_planted_is_not_the_one_that_signs_in(site: Site) -> None:
    """Session fixation: the token is made at sign-in, whatever the browser brought."""
    client = site.client()
    planted = f"{site.school_id().hex}.planted-token"
    client.set_cookie(web.SESSION_COOKIE, planted)
    sign_in(client)
    cookie = client.get_cookie(web.SESSION_COOKIE)
    assert cookie is not None
    assert cookie.value != planted
    stranger = site.client()
    stranger.set_cookie(web.SESSION_COOKIE, planted)
    assert stranger.get("/account").status_code == 302
    first = cookie.value
    client.post("/sign-out")
    sign_in(client)
    again = client.get_cookie(web.SESSION_COOKIE)
    assert again is not None
    assert again.value != first
    stranger.set_cookie(web.SESSION_COOKIE, first)
    assert stranger.get("/account").status_code == 302


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(max_size=300), st.from_regex(r"[0-9a-f]{32}\.[A-Za-z0-9_-]{0,60}", fullmatch=True)))
def test_no_made_up_cookie_is_anybody(site: Site, cookie: str) -> None:
    db.session.rollback()
    assert service.resume_cookie(cookie, origin="tests", idle_minutes=15, hours=10) is None


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "\\\\e",
        "/\n",
    ],
)
def test_next_never_leads_elsewhere(site: Site, target: str) -> None:
    form = {"school": "st-b", "username": "tess", "password": PASSWORD}
    answer = site.client().post("/sign-in", query_string={"next": target}, data=form)
    assert answer.location == "/"


@given(st.text(max_size=60))
@pytest.mark.pure
def test_a_local_path_begins_with_exactly_one_slash(text: str) -> None:
    found = web.local_path(text)
    if found is not None:
        assert found == text
        assert found.startswith("/")
        assert not found.startswith("//")
        assert "\\" not in found
        assert found.isprintable()


def test_an_idle_session_ends_and_says_so(site: Site) -> None:
    client = site.client("tess")
    later = utc_now() + timedelta(minutes=15)
    with mock.patch.object(service, "utc_now", return_value=later):
        assert client.get("/account").location == "/sign-in?next=/account"
        answer = client.post("/account/sign-out-everywhere")
        assert answer.status_code == 401
        assert "left alone" in answer.get_data(as_text=True)
    assert client.get("/account").status_code == 200


def test_using_it_keeps_a_session_open(site: Site) -> None:
    client, start = site.client("tess"), utc_now()
    for minutes in (14, 28, 42):
        with mock.patch.object(service, "utc_now", return_value=start + timedelta(minutes=minutes)):
            assert client.get("/account").status_code == 200


def test_a_closed_account_is_out_at_once(site: Site) -> None:
    tess, hana = site.client("tess"), site.client("hana")
    assert tess.get("/account").status_code == 200
    assert hana.post(f"/users/{user('tess').id}/active", data={"active": "0", "why": "left school"}).status_code == 302
    assert tess.get("/account").status_code == 302
    told = last("user:deactivated")
    assert (told.before, told.after, told.why) == ({"active": True}, {"active": False}, "left school")
    hana.post(f"/users/{user('tess').id}/active", data={"active": "1", "why": "came back"})
    assert tess.get("/account").status_code == 302
    assert sign_in(tess).status_code == 302  # type: ignore[attr-defined]


def test_closing_needs_a_reason(site: Site) -> None:
    site.client("hana").post(f"/users/{user('tess').id}/active", data={"active": "0", "why": ""})
    assert user("tess").active


def test_a_reset_password_is_shown_once_and_must_be_changed_before_anything_else(site: Site) -> None:
    tess, hana, row = site.client("tess"), site.client("hana"), user("tess")
    page = hana.post(f"/users/{row.id}/passphrase").get_data(as_text=True)
    given_text = page.split('class="display-6 mono">')[1].split("<")[0]
    assert tess.get("/account").status_code == 302
    assert given_text not in hana.get(f"/users/{row.id}").get_data(as_text=True)
    assert sign_in(tess).status_code == 403  # type: ignore[attr-defined]
    assert sign_in(tess, password=given_text).status_code == 302  # type: ignore[attr-defined]
    for page_of in ("/", "/assets", "/account", "/log"):
        assert tess.get(page_of).location == "/account/password"
    assert tess.post("/account/sign-out-everywhere").location == "/account/password"
    form = {"old": given_text, "new": "my own new password", "again": "my own new password"}
    assert tess.post("/account/password", data=form).location == "/account"
    assert tess.get("/assets").status_code == 200
    assert given_text not in "".join(db.session.scalars(select(Event.detail)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"old": "wrong", "new": "a good new password", "again": "a good new password"}, "not your password"),
        ({"old": PASSWORD, "new": "a good new password", "again": "another password"}, "not the same"),
        ({"old": PASSWORD, "new": "short", "again": "short"}, "12 to 256"),
        ({"old": PASSWORD, "new": PASSWORD, "again": PASSWORD}, "the password you have"),
        ({}, "Enter a new password"),
    ],
)
def test_a_password_is_changed_only_with_the_old_one_and_a_good_new_one(
    site: Site, form: dict[str, str], says: str
) -> None:
    answer = site.client("tess").post("/account/password", data=form)
    assert answer.status_code == 400
    assert says in answer.get_data(as_text=True)
    assert sign_in(site.client()).status_code == 302  # type: ignore[attr-defined]


def test_changing_the_password_ends_the_other_sessions(site: Site) -> None:
    here, elsewhere = site.client("tess"), site.client("tess")
    form = {"old": PASSWORD, "new": "a good new password", "again": "a good new password"}
    assert here.post("/account/password", data=form).status_code == 302
    assert here.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 302


def test_signing_out_everywhere_ends_every_session(site: Site) -> None:
    here, elsewhere = site.client("tess"), site.client("tess")
    here.post("/account/sign-out-everywhere")
    assert here.get("/account").status_code == 302
    assert elsewhere.get("/account").status_code == 302
    rows = db.session.scalars(select(SignInSession).where(SignInSession.user_id == user("tess").id))
    assert all(row.ended_at is not None for row in rows)


def test_an_account_is_added_and_its_owner_chooses_the_password(site: Site) -> None:
    form = {"name": "Nora New", "username": "nora", "role": "technician"}
    page = site.client("beth").post("/users/new", data=form).get_data(as_text=True)
    given_text = page.split('class="display-6 mono">')[1].split("<")[0]
    assert last("user:created").after == {"username": "nora", "role": "technician", "expires_on": None}
    client = site.client()
    assert sign_in(client, "nora", given_text).status_code == 302  # type: ignore[attr-defined]
    assert client.get("/").location == "/account/password"


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"name": "X", "username": "tess", "role": "staff"}, "tess already"),
        ({"name": "X", "username": "x", "role": "auditor"}, "last day"),
        ({"name": "X", "username": "x", "role": "head"}, "Only a head teacher"),
        ({"name": "", "username": "", "role": "staff"}, "Enter a name"),
        ({"name": "X", "username": "x", "role": "king"}, "valid choice"),
    ],
)
def test_an_account_that_cannot_be_is_refused_at_the_form(site: Site, form: dict[str, str], says: str) -> None:
    answer = site.client("beth").post("/users/new", data=form)
    assert answer.status_code == 400
    assert says in answer.get_data(as_text=True)
    db.session.rollback()
    assert db.session.scalar(select(User.id).where(User.username == "x")) is None


def test_a_role_change_is_in_the_log_with_both_values_and_ends_the_sessions(site: Site) -> None:
    tess = site.client("tess")
    answer = site.client("hana").post(f"/users/{user('tess').id}", data={"role": "bursar"})
    assert answer.status_code == 302
    told = last("user:role_changed")
    assert (told.before, told.after) == ({"role": "technician"}, {"role": "bursar"})
    assert tess.get("/account").status_code == 302


@pytest.mark.parametrize(
    ("who", "whom", "form"),
    [
        ("hana", "hana", {"role": "staff"}),
        ("beth", "hana", {"role": "staff"}),
        ("beth", "tess", {"role": "head"}),
        ("beth", "hana", {"role": "head", "expires_on": "2020-01-01"}),
        ("hana", "adam", {"role": "auditor", "expires_on": ""}),
    ],
)
def test_what_nobody_may_do_to_an_account(site: Site, who: str, whom: str, form: dict[str, str]) -> None:
    before = (user(whom).role, user(whom).expires_on)
    assert site.client(who).post(f"/users/{user(whom).id}", data=form).status_code == 400
    assert (user(whom).role, user(whom).expires_on) == before


def test_a_bursar_cannot_close_or_reset_a_head(site: Site) -> None:
    beth, hana = site.client("beth"), user("hana")
    assert beth.post(f"/users/{hana.id}/active", data={"active": "0", "why": "coup"}).status_code == 409
    assert beth.post(f"/users/{hana.id}/passphrase").status_code == 409
    assert user("hana").active
    assert site.client("hana").get("/users").status_code == 200


def test_accounts_of_another_school_do_not_exist(site: Site) -> None:
    hana, otto = site.client("hana"), user(OUTSIDER)
    assert hana.get(f"/users/{otto.id}").status_code == 404
    for action in ("active", "unlock", "passphrase"):
        assert hana.post(f"/users/{otto.id}/{action}", data={"active": "0", "why": "x"}).status_code == 404
    assert "Otto" not in hana.get("/users").get_data(as_text=True)


def test_forms_without_the_token_are_refused(site: Site) -> None:
    site.app.config["WTF_CSRF_ENABLED"] = True
    client = site.client()
    page = client.get("/sign-in").get_data(as_text=True)
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"school": "st-b", "username": "tess", "password": PASSWORD}
    assert client.post("/sign-in", data=form).status_code == 400
    assert client.post("/sign-in", data={**form, "csrf_token": "forged"}).status_code == 400
    assert client.post("/sign-in", data={**form, "csrf_token": token}).status_code == 302
    assert client.post("/sign-out").status_code == 400
    assert client.get("/account").status_code == 200
    assert client.post("/account/sign-out-everywhere").status_code == 400


def picture(kind: str = "PNG", size: tuple[int, int] = (900, 300)) -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", size, "navy").save(kept, kind)
    return kept.getvalue()


SCHOOL = {"name": "Saint Brigid's", "address": "1 Cathedral Walk", "postcode": "WR1 2AA", "dfe_number": "885/3300"}


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_the_schools_data_and_crest_are_kept_and_the_log_has_both_values(site: Site, kind: str) -> None:
    beth = site.client("beth")
    upload = (io.BytesIO(picture(kind) + b"<script>"), "../crest.exe")
    answer = beth.post("/school", data={**SCHOOL, "crest": upload, "procedure_version": "3.0"})
    assert answer.status_code == 302, answer.get_data(as_text=True)
    told = last("school:changed")
    assert told.before["procedure_version"] == ""
    assert told.after["procedure_version"] == "3.0"
    assert told.after["crest"] is True
    shown = beth.get("/school/crest.png").get_data()
    with Image.open(io.BytesIO(shown)) as kept:
        assert (kept.format, kept.width) == ("PNG", 600)
    assert b"<script>" not in shown
    assert beth.post("/school", data={**SCHOOL, "remove_crest": "y"}).status_code == 302
    assert beth.get("/school/crest.png").status_code == 404


@pytest.mark.parametrize(
    "data",
    [b"GIF89a not really", b"<svg/>", picture("GIF"), picture()[:200]],
)
def test_a_crest_that_is_no_picture_is_refused(site: Site, data: bytes) -> None:
    answer = site.client("beth").post("/school", data={**SCHOOL, "crest": (io.BytesIO(data), "crest.png")})
    assert answer.status_code == 400
    assert "PNG or JPEG" in answer.get_data(as_text=True)
    db.session.rollback()
    assert db.session.scalars(select(School.crest).where(School.code == "st-b")).one() is None


def test_a_crest_that_is_too_large_is_refused(site: Site) -> None:
    data = picture() + bytes(upkeep.CREST_BYTES)
    with pytest.raises(Denied, match="512 KiB"):
        upkeep.change_school(site.actor("beth"), dict(SCHOOL), crest=data, remove_crest=False)


def test_a_guests_last_day_ends_the_session_too(site: Site) -> None:
    adam = site.client("adam")
    user("adam").expires_on = utc_now().date() - timedelta(days=1)
    db.session.commit()
    assert adam.get("/account").status_code == 302


@pytest.mark.pure
@pytest.mark.parametrize("role", list(Role))
def test_only_heads_and_the_command_line_make_heads(role: Role) -> None:
    allowed = rules.may_give_role(role, Role.STAFF, Role.HEAD, own=False).allowed
    assert allowed is (role is Role.HEAD)
    assert rules.may_give_role(None, Role.STAFF, Role.HEAD, own=False).allowed
    assert not rules.may_give_role(role, Role.STAFF, Role.STAFF, own=True).allowed
