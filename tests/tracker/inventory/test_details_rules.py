"""What may be kept of an asset: amounts, days and marks; and what may become of a kind."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from tracker.inventory.details import ASSET_TEXTS, AssetDetails, KindDetails, may_keep_asset, tidy_asset
from tracker.inventory.kinds_rules import KindUse, may_change_kind

pytestmark = pytest.mark.pure
TODAY = date(2026, 11, 24)
KIND = UUID(int=1)


def codes(**told: object) -> set[str]:
    details = AssetDetails(KIND, **told)  # type: ignore[arg-type]
    return {blocker.code for blocker in may_keep_asset(details, TODAY).blockers}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"insurance_pence": -1}, {"insurance"}),
        ({"insurance_pence": 2**31}, {"insurance"}),
        ({"cost_pence": 0, "insurance_pence": 0}, set()),
        ({"life_months": 0}, {"life"}),
        ({"life_months": 601}, {"life"}),
        ({"life_months": 60}, set()),
        ({"acquired_on": date(1, 1, 1)}, {"acquired_on"}),
        ({"warranty_until": date(1, 1, 1)}, {"warranty"}),
        ({"warranty_until": date(9999, 12, 31)}, {"warranty"}),
        ({"warranty_until": date(2024, 8, 31), "acquired_on": date(2024, 9, 1)}, {"warranty"}),
        ({"warranty_until": date(2024, 9, 1), "acquired_on": date(2024, 9, 1)}, set()),
        ({"security_marked_on": date(2024, 9, 1)}, {"marking"}),
        ({"security_marked_on": date(2026, 11, 25), "security_marking": "Engraved"}, {"marked_on"}),
        ({"security_marked_on": date(1, 1, 1), "security_marking": "Engraved"}, {"marked_on"}),
        ({"security_marking": "Forensic liquid"}, set()),
        ({"security_marking": "QR code"}, {"marking"}),
        ({"security_marking": "asset label"}, {"marking"}),
        ({"security_marking": "Sticker"}, {"marking"}),
        ({"security_marking": "Engraved beside the QR label"}, set()),
    ],
)
def test_amounts_days_and_marks_are_held_to_the_rules(told: dict[str, object], expected: set[str]) -> None:
    assert codes(**told) == expected


@pytest.mark.parametrize("name", ASSET_TEXTS)
def test_every_text_has_an_end(name: str) -> None:
    limit, _ = ASSET_TEXTS[name]
    assert "too_long" not in codes(**{name: "y" * limit})
    assert "too_long" in codes(**{name: "y" * 10_001})
    assert "unprintable" in codes(**{name: "a\x1bb"})


def test_texts_are_kept_tidy() -> None:
    told = AssetDetails(KIND, supplier="  Misco   Ltd ", notes="one\r\ntwo\n")
    assert tidy_asset(told) == replace(told, supplier="Misco Ltd", notes="one\ntwo")


LAPTOP, MONITOR = KindDetails("Laptop"), KindDetails("Monitor", data_bearing=False)
SERVER = KindDetails("Server", server=True)


@pytest.mark.parametrize(
    ("before", "after", "use", "allowed"),
    [
        (LAPTOP, replace(LAPTOP, data_bearing=False), KindUse(3, without_statement=1), False),
        (LAPTOP, replace(LAPTOP, data_bearing=False), KindUse(3, without_statement=0), True),
        (LAPTOP, replace(LAPTOP, name="Notebook"), KindUse(3, 3, 3), True),
        (MONITOR, replace(MONITOR, data_bearing=True), KindUse(3, 3), True),
        (SERVER, replace(SERVER, server=False), KindUse(1), False),
        (SERVER, replace(SERVER, server=False), KindUse(0), True),
        (LAPTOP, replace(LAPTOP, server=True), KindUse(3, 3, in_use_unlocked=1), False),
        (LAPTOP, replace(LAPTOP, server=True), KindUse(3, 3), True),
    ],
)
def test_a_kind_is_no_way_around_the_gates(
    before: KindDetails, after: KindDetails, use: KindUse, allowed: bool
) -> None:
    decision = may_change_kind(before, after, use)
    assert decision.allowed is allowed
    assert all(blocker.message.endswith(".") for blocker in decision.blockers)
