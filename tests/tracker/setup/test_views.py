"""The first start: once, by somebody at the server or with its code, and never by two."""

import threading
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from sqlalchemy import func, select

from tests.cast import Client, Site, quick_hashes
from tests.conftest import Databases, _migrate
from tracker.accounts.models import School, User
from tracker.app import create_app
from tracker.audit import chain
from tracker.audit.service import links
from tracker.config import from_environment
from tracker.db import db
from tracker.inventory.models import AssetKind
from tracker.setup import code, service
from tracker.setup import views as setup_views
from tracker.throttle import Throttle

FORM = {
    "school_name": "Saint Brigid's",
    "name": "Hana Head",
    "username": "hana",
    "password": "three random words",
    "again": "three random words",
}
AFAR = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.fixture
def unfounded(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    """The application before its first start."""
    url = databases.new(databases.template("migrated", _migrate)).render_as_string(hide_password=False)
    environment = {"CARETAKER_INSTANCE": str(tmp_path / "instance"), "CARETAKER_DATABASE_URL": url}
    app = create_app(from_environment(environment))
    app.test_client_class = Client
    app.config.update(WTF_CSRF_ENABLED=False)
    throttle = Throttle(failures=10, seconds=300, clock=lambda: 0.0)
    with app.app_context(), quick_hashes(), mock.patch.object(setup_views, "CODES", throttle):
        yield Site(app)
        db.session.remove()
        db.engine.dispose()


def schools() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(School)) or 0


def test_the_first_visitor_is_led_to_the_first_start(unfounded: Site) -> None:
    client = unfounded.client()
    assert client.get("/").location == "/setup"
    assert client.get("/sign-in").location == "/setup"
    page = client.get("/setup")
    assert page.status_code == 200
    assert "head teacher" in page.get_data(as_text=True)


def test_the_school_is_founded_once_with_a_head_and_the_usual_kinds(unfounded: Site) -> None:
    client = unfounded.client()
    assert client.post("/setup", data=FORM).location == "/sign-in"
    assert client.post("/setup", data=FORM).status_code == 404
    assert client.get("/setup").status_code == 404
    assert schools() == 1
    head = db.session.scalars(select(User)).one()
    assert (head.username, head.role, head.must_change) == ("hana", "head", False)
    assert db.session.scalar(select(func.count()).select_from(AssetKind))
    assert chain.verify(links(head.school_id)).broken is None
    db.session.rollback()
    answer = client.post("/sign-in", data={"username": "hana", "password": FORM["password"]})
    assert answer.status_code == 302
    assert client.get("/users").status_code == 200
    assert not (unfounded.app.extensions["caretaker"].instance / code.NAME).exists()


@pytest.mark.parametrize(
    "form",
    [
        {},
        {**FORM, "password": "short", "again": "short"},
        {**FORM, "again": "another thing"},
        {**FORM, "school_name": "  "},
        {**FORM, "username": " "},
        {**FORM, "password": "hanahead12345", "again": "hanahead12345"},
        {**FORM, "name": "x" * 201},
    ],
)
def test_what_cannot_be_founds_nothing(unfounded: Site, form: dict[str, str]) -> None:
    answer = unfounded.client().post("/setup", data=form)
    assert answer.status_code == 422
    assert "There is a problem" in answer.get_data(as_text=True)
    assert schools() == 0


def test_from_afar_only_the_code_of_the_servers_folder_founds_it(unfounded: Site) -> None:
    client, instance = unfounded.client(), unfounded.app.extensions["caretaker"].instance
    right = code.setup_code(instance)
    assert "Setup code" in client.get("/setup", environ_base=AFAR).get_data(as_text=True)
    assert right not in client.get("/setup", environ_base=AFAR).get_data(as_text=True)
    for wrong in ("", "0000-0000-0000", right[:-1]):
        assert client.post("/setup", data={**FORM, "code": wrong}, environ_base=AFAR).status_code == 422
    assert schools() == 0
    typed = right.lower().replace("-", " ")
    assert client.post("/setup", data={**FORM, "code": typed}, environ_base=AFAR).status_code == 302
    assert schools() == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "192.0.2.7"},
        {"Forwarded": "for=192.0.2.7"},
        {"Via": "1.1 caddy"},
        {"Host": "assets.school.example"},
        {"Host": "192.0.2.1:5000"},
    ],
    ids=str,
)
def test_a_proxy_or_another_name_is_not_somebody_at_the_server(unfounded: Site, headers: dict[str, str]) -> None:
    """A proxy on the same machine that the settings forgot would else make every stranger look near."""
    assert unfounded.client().post("/setup", data=FORM, headers=headers).status_code == 422
    assert schools() == 0


def test_guessing_the_code_is_paused(unfounded: Site) -> None:
    client, instance = unfounded.client(), unfounded.app.extensions["caretaker"].instance
    for _ in range(10):
        client.post("/setup", data={**FORM, "code": "0000"}, environ_base=AFAR)
    right = {**FORM, "code": code.setup_code(instance)}
    assert client.post("/setup", data=right, environ_base=AFAR).status_code == 422


def test_the_code_is_private_and_stays_the_same(tmp_path: Path) -> None:
    first = code.setup_code(tmp_path)
    assert code.setup_code(tmp_path) == first
    assert (tmp_path / code.NAME).stat().st_mode & 0o777 == 0o600


def test_two_at_once_found_one_school(unfounded: Site) -> None:
    """Both pass the first look; the database decides."""
    barrier, answers = threading.Barrier(2, timeout=20), []
    found = service.found

    def together(*args: object, **kwargs: object) -> None:
        barrier.wait()
        found(*args, **kwargs)  # type: ignore[arg-type]

    def ask(username: str) -> None:
        client = unfounded.app.test_client()
        form = {**FORM, "username": username}
        with unfounded.app.app_context():
            answers.append(client.post("/setup", data=form).status_code)

    db.session.rollback()
    patched = unfounded.app.extensions["caretaker"].database_url.startswith("postgresql")
    with mock.patch.object(service, "found", together if patched else found):
        threads = [threading.Thread(target=ask, args=(name,)) for name in ("hana", "harry")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(answers) in ([302, 404], [302, 422])
    assert schools() == 1
    assert db.session.scalar(select(func.count()).select_from(User)) == 1
