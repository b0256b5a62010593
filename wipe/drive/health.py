"""SMART health as `smartctl -j` tells it, with the warnings of the panel (wipe.drive.panel).

Absent is unknown, never good; smartctl's exit status is a bit mask.
"""

import json
from dataclasses import replace
from typing import Any

from wipe.drive import panel
from wipe.facts import Health, Identity
from wipe.run import run
from wipe.vocabulary import Transport, TriState

TIMEOUT = 20.0  # seconds a call; a sleeping drive needs ten to spin up
BRIDGE_TYPES = ("sat", "sntasmedia", "sntjmicron", "sntrealtek")  # tried behind a USB bridge, in this order
_NO_ANSWER = 0b11  # exit bits 0 and 1: command line wrong, device could not be opened


def unknown(message: str) -> Health:
    """Nothing is known, and why."""
    return Health(TriState.UNKNOWN, None, None, None, None, None, None, None, (message,))


def of_block(who: Identity) -> Health:
    """Ask smartctl, behind a USB bridge with each device type until one answers."""
    if who.transport in (Transport.LOOP, Transport.VIRTIO, Transport.MMC):
        return unknown(f"a {who.transport.value} device has no SMART data")
    types = (None, *BRIDGE_TYPES) if who.transport is Transport.USB else (None,)
    answer = unknown("smartctl was not asked")
    for device_type in types:
        option = () if device_type is None else ("-d", device_type)
        done = run(["smartctl", "-x", "-j", *option, who.device], timeout=TIMEOUT)
        answer = parse(done.stdout, done.exit_status, done.problem)
        if answer.passed is not TriState.UNKNOWN:
            told = panel.messages(who.device, answer.device_type)
            return replace(answer, messages=tuple(dict.fromkeys((*answer.messages, *told))))
    return answer


def parse(stdout: bytes, exit_status: int | None, problem: str) -> Health:
    """Read `smartctl -x -j` output; anything that is not what it should be is unknown, with the reason."""
    if problem or exit_status is None:
        return unknown(problem or "smartctl gave no answer")
    try:
        told = json.loads(stdout)
    except (ValueError, RecursionError):
        return unknown("smartctl's answer is not JSON")
    if not isinstance(told, dict):
        return unknown("smartctl's answer is not an object")
    log = _part(told, "nvme_smart_health_information_log")
    passed = _part(told, "smart_status").get("passed")
    state = {True: TriState.YES, False: TriState.NO}.get(passed) if isinstance(passed, bool) else None
    if exit_status & _NO_ANSWER or state is None:
        state = TriState.UNKNOWN
    device_type = _part(told, "device").get("type")
    return Health(
        passed=state,
        temperature_c=_whole(_part(told, "temperature").get("current")),
        reallocated=_attribute(told, 5),
        pending=_attribute(told, 197),
        power_on_hours=_whole(_part(told, "power_on_time").get("hours")),
        wear_percent=_whole(log.get("percentage_used")),
        smartctl_exit_bits=exit_status,
        device_type=device_type if isinstance(device_type, str) else None,
        messages=_messages(told),
    )


def _part(told: dict[str, Any], name: str) -> dict[str, Any]:
    value = told.get(name)
    return value if isinstance(value, dict) else {}


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _attribute(told: dict[str, Any], number: int) -> int | None:
    table = _part(told, "ata_smart_attributes").get("table")
    for row in table if isinstance(table, list) else []:
        if isinstance(row, dict) and row.get("id") == number:
            return _whole(_part(row, "raw").get("value"))
    return None


def _messages(told: dict[str, Any]) -> tuple[str, ...]:
    rows = _part(told, "smartctl").get("messages")
    texts = [row.get("string") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return tuple(text[:200] for text in texts if isinstance(text, str) and text.isprintable())[:10]
