"""Files on the disk: whole or not at all, and what is said when there is no room."""

import hashlib
import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from tracker.attachments.storage import Files, Lost, NotKept, is_content

SCHOOL = UUID(int=7)
DATA = b"a photo" * 1000
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path, SCHOOL)


@pytest.mark.pure
def test_a_file_lies_under_its_hash_and_is_private(files: Files) -> None:
    assert files.keep(DATA) == SHA
    path = files.path(SHA)
    assert path == files.instance / "attachments" / str(SCHOOL) / SHA[:2] / SHA
    assert path.read_bytes() == DATA
    assert path.stat().st_mode & 0o077 == 0
    assert files.folder.stat().st_mode & 0o077 == 0
    assert list(files.all()) == [path]
    assert is_content(path)
    with files.open(SHA) as opened:
        assert opened.read() == DATA


@pytest.mark.pure
def test_keeping_it_again_changes_nothing_and_puts_a_broken_one_right(files: Files) -> None:
    files.keep(DATA)
    before = files.path(SHA).stat()
    files.keep(DATA)
    assert files.path(SHA).stat().st_ino == before.st_ino
    files.path(SHA).write_bytes(DATA[:-1] + b"X")
    assert files.fault(SHA) == "altered"
    files.keep(DATA)
    assert files.fault(SHA) is None


@pytest.mark.pure
def test_what_is_missing_or_altered_is_never_given_out(files: Files) -> None:
    with pytest.raises(Lost, match="missing"):
        files.open(SHA)
    files.keep(DATA)
    files.path(SHA).write_bytes(b"")
    with pytest.raises(Lost, match="altered"):
        files.open(SHA)
    files.erase(SHA)
    files.erase(SHA)
    assert files.fault(SHA) == "missing"


@pytest.mark.pure
@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 65, "0" * 64 + "\n"])
def test_only_a_hash_is_a_name(files: Files, name: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        files.path(name)


@pytest.mark.pure
def test_schools_share_no_file(files: Files) -> None:
    other = Files(files.instance, UUID(int=8))
    files.keep(DATA)
    assert other.fault(SHA) == "missing"
    other.keep(DATA)
    other.erase(SHA)
    assert files.fault(SHA) is None


@pytest.mark.pure
def test_a_missing_instance_folder_is_not_made_since_its_disk_may_not_be_mounted(tmp_path: Path) -> None:
    files = Files(tmp_path / "gone", SCHOOL)
    with pytest.raises(NotKept, match=r"folder for attachments is missing, so nothing was kept\. Tell"):
        files.keep(DATA)
    assert not (tmp_path / "gone").exists()
    (tmp_path / "gone").write_text("a file in its place")
    with pytest.raises(NotKept, match="missing"):
        files.keep(DATA)


@pytest.mark.pure
def test_a_file_that_cannot_be_written_to_its_end_leaves_nothing(files: Files) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    try:
        with pytest.raises(NotKept, match="disk is full"):
            files.keep(DATA)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(files.all()) == []
    files.keep(DATA)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 kB of the test's own."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_and_leaves_nothing_half_written(small_disk: Path) -> None:
    files = Files(small_disk, SCHOOL)
    files.keep(DATA)
    with pytest.raises(NotKept, match="disk is full, so nothing was kept"):
        files.keep(os.urandom(200_000))
    assert [path.name for path in files.all()] == [SHA]
    assert files.fault(SHA) is None
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(NotKept, match="may not write"):
        files.keep(b"other")
    assert files.keep(DATA) == SHA  # it is there already
