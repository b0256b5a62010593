"""Debian's kernel for the bench: downloaded, unpacked into .venv/, never installed."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

CACHE = Path(sys.prefix) / "bench-kernel"
PACKAGE = "linux-image-amd64"


def kernel() -> Path:
    """The kernel's image, with its modules beside it as Debian packs them. Fails the test where it cannot be had."""
    found = sorted(CACHE.glob("*/boot/vmlinuz-*"))
    return found[-1] if found else _fetch()


def _fetch() -> Path:
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix=".draft-") as draft:
        folder = Path(draft)
        folder.chmod(0o755)
        package = _download(folder)
        unpacked = folder / "unpacked"
        subprocess.run(["dpkg", "-x", package, unpacked], check=True)
        (image,) = unpacked.glob("boot/vmlinuz-*")
        version = image.name.removeprefix("vmlinuz-")
        subprocess.run(["depmod", "-b", unpacked, version], check=True)
        place = CACHE / version
        shutil.rmtree(place, ignore_errors=True)
        unpacked.rename(place)
    return place / "boot" / image.name


def _download(folder: Path) -> Path:
    """The newest kernel that Debian's own metapackage names; the lists are renewed where they are old or missing."""
    for renew in (False, True):
        if renew:
            subprocess.run(["apt-get", "update", "-qq"], capture_output=True, check=False)
        told = subprocess.run(["apt-cache", "depends", PACKAGE], capture_output=True, text=True, check=False).stdout
        named = re.search(r"Depends: (linux-image-\S+)", told)
        if named is None:
            continue
        subprocess.run(["apt-get", "download", "-qq", named[1]], cwd=folder, capture_output=True, check=False)
        found = list(folder.glob("*.deb"))
        if found:
            return found[0]
    pytest.fail(f"The bench needs Debian's kernel, and {PACKAGE} could not be downloaded with apt-get.")
