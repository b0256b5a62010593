"""Loop devices for the tests, each over a file of the test's own and detached afterwards."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Attach = Callable[..., str]


@pytest.fixture
def attach(tmp_path: Path) -> Iterator[Attach]:
    """attach(size, *options) -> "/dev/loopN" over a new file full of markers."""
    attached: list[str] = []

    def make(size: int = 8 << 20, *options: str) -> str:
        if os.geteuid() != 0:
            pytest.fail("this test makes loop devices and needs root")
        path = tmp_path / f"drive-{len(attached)}.raw"
        path.write_bytes(b"SECRET-MARKER---" * (size // 16))
        done = subprocess.run(
            ["losetup", "--find", "--show", *options, str(path)], capture_output=True, text=True, check=True
        )
        attached.append(done.stdout.strip())
        return attached[-1]

    yield make
    for device in attached:
        subprocess.run(["losetup", "--detach", device], check=True)
