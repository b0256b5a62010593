"""Health is what the drive says, by whatever way it can be asked; what it does not say is not known."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wipe.drive.smart import answering, captured, printed, who
from wipe import codec
from wipe.drive import health
from wipe.facts import Health
from wipe.run import Transcript
from wipe.vocabulary import Transport, TriState

pytestmark = pytest.mark.pure

NO_DRIVE = Transcript(("smartctl",), 2, b'{"smartctl": {"exit_status": 2}}', b"", "")


def parsed(name: str, **changes: object) -> Health:
    done = printed({**captured(name), **changes})
    return health.parse(done.stdout, done.exit_status, done.problem)


def test_captured_answers_are_read() -> None:
    nvme = parsed("nvme")
    assert (nvme.passed, nvme.temperature_c, nvme.device_type, nvme.too_warm) == (TriState.YES, 50, "nvme", False)
    sata = parsed("sata")
    assert (sata.passed, sata.temperature_c, sata.reallocated, sata.device_type) == (TriState.YES, 31, 0, "sat")
    scsi = parsed("scsi")
    assert (scsi.passed, scsi.temperature_c, scsi.device_type) == (TriState.UNKNOWN, None, "scsi")
    bridge = parsed("usb-bridge")
    assert (bridge.passed, bridge.smartctl_exit_bits) == (TriState.UNKNOWN, 1)
    assert "Unknown USB bridge" in bridge.messages[0]


def test_a_drive_that_says_it_is_too_warm_is_believed() -> None:
    warm = parsed("nvme-warm")
    assert (warm.too_warm, warm.temperature_c, warm.smartctl_exit_bits) == (True, 50, 8)


@pytest.mark.parametrize(
    ("told", "limit"),
    [
        ({"temperature": {"current": 38, "op_limit_max": 60, "limit_max": 70}}, 60),  # ATA, by SCT
        ({"temperature": {"current": 38, "limit_max": 70}}, 70),
        ({"nvme_composite_temperature_threshold": {"warning": 83, "critical": 85}}, 83),  # NVMe from smartctl 7.4 on
        ({"temperature": {"current": 30, "drive_trip": 65}}, 65),  # SCSI
        ({"temperature": {"current": 38, "op_limit_max": 0}}, None),
        ({"temperature": {"current": 38, "op_limit_max": 127}}, None),
        ({"temperature": {"current": 38, "op_limit_max": True}}, None),
        ({"temperature": "warm"}, None),
        ({}, None),
    ],
)
def test_the_drives_own_limit_is_read_where_it_names_one(told: dict[str, object], limit: int | None) -> None:
    assert health.parse(json.dumps(told).encode(), 0, "").limit_c == limit


@pytest.mark.parametrize("folder", ["hwmon0", "hwmon/hwmon3"])
def test_the_kernel_knows_the_limit_that_an_old_smartctl_does_not_tell(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "class" / "block" / "sdz" / "device" / folder
    place.mkdir(parents=True)
    (place / "temp1_max").write_text("69850\n")
    monkeypatch.setattr(health, "SYS", tmp_path)
    monkeypatch.setattr(health, "run", answering(lambda argv: printed(captured("nvme")), []))
    monkeypatch.setattr(health.panel, "messages", lambda device, device_type: ())
    assert health.of_block(who()).limit_c == 70
    (place / "temp1_max").write_text("-273150\n")
    assert health.of_block(who()).limit_c is None
    (place / "temp1_max").write_text("hot\n")
    assert health.of_block(who()).limit_c is None


def test_reallocated_and_pending_sectors_are_read_from_ata_and_scsi() -> None:
    rows = [{"id": 5, "raw": {"value": 7}}, "rubbish", {"id": 197, "raw": {"value": 3}}]
    ata = parsed("sata", ata_smart_attributes={"table": rows})
    assert (ata.reallocated, ata.pending) == (7, 3)
    assert parsed("scsi", scsi_grown_defect_list=4).reallocated == 4


@pytest.mark.parametrize("works", ["sat", "sntasmedia", "sntjmicron", "sntrealtek"])
def test_behind_a_bridge_the_device_types_are_tried_in_order_and_the_one_that_works_is_recorded(
    works: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def answer(argv: Sequence[str]) -> Transcript:
        if works not in argv:
            return printed(captured("usb-bridge"))
        told = captured("nvme")
        return printed({**told, "device": {**told["device"], "type": works}})

    monkeypatch.setattr(health, "run", answering(answer, asked))
    monkeypatch.setattr(health.panel, "messages", lambda device, device_type: ())
    found = health.of_block(who(Transport.USB))
    assert (found.passed, found.device_type) == (TriState.YES, works)
    order = [None, *health.BRIDGE_TYPES]
    assert [argv[argv.index("-d") + 1] if "-d" in argv else None for argv in asked] == order[: order.index(works) + 1]


def test_a_drive_that_only_says_who_it_is_is_better_than_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    told = captured("sata")
    del told["smart_status"]
    answers = {"sat": printed(told)}
    chosen = answering(lambda argv: answers.get(argv[argv.index("-d") + 1] if "-d" in argv else "", NO_DRIVE), [])
    monkeypatch.setattr(health, "run", chosen)
    found = health.of_block(who(Transport.USB))
    assert (found.passed, found.device_type, found.temperature_c) == (TriState.UNKNOWN, "sat", 31)


@pytest.mark.parametrize(("status", "asked"), [(0, 0), (4, 0), (8, 1), (16, 1), (32, 1), (64, 1), (128, 1)])
def test_the_panel_is_asked_only_where_smartctl_saw_something_to_warn_of(
    status: int, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[str] = []
    runs: list[list[str]] = []

    def messages(device: str, device_type: str | None) -> tuple[str, ...]:
        called.append(device)
        return ("a warning",)

    monkeypatch.setattr(health, "run", answering(lambda argv: printed(captured("sata"), status), runs))
    monkeypatch.setattr(health.panel, "messages", messages)
    found = health.of_block(who())
    assert (len(runs), len(called), len(found.messages)) == (1, asked, asked)


def test_no_bridge_no_types(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(health, "run", answering(lambda argv: NO_DRIVE, asked))
    assert health.of_block(who()).passed is TriState.UNKNOWN
    assert asked == [["-x", "-j", "/dev/sdz"]]


def test_a_drives_own_words_are_read_from_what_each_family_says() -> None:
    for name, serial, model in (("nvme", "NVME0001", "QEMU NVMe Ctrl"), ("sata", "SATA9001", "BENCH-HDD")):
        done = printed(captured(name))
        found = health.parse_words(done.stdout, done.exit_status, done.problem)
        assert found is not None
        assert (found.serial, found.model, found.capacity_bytes) == (serial, model, 32 << 20)
    done = printed(captured("scsi"))
    scsi = health.parse_words(done.stdout, done.exit_status, done.problem)
    assert scsi is not None
    assert (scsi.serial, scsi.firmware) == ("SCSI0003", "7.1")
    assert scsi.wwn
    done = printed(captured("usb-bridge"))
    assert health.parse_words(done.stdout, done.exit_status, done.problem) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = ["smart_status", "temperature", "ata_smart_attributes", "nvme_smart_health_information_log", "device"]
MEMBERS += ["power_on_time", "smartctl", "scsi_grown_defect_list", "user_capacity", "wwn", "serial_number"]


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(MEMBERS), json_values), st.integers(0, 255))
def test_whatever_a_drive_says_can_be_recorded(told: dict[str, object], status: int) -> None:
    data = json.dumps(told).encode()
    found = health.parse(data, status, "")
    assert codec.decode(Health, codec.encode(found), "health") == found
    words = health.parse_words(data, status, "")
    assert words is None or words.health == found


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_noise_is_not_known(noise: bytes) -> None:
    assert health.parse(noise, 0, "").passed is TriState.UNKNOWN
    assert health.parse(noise, None, "gone").messages == ("gone",)
