"""The tracker's API as the station speaks it. Nothing that a server may answer is believed without being looked at."""

import json
import time
from dataclasses import dataclass
from typing import Any

import requests
from requests.auth import AuthBase

from wipe.errors import Unreachable
from wipe.station.credentials import Credentials

TIMEOUT = (5.0, 20.0)  # seconds to connect, and between two pieces of an answer
WHOLE = 60.0  # seconds for a whole answer
ANSWER_LIMIT = 4 << 20  # bytes; a hundred orders have a tenth of it
_ADVICE = "Look at the tracker's address in `wipe station status`, and whether the tracker runs."


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a JSON object; an empty one where the tracker sent none."""

    status: int
    body: dict[str, Any]

    @property
    def complaint(self) -> str:
        """What the tracker says is wrong, as sentences for people."""
        error = self.body.get("error")
        told = [error.get("message"), error.get("advice")] if isinstance(error, dict) else []
        texts = [text[:500] for text in told if isinstance(text, str) and text.isprintable()]
        return " ".join(texts) or f"The tracker answered with status {self.status}."


class _Bearer(AuthBase):
    """Given explicitly, so that no .netrc of the agent's user can put another header in its place."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Client:
    """One tracker. Every call raises Unreachable for whatever is no answer of a tracker."""

    def __init__(self, url: str, token: str | None = None, ca: str | None = None) -> None:
        self._url, self._auth, self._verify = url, _Bearer(token), ca or True
        self._session = requests.Session()
        self._session.headers["Accept"] = "application/json"

    def enrol(self, code: str, key: dict[str, str], version: str) -> Answer:
        """`POST /api/station/enrol`."""
        return self._send("POST", "enrol", json={"code": code, "key": key, "version": version})

    def exchange(self, message: dict[str, Any]) -> Answer:
        """`POST /api/station/exchange`."""
        return self._send("POST", "exchange", json=message)

    def deliver(self, record_id: str, data: bytes) -> Answer:
        """`PUT /api/station/evidence/<record id>`."""
        kind = {"Content-Type": "application/jose"}
        return self._send("PUT", f"evidence/{record_id}", data=data, headers=kind)

    def _send(self, method: str, place: str, **more: Any) -> Answer:
        try:
            with self._session.request(
                method,
                f"{self._url}/api/station/{place}",
                auth=self._auth,
                verify=self._verify,
                timeout=TIMEOUT,
                allow_redirects=False,  # a token and a drive's identity go to the tracker and to nobody else
                stream=True,
                **more,
            ) as answer:
                return Answer(answer.status_code, _body(answer))
        except requests.exceptions.SSLError as error:
            raise Unreachable(
                f"The tracker's certificate is not trusted: {_short(error)}.",
                advice="Name the file of the authority that signed it with `wipe station enrol URL --ca FILE`.",
            ) from error
        except (requests.RequestException, OSError, ValueError) as error:
            raise Unreachable(
                f"The tracker at {self._url} does not answer: {_short(error)}.", advice=_ADVICE
            ) from error


def _short(error: Exception) -> str:
    return str(error)[:200] or type(error).__name__


def _body(answer: requests.Response) -> dict[str, Any]:
    """Raises ValueError for an answer that no tracker gives."""
    if 300 <= answer.status_code < 400:
        raise ValueError("it points to another address, which a tracker never does; enrol with the right address")
    received, until = bytearray(), time.monotonic() + WHOLE
    for piece in answer.iter_content(1 << 16):
        received += piece
        if len(received) > ANSWER_LIMIT or time.monotonic() > until:
            raise ValueError("its answer does not end")
    try:
        body = json.loads(received)
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict):
        return body
    if answer.status_code < 300:
        raise ValueError("what answers there is not a tracker")
    return {}


def login(known: Credentials) -> Client:
    """The tracker of these credentials."""
    return Client(known.url, known.token, known.ca)
