"""The tree of what sits on a drive, judged on a sysfs of the test's own; the bench tries the same on real kernels."""

from pathlib import Path

import pytest

from wipe.drive.guard import _refusal_for
from wipe.drive.holders import Usage, draw, flatten, look
from wipe.vocabulary import RefusalCode

pytestmark = pytest.mark.pure


def device(
    sys: Path, name: str, number: str, *, on: str = "", label: str = "", uuid: str = "", md: bool = False
) -> None:
    folder = sys / "class" / "block" / name
    (folder / "holders").mkdir(parents=True)
    (folder / "dev").write_text(f"{number}\n")
    if label:
        (folder / "dm").mkdir()
        (folder / "dm" / "name").write_text(f"{label}\n")
        (folder / "dm" / "uuid").write_text(f"{uuid}\n")
    if md:
        (folder / "md").mkdir()
    if on:
        (sys / "class" / "block" / on / "holders" / name).touch()


def test_a_group_on_an_array_says_what_it_holds_from_the_lowest_drive_on(tmp_path: Path) -> None:
    device(tmp_path, "sda", "8:0")
    device(tmp_path, "md0", "9:0", on="sda", md=True)
    device(tmp_path, "dm-0", "253:0", on="md0", label="school--office-the--root", uuid="LVM-abc")
    device(tmp_path, "dm-1", "253:1", on="md0", label="school--office-swap", uuid="LVM-def")
    usage = Usage({"253:0": frozenset({"/"})}, frozenset({"253:1"}))
    assert draw(look("sda", usage, tmp_path)) == [
        "/dev/sda is a member of the RAID array /dev/md0 that holds / and swap space",
        "  /dev/md0 is part of the volume group school-office that holds /",
        "    /dev/dm-0 is mounted at /",
        "  /dev/md0 is part of the volume group school-office that holds swap space",
        "    /dev/dm-1 is used as swap",
    ]


def test_a_volume_that_nobody_uses_is_named_by_its_own_name(tmp_path: Path) -> None:
    device(tmp_path, "sda", "8:0")
    device(tmp_path, "dm-0", "253:0", on="sda", label="a--b-c--d", uuid="LVM-abc")
    assert draw(look("sda", Usage({}, frozenset()), tmp_path)) == [
        "/dev/sda is part of the volume group a-b (logical volume c-d)"
    ]


def test_a_member_of_a_zfs_pool_is_refused_where_zfs_runs(tmp_path: Path) -> None:
    device(tmp_path, "sda", "8:0")
    (found,) = flatten(look("sda", Usage({}, frozenset(), {"8:0": "tank"}), tmp_path))
    refusal = _refusal_for(found)
    assert refusal.code == RefusalCode.HELD.value
    assert refusal.message == "/dev/sda belongs to the ZFS pool tank."
    assert "zpool export" in refusal.advice
