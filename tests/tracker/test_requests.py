"""Hostile requests, against the production server on a loopback port, and what every answer must carry."""

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import pytest
import requests
from sqlalchemy import func, select

from tests.browser import free_port, served
from tests.cast import PASSWORD, Site
from tests.conftest import Databases, site_on
from tests.tracker.test_access import ENDS_SESSION, ROLES, Walk, pages, private, walk
from tracker import web
from tracker.audit.models import Event
from tracker.db import db

__all__ = ["walk"]  # the fixture

TEMPLATES = Path(__file__).parents[2] / "tracker" / "templates"
HEADERS = {
    "Content-Security-Policy": "default-src 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self)",
}
INSIDE = re.compile(
    r"Traceback|werkzeug|sqlalchemy|psycopg|sqlite3|waitress/|Python/|site-packages|\.py\b", re.IGNORECASE
)


@dataclass
class Server:
    """The application as in production, and its address."""

    site: Site
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def raw(self, data: bytes, *, finish: bool = False) -> bytes:
        """Send bytes as they are; the answer, as far as one came. `finish`: hang up half-way."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(data)
            if finish:
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            try:
                while chunk := connection.recv(65536):
                    answer += chunk
                    if b"\r\n\r\n" in answer and not finish:
                        break
            except (TimeoutError, ConnectionError):
                pass
            return answer

    def alive(self) -> None:
        """It still answers everybody else."""
        assert requests.get(f"{self.url}/health", timeout=20).status_code == 200

    def signed_in(self, username: str = "tess") -> requests.Session:
        """A browser of one of the cast, through the form with its token."""
        session = requests.Session()
        page = session.get(f"{self.url}/sign-in", timeout=20).text
        form = {"school": "st-b", "username": username, "password": PASSWORD, "csrf_token": token_of(page)}
        answer = session.post(f"{self.url}/sign-in", data=form, timeout=20, allow_redirects=False)
        assert answer.status_code == 302, answer.text
        return session


def token_of(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found is not None
    return found[1]


def status_of(answer: bytes) -> int:
    assert answer.startswith(b"HTTP/1."), answer[:200]
    return int(answer.split(None, 2)[1])


@pytest.fixture(scope="module")
def server(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all hostile requests, with a base address that is not where it listens."""
    port = free_port()
    folder = tmp_path_factory.mktemp("instance")
    with site_on(databases, folder, "http://assets.school.example") as site, served(site.app, port):
        site.app.config.update(SESSION_COOKIE_DOMAIN=None)
        yield Server(site, port)


# Bytes on the wire


@pytest.mark.parametrize(
    "head",
    [
        "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 1000",
        "POST /api/station/enrol HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000",
        "POST /sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked",
        "GET /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 5",
    ],
)
def test_a_request_that_is_cut_off_harms_nobody(server: Server, head: str) -> None:
    answer = server.raw(f"{head}\r\n\r\nusern".encode(), finish=True)
    assert answer == b"" or status_of(answer) < 500
    server.alive()


@pytest.mark.parametrize(
    "length",
    ["-1", "x", "1e3", "99999999999999999999999", "", "5\r\nContent-Length: 6", "5, 6", "0x10", "+5"],
)
def test_a_length_that_is_none_is_refused_or_read_as_nothing(server: Server, length: str) -> None:
    head = f"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
    answer = server.raw(head.encode(), finish=True)
    assert answer == b"" or 400 <= status_of(answer) < 500
    server.alive()


def test_length_and_chunks_together_are_not_read_as_two_requests(server: Server) -> None:
    body = b"0\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    head = b"POST /sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
    answer = server.raw(head + body, finish=True)
    statuses = re.findall(rb"HTTP/1\.1 (\d+)", answer)
    assert statuses
    assert statuses[0].startswith(b"4")
    server.alive()


@pytest.mark.parametrize("method", ["FOO", "TRACE", "CONNECT", "PROPFIND", "get", "G ET", "\x00"])
def test_an_unknown_method_is_refused(server: Server, method: str) -> None:
    answer = server.raw(f"{method} /sign-in HTTP/1.1\r\nHost: x\r\n\r\n".encode(), finish=True)
    assert answer == b"" or 400 <= status_of(answer) < 502
    assert b"Traceback" not in answer
    server.alive()


