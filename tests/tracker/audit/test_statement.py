"""A checkpoint as bytes: what was signed comes back, and nothing else does."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import OKPKey

from tracker.audit import keys, statement
from wipe.record import key_id

pytestmark = pytest.mark.pure

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
TRUSTED: dict[str, Ed25519PublicKey] = {key_id(KEY.public_key()): KEY.public_key()}
TOLD = statement.Statement(UUID(int=7), 412, "ab" * 32, datetime(2026, 11, 24, 9, 0, 0, 5, tzinfo=UTC))
SIGNED = statement.sign(TOLD, KEY)


def test_what_was_signed_comes_back() -> None:
    assert statement.read(SIGNED, TRUSTED) == TOLD


def test_the_signed_bytes_of_version_1_never_change() -> None:
    """Pinned for ever: checkpoints lie in safes."""
    body = statement._unb64(SIGNED.split(".")[1])
    assert body == (
        b'{"at":"2026-11-24T09:00:00.000005Z","format":"caretaker-log-checkpoint","hash":"' + b"ab" * 32 + b'",'
        b'"school":"00000000-0000-0000-0000-000000000007","seq":412,"version":1}'
    )


def test_another_library_checks_it_too() -> None:
    key = OKPKey.import_key(keys.public_pem(KEY.public_key()))
    found = jws.deserialize_compact(SIGNED, key, algorithms=["Ed25519"])
    assert json.loads(found.payload)["seq"] == 412


def test_a_key_that_is_not_trusted_proves_nothing() -> None:
    other = Ed25519PrivateKey.generate().public_key()
    with pytest.raises(statement.BadStatement, match="not known"):
        statement.read(SIGNED, {key_id(other): other})
    with pytest.raises(statement.BadStatement):
        statement.read(SIGNED, {})


@given(st.integers(0, len(SIGNED) - 1), st.sampled_from("ABCDEFabcdef0189-_.=~ é"))
def test_no_changed_character_passes(place: int, letter: str) -> None:
    changed = SIGNED[:place] + letter + SIGNED[place + 1 :]
    if changed == SIGNED:
        assert statement.read(changed, TRUSTED) == TOLD
    else:
        with pytest.raises(statement.BadStatement):
            statement.read(changed, TRUSTED)


@given(st.text(max_size=200))
def test_any_other_text_is_refused_in_words(text: str) -> None:
    with pytest.raises(statement.BadStatement):
        statement.read(text, TRUSTED)


@pytest.mark.parametrize(
    "body", [b"[]", b"1", b"null", b"{", b'{"format":"caretaker-log-checkpoint","version":2}', b'{"version":1}']
)
def test_a_layout_that_is_not_known_is_refused_although_it_is_signed(body: bytes) -> None:
    text = f"{statement._b64(statement._header(key_id(KEY.public_key())))}.{statement._b64(body)}"
    with pytest.raises(statement.BadStatement):
        statement.read(f"{text}.{statement._b64(KEY.sign(text.encode()))}", TRUSTED)
