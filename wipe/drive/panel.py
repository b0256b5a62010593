"""The health panel that pySMART reads out of smartctl's text: warnings by attribute, and the log of self-tests.

It adds sentences for people to what wipe.drive.health knows from JSON, and never makes a drive look better: it reads
words, cuts serial numbers at white space, drops drives that report no capacity from its own lists, and has no time-out.
So it is asked for one drive at a time, never for a list, and starts smartctl through wipe.run.
"""

from functools import cache
from typing import Any

from wipe.run import run

TIMEOUT = 20.0  # seconds a call; a sleeping drive needs ten to spin up
TEXTS = 10  # messages at most
TEXT_LIMIT = 200  # characters of one
# The device types that pySMART takes; with others (most USB bridges for NVMe) it raises.
TYPES = frozenset({"ata", "csmi", "nvme", "sas", "sat", "sata", "scsi", "atacam", "sntasmedia"})


@cache
def _library() -> tuple[Any, Any]:
    """pySMART's drive and its smartctl, started with our time-out, our locale and no shell.

    Loaded when the first drive has answered: most lists of drives never need it.
    """
    from pySMART import Device
    from pySMART.smartctl import Smartctl

    class Door(Smartctl):  # type: ignore[misc] # published without types
        def _exec(self, cmd: list[str]) -> tuple[list[str], int]:
            done = run(["smartctl", *cmd[1:]], timeout=TIMEOUT)
            status = done.exit_status if done.exit_status is not None else 1
            return done.stdout.decode("utf-8", "replace").splitlines(), status

    return Device, Door


def messages(device: str, device_type: str | None) -> tuple[str, ...]:
    """What the panel warns of, in sentences; nothing where it cannot read the drive. Raises nothing."""
    if device_type is not None and device_type not in TYPES:
        return ()
    try:
        kind, door = _library()
        found = kind(device, interface=device_type, smartctl=door("smartctl"))
        told = [*_assessment(found), *(str(text) for text in found.messages or ()), *_failed_tests(found)]
    except Exception:  # whatever a drive's text does to a scraper: then the panel says nothing, and health stands alone
        return ()
    clean = (" ".join(text.split())[:TEXT_LIMIT] for text in told)
    return tuple(dict.fromkeys(text for text in clean if text and text.isprintable()))[:TEXTS]


def _assessment(found: Any) -> list[str]:
    return {
        "FAIL": ["The drive says of itself that it is failing."],
        "WARN": ["An attribute of the drive has failed, now or in the past."],
    }.get(found.assessment or "", [])


def _failed_tests(found: Any) -> list[str]:
    """Self-tests that ended with a failure, the latest three."""
    failed = [test for test in found.tests or () if "fail" in str(getattr(test, "status", "")).lower()]
    return [f"A self-test ({test.type}) ended with: {test.status}." for test in failed[:3]]