@pytest.mark.parametrize(
    "target",
    ["/" + "a" * 200_000, "/sign-in?next=/" + "a" * 100_000, "/V/" + "0" * 100_000, "http://evil.example/sign-in", "*"],
)
def test_a_target_that_is_too_long_or_odd_is_no_fault(server: Server, target: str) -> None:
    answer = server.raw(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert status_of(answer) < 500
    server.alive()


def test_very_long_and_very_many_headers_are_refused_by_the_server(server: Server) -> None:
    for headers in ("X-Long: " + "a" * 300_000, "\r\n".join(f"X-{n}: a" for n in range(30_000))):
        answer = server.raw(f"GET /sign-in HTTP/1.1\r\nHost: x\r\n{headers}\r\n\r\n".encode())
        assert answer == b"" or 400 <= status_of(answer) < 500
    long_cookie = f"GET / HTTP/1.1\r\nHost: x\r\nCookie: {web.SESSION_COOKIE}={'a' * 100_000}\r\n\r\n"
    assert status_of(server.raw(long_cookie.encode())) == 302
    server.alive()


# Bodies


def test_a_form_of_ten_megabytes_is_too_large(server: Server) -> None:
    session = server.signed_in()
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        body = b"--x\r\n" + b"a" * (10 << 20)
        answer = session.post(f"{server.url}/people/new", data=body, headers={"Content-Type": kind}, timeout=60)
        assert answer.status_code == 413
        assert "larger than anything" in answer.text


def test_a_hundred_thousand_fields_are_refused(server: Server) -> None:
    session = server.signed_in()
    plain = b"&".join(b"f%d=" % n for n in range(100_000))
    answer = session.post(
        f"{server.url}/people/new",
        data=plain,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        timeout=60,
    )
    assert answer.status_code in (400, 413)
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
    many = part * 20_000 + b"--x--\r\n"
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    assert session.post(f"{server.url}/people/new", data=many, headers=kind, timeout=60).status_code in (400, 413)
    server.alive()


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"code": ' + b"1" * 100_000 + b"}",
        b'{"code": 1e999999, "key": NaN, "version": Infinity}',
        b'{"code": "\\ud800", "key": {"kty": "OKP", "crv": "Ed25519", "x": "\\u0000"}, "version": "x"}',
        b'{"code": ["a"], "key": [], "version": {}}',
        b"\xff\xfe{}",
        b"null",
        b"",
        b'"' + b"a" * 15_000 + b'"',
    ],
)
def test_a_json_bomb_is_a_bad_request_in_json(server: Server, body: bytes) -> None:
    kind = {"Content-Type": "application/json"}
    answer = requests.post(f"{server.url}/api/station/enrol", data=body, headers=kind, timeout=60)
    assert 400 <= answer.status_code < 500
    assert set(answer.json()["error"]) == {"code", "message", "advice"}
    server.alive()


ODD = ["%00", "a%00b", "%ff", "%c3%28", "%ed%a0%80", "%e2%80%ae", "%0d%0aSet-Cookie:%20a=b", "' OR 1=1 --", "{{7*7}}"]


