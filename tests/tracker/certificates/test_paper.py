"""What stands on a certificate: taken from the evidence and the register, frozen, and read back the same."""

import hashlib
import json
from dataclasses import FrozenInstanceError, fields, replace

import pytest

from tests.tracker.certificates.cast import IDENTITY, REGISTER, content, make, verified
from tracker.certificates.paper import Content, canonical, content_of, parse
from wipe.blocks import Ending
from wipe.vocabulary import Level, Medium, Outcome, Transport

pytestmark = pytest.mark.pure


def test_content_says_what_the_evidence_says_and_names_its_bytes() -> None:
    evidence = verified(make())
    made = content_of(evidence, REGISTER)
    record = evidence.record
    assert made.evidence_sha256 == hashlib.sha256(evidence.signed).hexdigest()
    for name in ("outcome", "level", "reasons", "passes", "verification", "started", "ended", "errors", "limits"):
        assert getattr(made, name) == getattr(record, name)
    for name in ("number", "code", "issued_at", "school", "asset", "data_class", "destination", "issuer", "operator"):
        assert getattr(made, name) == getattr(REGISTER, name)
    assert (made.device.serial, made.registered.serial) == (IDENTITY.serial, REGISTER.medium.serial)
    assert (made.outcome, made.level) == (Outcome.SANITISED_CLEAR, Level.CLEAR)
    assert made.title == "Certificate of data erasure"


def test_stored_bytes_are_canonical_and_read_back_the_same() -> None:
    made = content()
    stored = canonical(made)
    assert parse(stored) == made
    assert canonical(parse(stored)) == stored
    value = json.loads(stored)
    assert list(value) == sorted(field.name for field in fields(Content))


@pytest.mark.parametrize("stored", [b"", b"{}", b"[]", b"null", b'{"title": 1}', b"\xff"])
def test_other_bytes_are_no_content(stored: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(stored)


def test_a_member_more_or_less_is_no_content() -> None:
    value = json.loads(canonical(content()))
    for changed in ({**value, "extra": 1}, {name: one for name, one in value.items() if name != "reasons"}):
        with pytest.raises(ValueError, match="certificate"):
            parse(json.dumps(changed).encode())


def test_a_content_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        content().outcome = Outcome.SANITISED_PURGE  # type: ignore[misc]


@pytest.mark.parametrize(
    "record", [make(ending=Ending.CANCELLED), make(verification=None), make(passes=()), make(errors=("the bus reset",))]
)
def test_evidence_that_proves_nothing_makes_no_content(record: object) -> None:
    with pytest.raises(RuntimeError, match=r"rules\.may_issue comes first"):
        content(record)  # type: ignore[arg-type]


def test_exceptions_change_the_title_and_are_carried_in_full() -> None:
    made = content(make(hidden_areas=()))
    assert made.title == "Erased with exceptions"
    assert made.reasons == ("Areas that the host does not see were not shown to be empty (HPA, DCO, AMAX).",)
    assert made.standards == ()


def test_sectors_that_were_moved_aside_are_named_as_not_reached() -> None:
    record = make(health_after=replace(make().health_after, reallocated=12))
    assert content(record).unreachable == ("12 sectors that the drive had moved aside were not overwritten.",)
    assert content().unreachable == ()


def test_a_virtual_drive_is_marked_as_one() -> None:
    made = content(make(replace(IDENTITY, virtual=True, kind=Medium.VIRTUAL, transport=Transport.FILE)))
    assert made.virtual
    assert made.standards == ()


def test_gaps_that_the_register_fills_are_no_longer_listed_as_gaps() -> None:
    assert [one.name for one in content().not_recorded] == ["backup of the data", "person who verified"]
    assert "destination" in [one.name for one in content(destination=None).not_recorded]
