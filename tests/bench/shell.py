"""`make bench-shell`: a prompt in a virtual machine with an NVMe, a SATA, a SCSI and a USB drive."""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.drives import new_image
from tests.bench.machine import MIB, Machine

SIZE = 256 * MIB
DEVICES = {
    "nvme": "nvme,drive=nvme,serial=SHELL-NVME",
    "sata": "ide-hd,drive=sata,bus=a.0,serial=SHELL-SATA,model=BENCH-HDD,wwn=0x5000c5000000b001,rotation_rate=7200",
    "scsi": "scsi-hd,drive=scsi,bus=s.0,serial=SHELL-SCSI,wwn=0x5000c5000000b002",
    "usb": "usb-storage,drive=usb,bus=x.0,serial=SHELL-USB",
}
WELCOME = """Booting a machine with four drives of {size} MiB, full of the text SECRET-MARKER---.
Its root is this computer's, read-only; the drives are files in {folder}, and no drive of this computer is in it.
Try: .venv/bin/wipe list; leave with `exit`.
To pull a drive out, from another terminal: python -m tests.bench.pull {folder} usb
"""


def main() -> int:
    """Boot, give the prompt, throw the machine away."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir="/tmp") as name:
        folder = Path(name)
        drives = [
            f"-drive file={new_image(folder, one, SIZE)},if=none,id={one},format=raw -device {device},id=bay-{one}"
            for one, device in DEVICES.items()
        ]
        machine = Machine(folder, tuple(drives))
        print(WELCOME.format(size=SIZE // MIB, folder=folder), flush=True)
        root = Path(__file__).parents[2]
        return subprocess.call(machine.command("--cwd", str(root)), cwd=root, env=machine.environment())


if __name__ == "__main__":
    sys.exit(main())