def test_odd_characters_in_any_search_or_path_are_no_fault(server: Server) -> None:
    session = server.signed_in()
    lists = [page.rule.rule for page in private(server.site.app) if page.method == "GET" and not page.rule.arguments]
    assert len(lists) > 15
    faults = []
    for path in lists:
        for odd in (ODD[0], ODD[2], ODD[6]):
            names = ("q", "page", "sort", "order", "state", "kind", "year", "before", "since", "id", "type", "medium")
            query = "&".join(f"{name}={odd}" for name in names)
            answer = session.get(f"{server.url}{path}?{query}", timeout=60, allow_redirects=False)
            if answer.status_code >= 500 or "a=b" in answer.headers.get("Set-Cookie", ""):
                faults.append(f"{path}?{query}: {answer.status_code}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("odd", ODD)
def test_odd_characters_in_paths_and_in_the_sign_in_form_are_no_fault(server: Server, odd: str) -> None:
    session = server.signed_in()
    plain = odd.replace(" ", "%20")
    for path in (f"/A/{plain}", f"/V/{plain}", f"/assets/{plain}", f"/scan?q={plain}", f"/V?code={plain}", f"/{plain}"):
        answer = session.get(f"{server.url}{path}", timeout=20, allow_redirects=False)
        assert answer.status_code < 500, path
        assert "Set-Cookie" not in answer.headers or "a=b" not in answer.headers["Set-Cookie"]
        assert "49" not in answer.text or odd != "{{7*7}}"
    nobody = requests.Session()
    token = token_of(nobody.get(f"{server.url}/sign-in", timeout=20).text)
    form = f"csrf_token={quote(token)}&school={plain}&username={plain}&password={plain}"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = nobody.post(f"{server.url}/sign-in", data=form, headers=kind, timeout=20)
    assert 400 <= answer.status_code < 500


def test_odd_characters_in_every_form_are_no_fault(server: Server) -> None:
    """NUL is refused by PostgreSQL, halves of pairs by both: each form must say so itself."""
    session = server.signed_in("beth")
    token = token_of(session.get(f"{server.url}/account/password", timeout=20).text)
    faults = []
    for page in private(server.site.app):
        if (
            page.method != "POST"
            or page.rule.arguments
            or page.endpoint in ENDS_SESSION
            or "BURSAR" not in {role.name for role in page.roles}
        ):
            continue
        for odd in ("a%00b", "%ff%fe", "%ed%a0%80", "x" * 20_000):
            shown = session.get(f"{server.url}{page.rule.rule}", timeout=20)
            names = set(re.findall(r'name="([a-z_]+)"', shown.text)) - {"csrf_token"} or {"name", "why", "tag"}
            form = "&".join([f"csrf_token={quote(token)}", *(f"{name}={odd}" for name in sorted(names))])
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            answer = session.post(f"{server.url}{page.rule.rule}", data=form, headers=kind, timeout=60)
            if answer.status_code >= 500:
                faults.append(f"{page} with {odd[:12]}: {answer.status_code}")
    assert not faults, "\n".join(faults)


# Who is meant


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80@assets.school.example", "evil.example\\@x", "[::1", ""]
)
def test_the_host_that_a_request_names_stands_in_no_answer(server: Server, host: str) -> None:
    for path in ("/sign-in", "/", "/V", "/nothing", "/health", "/assets", "/A/ABCD1234"):
        answer = server.raw(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode(), finish=True)
        assert status_of(answer) < 500
        assert b"evil.example" not in answer, path


def test_a_forwarded_host_is_not_believed_without_a_proxy(server: Server) -> None:
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "10.1.2.3"}
    for path in ("/sign-in", "/assets", "/V"):
        answer = requests.get(f"{server.url}{path}", headers=headers, timeout=20, allow_redirects=False)
        assert "evil.example" not in answer.text + str(answer.headers)


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/%09/evil.example",
        "\\\\evil",
    ],
)
def test_signing_in_leads_only_to_pages_of_this_server(server: Server, target: str) -> None:
    session = requests.Session()
    address = f"{server.url}/sign-in?next={quote(target, safe='%')}"
    form = {"school": "st-b", "username": "tess", "password": PASSWORD}
    form["csrf_token"] = token_of(session.get(address, timeout=20).text)
    answer = session.post(address, data=form, timeout=20, allow_redirects=False)
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/"


# What every answer carries


