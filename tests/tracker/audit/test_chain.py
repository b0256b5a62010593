"""The chain as pure functions: each kind of tampering is caught, after the untampered chain was seen to hold."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.audit import chain

pytestmark = pytest.mark.pure

SCHOOL = UUID(int=7)
START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def make(details: list[str]) -> list[chain.Link]:
    """A sound chain, one event for each detail."""
    links: list[chain.Link] = []
    previous = chain.GENESIS
    for number, text in enumerate(details, start=1):
        detail, salt = chain.detail_bytes({"why": text}), bytes([number % 256]) * 32
        link = chain.Link(
            school_id=SCHOOL,
            id=UUID(int=number),
            seq=number,
            at=START + timedelta(seconds=number),
            kind="asset:changed",
            actor_id=UUID(int=99),
            subject_type="asset",
            subject_id=UUID(int=5),
            detail=detail.decode(),
            salt=salt,
            detail_digest=chain.digest_of_detail(salt, detail),
            previous=previous,
            hash="",
        )
        link = replace(link, hash=chain.hash_of(link))
        previous = link.hash
        links.append(link)
    return links


@pytest.fixture
def sound() -> list[chain.Link]:
    links = make(["one", "two", "three", "four"])
    assert chain.verify(links) == chain.Verdict(4, links[3].hash, None)
    return links


def test_an_empty_chain_proves_nothing_and_breaks_nowhere() -> None:
    assert chain.verify([]) == chain.Verdict(0, chain.GENESIS, None)


@pytest.mark.parametrize(
    "edit",
    [
        {"kind": "asset:moved"},
        {"at": START},
        {"actor_id": None},
        {"subject_id": UUID(int=6)},
        {"subject_type": "medium"},
        {"id": UUID(int=1000)},
        {"school_id": UUID(int=8)},
        {"detail": '{"why":"TWO"}'},
        {"detail": None},
        {"salt": b"x" * 32},
        {"salt": None},
        {"detail_digest": "0" * 64},
        {"hash": "f" * 64},
    ],
    ids=lambda edit: next(iter(edit)),
)
def test_an_edited_event_is_named(sound: list[chain.Link], edit: dict[str, object]) -> None:
    sound[1] = replace(sound[1], **edit)  # type: ignore[arg-type] # the parameters name fields of the dataclass
    verdict = chain.verify(sound)
    assert verdict.broken is not None
    assert verdict.broken.seq == 2
    assert verdict.events == 1


def test_an_edit_that_was_hashed_anew_breaks_the_next_event(sound: list[chain.Link]) -> None:
    forged = replace(sound[1], kind="asset:moved")
    sound[1] = replace(forged, hash=chain.hash_of(forged))
    assert chain.verify(sound).broken == chain.Break(3, "it does not follow from the event before it")


def test_a_deleted_event_is_named(sound: list[chain.Link]) -> None:
    del sound[1]
    assert chain.verify(sound).broken == chain.Break(2, "event 2 is missing")


def test_an_inserted_event_is_named(sound: list[chain.Link]) -> None:
    forged = replace(sound[1], id=UUID(int=1000), previous=sound[1].hash)
    sound.insert(2, replace(forged, hash=chain.hash_of(forged)))
    assert chain.verify(sound).broken == chain.Break(2, "event 2 appears twice or out of order")


def test_reordered_events_are_named(sound: list[chain.Link]) -> None:
    sound[1], sound[2] = sound[2], sound[1]
    broken = chain.verify(sound).broken
    assert broken is not None
    assert broken.seq == 2


def test_a_cut_tail_shows_only_in_the_head(sound: list[chain.Link]) -> None:
    """Why checkpoints exist: the rest of a cut chain is sound in itself, but its head is another one."""
    verdict = chain.verify(sound[:3])
    assert verdict.broken is None
    assert verdict.head != sound[3].hash


def test_the_hashed_bytes_of_format_1_never_change() -> None:
    """Pinned for ever: a change here would break every chain in every school."""
    (link,) = make(["one"])
    assert chain.event_bytes(link) == (
        b'{"actor":"00000000-0000-0000-0000-000000000063","at":"2026-11-24T09:00:01.000000Z",'
        b'"detail":"' + link.detail_digest.encode() + b'","format":1,"id":"00000000-0000-0000-0000-000000000001",'
        b'"kind":"asset:changed","previous":"' + b"0" * 64 + b'","school":"00000000-0000-0000-0000-000000000007",'
        b'"seq":1,"subject":"00000000-0000-0000-0000-000000000005","subject_type":"asset"}'
    )


@given(st.lists(st.text(max_size=20), min_size=1, max_size=12), st.data())
def test_any_chain_holds_and_any_missing_inner_event_is_found(details: list[str], data: st.DataObject) -> None:
    links = make(details)
    assert chain.verify(links).broken is None
    gone = data.draw(st.integers(0, len(links) - 1))
    rest = links[:gone] + links[gone + 1 :]
    broken = chain.verify(rest).broken
    if gone == len(links) - 1:
        assert broken is None  # a cut tail: see above
    else:
        assert broken == chain.Break(gone + 1, f"event {gone + 1} is missing")
