"""A tracker that does what a test tells it, over real HTTP: for what a real one must never do."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

CODE = "ABCD-EFGH-JKMN"


@dataclass
class FakeTracker:
    """Orders it gives, and what it was told. `mood` is called for each request and may answer in its own way."""

    orders: list[dict[str, Any]] = field(default_factory=list)
    cancel: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    reports: list[Any] = field(default_factory=list)
    said: list[dict[str, Any]] = field(default_factory=list)  # every word about a job, in order
    evidence: dict[str, list[bytes]] = field(default_factory=dict)  # each delivery, by record id
    mood: str = ""
    url: str = ""
    exchanges: int = 0

    def state(self, job_id: str) -> str:
        """The last that was said of a job; empty for nothing."""
        return next((one["state"] for one in reversed(self.said) if one["job_id"] == job_id), "")

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """What a tracker that is well answers."""
        if path.endswith("/enrol"):
            told = json.loads(body)
            if told["code"] != CODE:
                return 403, {"error": {"code": "wrong_code", "message": "Wrong.", "advice": "Make a new one."}}
            thumbprint = _key_id(told["key"])
            names = {"school_id": str(uuid4()), "school": "Saint Brigid's", "station": "Bench", "token": "token"}
            return 201, {**names, "station_id": str(uuid4()), "key_id": thumbprint}
        if path.endswith("/exchange"):
            return 200, self._exchange(json.loads(body))
        record_id = path.rpartition("/")[2]
        self.evidence.setdefault(record_id, []).append(body)
        return 201 if len(self.evidence[record_id]) == 1 else 200, {"state": "accepted", "reasons": []}

    def _exchange(self, told: dict[str, Any]) -> dict[str, Any]:
        self.exchanges += 1
        if told["reports"] is not None:
            self.reports = told["reports"]
        self.said += told["jobs"]
        known = {one["job_id"] for one in told["jobs"]}
        waiting = [one for one in self.orders if one["job_id"] not in known]
        plain = {"want_reports": False, "poll_seconds": 0.2}
        return {"orders": waiting, "cancel": self.cancel, "unsure": self.unsure, **plain}


def _key_id(jwk: dict[str, str]) -> str:
    from wipe import record

    key = record.key_from_jwk(jwk)
    assert key is not None
    return record.key_id(key)


MOODS: dict[str, tuple[int, str, bytes]] = {
    "html": (200, "text/html", b"<html>Welcome to the school's filter</html>"),
    "error": (500, "text/plain", b"Internal Server Error"),
    "garbage": (
        200,
        "application/json",
        b'{"orders": [1, {}, null], "cancel": {"a": 1}, "unsure": [1], "poll_seconds": ""}',
    ),
    "list": (200, "application/json", b"[]"),
    "deep": (200, "application/json", b"[" * 100_000),
    "endless": (200, "application/json", b'{"orders": "' + b"x" * (5 << 20) + b'"}'),
    "redirect": (302, "text/plain", b""),
    "gone": (401, "application/json", b'{"error": {"code": "x", "message": "Shut out.", "advice": "Pair anew."}}'),
}


@contextmanager
def tracker() -> Iterator[FakeTracker]:
    """Serve one on a free loopback port."""
    fake = FakeTracker()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            mood = MOODS.get(fake.mood)
            if mood is not None:
                status, kind, data = mood
            else:
                status, value = fake.answer(self.command, self.path, body)
                kind, data = "application/json", json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            if status == 302:
                self.send_header("Location", fake.url + "/elsewhere")
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_PUT = do_GET = _answer

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