def test_every_kind_of_answer_carries_the_security_headers_and_tells_nothing_of_the_inside(server: Server) -> None:
    session, seen = server.signed_in(), set[int]()
    governor = server.signed_in("gwen")
    answers = [
        session.get(f"{server.url}/assets", timeout=20),
        session.get(f"{server.url}/assets.csv", timeout=20),
        requests.get(f"{server.url}/assets", timeout=20, allow_redirects=False),
        requests.post(f"{server.url}/people/new", timeout=20),
        governor.get(f"{server.url}/people/new", timeout=20),
        session.get(f"{server.url}/nothing", timeout=20),
        session.delete(f"{server.url}/assets", timeout=20),
        session.post(f"{server.url}/sign-in", data=b"a" * (2 << 20), timeout=20, headers={"Content-Type": "text/x"}),
        session.post(
            f"{server.url}/people/new",
            data=b"a" * (2 << 20),
            timeout=20,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        ),
        requests.post(f"{server.url}/api/station/exchange", json={}, timeout=20),
        requests.get(f"{server.url}/static/caretaker.css", timeout=20),
        requests.get(f"{server.url}/static/nothing.css", timeout=20),
        requests.options(f"{server.url}/sign-in", timeout=20),
        requests.head(f"{server.url}/sign-in", timeout=20),
    ]
    for answer in answers:
        seen.add(answer.status_code)
        where = f"{answer.request.method} {answer.url}: {answer.status_code}"
        for name, value in HEADERS.items():
            assert answer.headers.get(name, "").startswith(value), f"{where} lacks {name}"
        assert "Server" not in answer.headers, where
        if not answer.url.endswith(".css"):
            assert answer.headers.get("Cache-Control") == "no-store", where
            assert not INSIDE.search(answer.text), where
    assert seen >= {200, 302, 400, 401, 403, 404, 405, 413}


def test_a_fault_shows_nothing_of_itself(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> str:
        raise RuntimeError("the password of the database is hunter2")

    monkeypatch.setitem(site.app.view_functions, "home.health", broken)
    answer = site.client().get("/health")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 500
    assert "This is a fault in Caretaker" in text
    assert "hunter2" not in text
    assert not INSIDE.search(text)
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
    told = site.client().get("/health", headers={"Accept": "application/json"})
    assert "hunter2" not in told.get_data(as_text=True)


@pytest.mark.parametrize(("base", "secure"), [("https://assets.school.example", True), ("http://10.0.0.5", False)])
def test_cookies_are_out_of_reach_of_scripts_and_other_sites(
    databases: Databases, tmp_path: Path, base: str, secure: bool
) -> None:
    with site_on(databases, tmp_path / "instance", base) as site:
        site.app.config.update(WTF_CSRF_ENABLED=False)
        form = {"school": "st-b", "username": "tess", "password": PASSWORD}
        client = site.app.test_client()
        cookies = client.post("/sign-in", data=form).headers.getlist("Set-Cookie")
        site.app.config.update(WTF_CSRF_ENABLED=True)
        cookies += site.app.test_client().get("/sign-in").headers.getlist("Set-Cookie")
        assert {cookie.partition("=")[0] for cookie in cookies} >= {web.SESSION_COOKIE, "session"}
        for cookie in cookies:
            parts = {part.strip().lower() for part in cookie.split(";")[1:]}
            assert {"httponly", "samesite=lax"} <= parts, cookie
            assert ("secure" in parts) is secure, cookie
            assert not any(part.startswith("domain") for part in parts), cookie
        answer = site.app.test_client().get("/sign-in")
        assert ("Strict-Transport-Security" in answer.headers) is secure


# Forms


def test_no_form_is_taken_without_its_token(walk: Walk) -> None:
    clients = {role: walk.site.client(username) for username, role in ROLES.items()}
    walk.site.app.config.update(WTF_CSRF_ENABLED=True)
    before = walk.events()
    posts = [page for page in private(walk.site.app) if page.method not in ("GET",)]
    assert len(posts) > 15
    for page in posts:
        address = page.address(walk.site.app, walk.own)
        client = clients[sorted(page.roles)[0]]
        for form in ({}, {"csrf_token": "wrong"}, {"csrf_token": ""}):
            answer = client.open(address, method=page.method, data=form)
            walk.expect(answer.status_code == 400, f"{page} answers {answer.status_code} without a token")
    public = [page for page in pages(walk.site.app) if page.public and page.method == "POST"]
    for page in public:
        if page.endpoint != "stations_api.enrol":
            answer = walk.site.client().open(page.address(walk.site.app, walk.own), method="POST", data={})
            walk.expect(answer.status_code in (400, 302, 404), f"{page} answers {answer.status_code} without a token")
    walk.expect(walk.events() == before, "a form without a token changed something")


def test_the_token_of_one_browser_is_worth_nothing_in_another(server: Server) -> None:
    tess, beth = server.signed_in(), server.signed_in("beth")
    token = token_of(beth.get(f"{server.url}/people/new", timeout=20).text)
    form = {"name": "Nobody", "kind": "staff", "csrf_token": token}
    assert tess.post(f"{server.url}/people/new", data=form, timeout=20).status_code == 400
    before = db.session.scalar(select(func.count()).select_from(Event))
    db.session.rollback()
    assert before is not None


# Templates

FORBIDDEN = {
    "an event handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "a script without a source": re.compile(r"<script(?![^>]*\bsrc=)", re.IGNORECASE),
    "a javascript address": re.compile(r"javascript:", re.IGNORECASE),
    "something from another server": re.compile(r"(src|href|action)\s*=\s*[\"'](https?:)?//", re.IGNORECASE),
    "unescaped text": re.compile(r"\|\s*safe\b|autoescape\s+false", re.IGNORECASE),
}


@pytest.mark.pure
def test_no_template_holds_inline_script_or_style_or_anything_from_elsewhere() -> None:
    found = []
    templates = sorted(TEMPLATES.rglob("*.html"))
    assert len(templates) > 30
    for path in templates:
        text, name = path.read_text(encoding="utf-8"), path.relative_to(TEMPLATES)
        plain = re.sub(r"\{#.*?#\}|\{%.*?%\}", "", text, flags=re.DOTALL)
        found += [f"{name}: {what}" for what, pattern in FORBIDDEN.items() if pattern.search(plain)]
        found += [f"{name}: unescaped text" for _ in FORBIDDEN["unescaped text"].findall(text)]
    assert not found, "\n".join(found)


@pytest.mark.pure
@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('<a onclick="x()">', "an event handler"),
        ('<p style="color: red">', "a style attribute"),
        ("<style>p {}</style>", "a style element"),
        ("<script>x()</script>", "a script without a source"),
        ('<a href="JavaScript:x">', "a javascript address"),
        ('<script src="//cdn.example/x.js">', "something from another server"),
        ("{{ name | safe }}", "unescaped text"),
    ],
)
def test_the_search_of_templates_finds_what_it_looks_for(text: str, what: str) -> None:
    assert FORBIDDEN[what].search(text)


