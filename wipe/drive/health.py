"""SMART health as `smartctl -j` tells it, with the warnings of the panel (wipe.drive.panel).

Absent is unknown, never good; smartctl's exit status is a bit mask.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wipe.drive import panel
from wipe.drive.holders import SYS
from wipe.drive.told import object_of, part, rows, text, whole
from wipe.facts import Health, Identity
from wipe.run import run
from wipe.vocabulary import Transport, TriState

TIMEOUT = 20.0  # seconds a call; a sleeping drive needs ten to spin up
BRIDGE_TYPES = ("sat", "sntasmedia", "sntjmicron", "sntrealtek")  # tried behind a USB bridge, in this order
NO_ANSWER = 0b11  # exit bits 0 and 1: command line wrong, device could not be opened
LIMITS_C = range(30, 121)  # degrees Celsius; what a drive names outside of it is no limit but a value that means none
MOST_C = 150  # no drive is warmer and tells of it
MESSAGES = 10  # of smartctl, at most
_WARNED = 0b11111000  # exit bits 3 to 7: failing, attributes failed now or in the past, errors or failed tests logged
_TOO_WARM = 0b10  # NVMe critical warning: the temperature is over (or under) a threshold


@dataclass(frozen=True, slots=True)
class Words:
    """What the drive itself says of who it is, whatever a bridge or the kernel says, and its health as far as asked."""

    model: str | None
    serial: str | None
    wwn: str | None
    firmware: str | None
    capacity_bytes: int | None
    health: Health


def unknown(message: str) -> Health:
    """Nothing is known, and why."""
    return Health(TriState.UNKNOWN, None, None, None, None, None, None, None, (message,))


def of_block(who: Identity) -> Health:
    """Ask smartctl, behind a USB bridge with each device type until one answers."""
    if who.transport in (Transport.LOOP, Transport.VIRTIO, Transport.MMC):
        return unknown(f"a {who.transport.value} device has no SMART data")
    types = (None, *BRIDGE_TYPES) if who.transport is Transport.USB else (None,)
    best: Health | None = None
    for device_type in types:
        option = () if device_type is None else ("-d", device_type)
        done = run(["smartctl", "-x", "-j", *option, who.device], timeout=TIMEOUT)
        answer = _with_limit(parse(done.stdout, done.exit_status, done.problem), who)
        if answer.passed is not TriState.UNKNOWN:
            warned = (answer.smartctl_exit_bits or 0) & _WARNED or answer.passed is TriState.NO
            told = panel.messages(who.device, answer.device_type) if warned else ()  # else it has nothing to warn of
            return replace(answer, messages=tuple(dict.fromkeys((*answer.messages, *told))))
        if best is None or (_answered(answer) and not _answered(best)):
            best = answer  # a drive that says who it is but not how it is
    return best or unknown("smartctl was not asked")


def _answered(found: Health) -> bool:
    return found.smartctl_exit_bits is not None and not found.smartctl_exit_bits & NO_ANSWER


def words(who: Identity, device_type: str | None) -> Words | None:
    """Ask briefly, while the drive works, with the device type that answered before; None where it does not answer."""
    option = () if device_type is None else ("-d", device_type)
    done = run(["smartctl", "-i", "-H", "-A", "-j", *option, who.device], timeout=TIMEOUT)
    return parse_words(done.stdout, done.exit_status, done.problem)


def parse_words(stdout: bytes, exit_status: int | None, problem: str) -> Words | None:
    """Read `smartctl -i -H -A -j` output; None where it is no answer of a drive."""
    found = parse(stdout, exit_status, problem)
    if not _answered(found):
        return None
    told = object_of(stdout) or {}
    wwn = part(told, "wwn") or told.get("logical_unit_id")
    return Words(
        model=text(told.get("model_name")) or text(told.get("scsi_model_name")),
        serial=text(told.get("serial_number")),
        wwn=json.dumps(wwn, sort_keys=True) if wwn else None,
        firmware=text(told.get("firmware_version")) or text(told.get("scsi_revision")),
        capacity_bytes=whole(part(told, "user_capacity").get("bytes")),
        health=found,
    )


def _with_limit(found: Health, who: Identity) -> Health:
    """With the limit that the kernel read from the drive, where smartctl is too old to tell of it (NVMe before 7.4)."""
    if found.limit_c is not None or found.smartctl_exit_bits is None:
        return found
    folder = SYS / "class" / "block" / Path(who.device).name / "device"
    for path in (*folder.glob("hwmon*/temp1_max"), *folder.glob("hwmon/hwmon*/temp1_max")):
        try:
            limit = round(int(path.read_text(encoding="ascii")) / 1000)  # hwmon counts in thousandths of a degree
        except (OSError, ValueError):
            continue
        if limit in LIMITS_C:
            return replace(found, limit_c=limit)
    return found


def parse(stdout: bytes, exit_status: int | None, problem: str) -> Health:
    """Read `smartctl -x -j` output; anything that is not what it should be is unknown, with the reason."""
    if problem or exit_status is None:
        return unknown(problem or "smartctl gave no answer")
    told = object_of(stdout)
    if told is None:
        return unknown("smartctl's answer is not a JSON object")
    log = part(told, "nvme_smart_health_information_log")
    passed = part(told, "smart_status").get("passed")
    state = {True: TriState.YES, False: TriState.NO}.get(passed) if isinstance(passed, bool) else None
    if exit_status & NO_ANSWER or state is None:
        state = TriState.UNKNOWN
    return Health(
        passed=state,
        temperature_c=_degrees(part(told, "temperature").get("current")),
        reallocated=_first(_attribute(told, 5), whole(told.get("scsi_grown_defect_list"))),
        pending=_attribute(told, 197),
        power_on_hours=whole(part(told, "power_on_time").get("hours")),
        wear_percent=whole(log.get("percentage_used")),
        smartctl_exit_bits=exit_status,
        device_type=text(part(told, "device").get("type")),
        messages=_messages(told),
        limit_c=_limit(told),
        too_warm=bool((whole(log.get("critical_warning")) or 0) & _TOO_WARM),
    )


def _limit(told: dict[str, Any]) -> int | None:
    """The temperature that the drive is not to exceed while it works, in degrees Celsius, as it names it itself.

    ATA: SCT's or the statistics' maximum for operation; NVMe: the warning threshold; SCSI: the drive trip temperature.
    """
    named, nvme = part(told, "temperature"), part(told, "nvme_composite_temperature_threshold")
    known = (named.get("op_limit_max"), nvme.get("warning"), named.get("limit_max"), named.get("drive_trip"))
    return next((limit for limit in known if isinstance(limit, int) and limit in LIMITS_C), None)


def _degrees(value: object) -> int | None:
    """A temperature; 0 is what drives say that do not measure any."""
    found = whole(value)
    return found if found is not None and 0 < found <= MOST_C else None


def _first(*values: int | None) -> int | None:
    return next((value for value in values if value is not None), None)


def _attribute(told: dict[str, Any], number: int) -> int | None:
    table = rows(part(told, "ata_smart_attributes").get("table"))
    return next((whole(part(row, "raw").get("value")) for row in table if row.get("id") == number), None)


def _messages(told: dict[str, Any]) -> tuple[str, ...]:
    texts = (text(row.get("string")) for row in rows(part(told, "smartctl").get("messages")))
    return tuple(one for one in texts if one is not None)[:MESSAGES]
