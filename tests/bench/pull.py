"""Pull a drive out of the machine of `make bench-shell`: python -m tests.bench.pull FOLDER nvme|sata|scsi|usb."""

import sys
from pathlib import Path

from tests.bench.qmp import Monitor

if __name__ == "__main__":
    monitor = Monitor(Path(sys.argv[1]) / "qmp")
    monitor("device_del", id=f"bay-{sys.argv[2]}")
    monitor.close()