def test_every_shown_page_is_free_of_inline_script_and_style_too(walk: Walk) -> None:
    client = walk.site.client("tess")
    for page in private(walk.site.app):
        if page.method != "GET":
            continue
        answer = walk.ask(client, page, walk.own)
        if answer.mimetype == "text/html":
            text = answer.get_data(as_text=True)
            for what in ("an event handler", "a style attribute", "a style element", "a script without a source"):
                walk.expect(not FORBIDDEN[what].search(text), f"{page} holds {what}")


def test_a_text_that_people_type_is_never_markup(walk: Walk) -> None:
    """A name with markup in it, on every page that could show it."""
    from tracker.inventory import service as inventory
    from tracker.people import service as people

    name = "<script>alert(1)</script>"
    tess = walk.site.actor("tess")
    person = people.add_person(tess, people.PersonDetails(name))
    asset = inventory.get_asset(tess.school_id, UUID(walk.own["asset_id"]))
    details = inventory.details_of(asset)
    changed = details.__class__(**{**vars(details), "name": name, "responsible_id": person.id})
    inventory.edit(tess, asset.id, changed, version=asset.version)
    db.session.commit()
    client, own = walk.site.client("tess"), {**walk.own, "person_id": str(person.id)}
    shown = 0
    for page in private(walk.site.app):
        if page.method == "GET":
            answer = walk.ask(client, page, own)
            text = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
            walk.expect(name not in text, f"{page} shows markup as it is")
            shown += "&lt;script&gt;" in text
    walk.expect(shown >= 3, f"the name is shown on {shown} pages only")
