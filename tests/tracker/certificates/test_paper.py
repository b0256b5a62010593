"""What stands on a certificate: taken from the evidence and the register, frozen, and read back the same."""

import hashlib
import json
from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path

import pytest

from tests.tracker.certificates import samples
from tests.tracker.certificates.cast import IDENTITY, KEY, REGISTER, content, make, verified
from tracker.certificates import claims
from tracker.certificates.paper import TEMPLATES, Content, canonical, content_of, parse
from wipe import record
from wipe.blocks import Ending
from wipe.record import Record
from wipe.vocabulary import Level, Medium, Outcome, Transport

pytestmark = pytest.mark.pure
ISSUED = Path(__file__).parent / "issued"


def test_content_says_what_the_evidence_says_and_names_its_bytes() -> None:
    evidence = verified(make())
    made = content_of(evidence, REGISTER)
    told = evidence.record
    assert made.evidence_sha256 == hashlib.sha256(evidence.signed).hexdigest()
    for name in ("outcome", "level", "reasons", "passes", "verification", "started", "ended", "errors", "limits"):
        assert getattr(made, name) == getattr(told, name)
    for name in ("number", "code", "issued_at", "school", "asset", "data_class", "destination", "issuer", "operator"):
        assert getattr(made, name) == getattr(REGISTER, name)
    assert (made.device.serial, made.registered.serial) == (IDENTITY.serial, REGISTER.medium.serial)
    assert (made.outcome, made.level) == (Outcome.SANITISED_CLEAR, Level.CLEAR)
    assert made.title == "Certificate of data erasure"


def test_stored_bytes_are_canonical_and_read_back_the_same() -> None:
    made = content(samples.resumed_with_a_hold())  # has every member
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
    "unproved",
    [make(ending=Ending.CANCELLED), make(verification=None), make(passes=()), make(errors=("the bus reset",))],
)
def test_evidence_that_proves_nothing_makes_a_report_that_claims_nothing(unproved: Record) -> None:
    made = content(unproved)
    assert made.report
    assert made.title.startswith("Report of an un")
    assert made.claims == claims.NOT_ERASED[unproved.outcome]
    assert claims.NO_PROOF in made.claims
    assert made.standards == ()


def test_a_failed_run_makes_a_report_that_demands_destruction() -> None:
    made = content(samples.bad_sectors())
    assert (made.outcome, made.level, made.title) == (Outcome.FAILED, Level.NONE, "Report of a failed erasure")
    assert "This medium must be physically destroyed." in " ".join(made.claims)
    assert parse(canonical(made)) == made


def test_what_nobody_has_words_for_makes_no_content() -> None:
    evidence = verified(make())
    strange = replace(evidence, record=replace(evidence.record, outcome=Outcome.REFUSED_BUSY))
    with pytest.raises(RuntimeError, match=r"rules\.may_issue comes first"):
        content_of(strange, REGISTER)


def test_a_certificate_of_the_first_template_keeps_its_bytes() -> None:
    """`issued` holds a record and the content of its certificate as the program of that template wrote them."""
    signed = (ISSUED / "erasure-1.jws").read_bytes()
    stored = (ISSUED / "erasure-1.json").read_bytes()
    evidence = record.verify(signed, {record.key_id(KEY.public_key()): KEY.public_key()})
    assert canonical(parse(stored)) == stored
    assert canonical(content_of(evidence, REGISTER, TEMPLATES[0])) == stored
    assert not {"ending", "error_limits"} & set(json.loads(stored))
    assert canonical(content_of(evidence, REGISTER)) != stored


def test_exceptions_change_the_title_and_are_carried_in_full() -> None:
    made = content(make(hidden_areas=()))
    assert made.title == "Erased with exceptions"
    assert made.reasons == ("Areas that the host does not see were not shown to be empty (HPA, DCO, AMAX).",)
    assert made.standards == ()


def test_sectors_that_were_moved_aside_are_named_as_not_reached() -> None:
    moved = make(health_after=replace(make().health_after, reallocated=12))
    assert content(moved).unreachable == ("12 sectors that the drive had moved aside were not overwritten.",)
    assert content().unreachable == ()


def test_a_virtual_drive_is_marked_as_one() -> None:
    made = content(make(replace(IDENTITY, virtual=True, kind=Medium.VIRTUAL, transport=Transport.FILE)))
    assert made.virtual
    assert made.standards == ()


def test_gaps_that_the_register_fills_are_no_longer_listed_as_gaps() -> None:
    assert [one.name for one in content().not_recorded] == ["backup of the data", "person who verified"]
    assert "destination" in [one.name for one in content(destination=None).not_recorded]
