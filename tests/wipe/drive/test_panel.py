"""The panel warns and never praises, whatever smartctl prints or does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wipe.conftest import Attach
from wipe.drive import health, panel
from wipe.run import Transcript

# How smartctl 7 prints what pySMART looks for; the drive is made up.
HEAD = """smartctl 7.3 2022-02-28 r5338 [x86_64-linux-6.1.0] (local build)
Copyright (C) 2002-22, Bruce Allen, Christian Franke, www.smartmontools.org

=== START OF INFORMATION SECTION ===
Device Model:     TEST DRIVE 500
Serial Number:    T-0001
User Capacity:    500,107,862,016 bytes [500 GB]
Sector Sizes:     512 bytes logical, 4096 bytes physical
Rotation Rate:    7200 rpm
SMART support is: Available - device has SMART capability.
SMART support is: Enabled
=== START OF READ SMART DATA SECTION ===
"""
TABLE = """Vendor Specific SMART Attributes with Thresholds:
ID# ATTRIBUTE_NAME          FLAG     VALUE WORST THRESH TYPE      UPDATED  WHEN_FAILED RAW_VALUE
  5 Reallocated_Sector_Ct   0x0033   {value}   001   036    Pre-fail  Always   {failed} 2047
194 Temperature_Celsius     0x0022   034   045   000    Old_age   Always       -       34

"""
PASSED = HEAD + "SMART overall-health self-assessment test result: PASSED\n" + TABLE.format(value="100", failed="-")
FAILED = HEAD + "SMART overall-health self-assessment test result: FAILED!\n"
FAILED += TABLE.format(value="001", failed="FAILING_NOW")
PAST = HEAD + "SMART overall-health self-assessment test result: PASSED\n"
PAST += TABLE.format(value="100", failed="In_the_past")


def printed(monkeypatch: pytest.MonkeyPatch, text: str | bytes) -> None:
    """Let smartctl print this."""
    data = text.encode() if isinstance(text, str) else text

    def run(argv: list[str], *, timeout: float) -> Transcript:
        assert argv[0] == "smartctl"
        assert timeout <= 20
        return Transcript(tuple(argv), 0, data, b"", "")

    monkeypatch.setattr(panel, "run", run)


@pytest.mark.pure
def test_a_healthy_drive_gives_no_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    printed(monkeypatch, PASSED)
    assert panel.messages("/dev/sdz", "sat") == ()


@pytest.mark.pure
def test_a_failing_attribute_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    printed(monkeypatch, FAILED)
    told = panel.messages("/dev/sdz", "sat")
    assert told[0] == "The drive says of itself that it is failing."
    assert any("Reallocated_Sector_Ct is failing now" in text for text in told)


@pytest.mark.pure
def test_an_attribute_that_failed_in_the_past_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    printed(monkeypatch, PAST)
    told = panel.messages("/dev/sdz", "sat")
    assert told[0] == "An attribute of the drive has failed, now or in the past."


@pytest.mark.pure
@pytest.mark.parametrize("device_type", ["sntjmicron", "sntrealtek", "areca,1", "nonsense", ""])
def test_a_type_that_the_library_does_not_know_gives_nothing(monkeypatch: pytest.MonkeyPatch, device_type: str) -> None:
    printed(monkeypatch, FAILED)
    assert panel.messages("/dev/sdz", device_type) == ()


@pytest.mark.pure
@settings(deadline=None)
@given(st.binary(max_size=400), st.booleans())
def test_no_text_of_a_drive_brings_the_panel_down(noise: bytes, inside: bool) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        printed(monkeypatch, FAILED.encode() + noise + TABLE.encode() if inside else noise)
        told = panel.messages("/dev/sdz", "sat")
    assert len(told) <= panel.TEXTS
    assert all(text.isprintable() and len(text) <= panel.TEXT_LIMIT for text in told)


@pytest.mark.pure
def test_a_tool_that_never_answers_is_no_warning_and_no_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panel, "run", lambda argv, *, timeout: Transcript(tuple(argv), None, b"", b"", "no answer"))
    assert panel.messages("/dev/sdz", "sat") == ()


@pytest.mark.loop
def test_the_real_tool_on_a_real_device_is_asked_and_says_that_it_knows_nothing(attach: Attach) -> None:
    device = attach()
    assert panel.messages(device, None) == ()
    done = health.run(["smartctl", "-x", "-j", device], timeout=20)
    assert health.parse(done.stdout, done.exit_status, done.problem).passed.value == "unknown"
