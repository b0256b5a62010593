"""A bay keeps its name whatever is plugged in there, and a file that does not name bays says what is wrong with it."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from wipe import codec
from wipe.drive import bays, discover
from wipe.errors import BadInput, ExitCode
from wipe.facts import Bay, Drive, DriveReport
from wipe.station.reports import Watch

THIRD = Bay("pci-0000:00:1f.2-ata-3", "bay 3", "green light")
FILE = """
# The rack in the workshop
[[bays]]
path = "pci-0000:00:1f.2-ata-3"
name = "bay 3"
hint = "green light"

[[bays]]
path = "pci-0000:01:00.0-nvme-1"
name = "the caddy"
"""


def drive(folder: Path, name: str = "one.img", serial: str = "VD-0001") -> Path:
    path = folder / name
    path.write_bytes(b"M" * 8192)
    path.with_name(f"{name}.identity.json").write_text(json.dumps({"serial": serial, "kind": "ssd"}))
    return path


def at(found: Drive, place: str | None, device: str = "/dev/sda") -> Drive:
    return replace(found, identity=replace(found.identity, bay=place, device=device, virtual=False))


def wipe(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "wipe.main", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_the_file_names_bays_by_their_paths() -> None:
    assert bays.parse(FILE) == (THIRD, Bay("pci-0000:01:00.0-nvme-1", "the caddy", ""))
    assert bays.parse("") == ()


def test_bay_3_stays_bay_3_under_whatever_name_and_with_whatever_drive(tmp_path: Path) -> None:
    one = discover.find(str(drive(tmp_path)))
    other = discover.find(str(drive(tmp_path, "two.img", "VD-0002")))
    known = bays.parse(FILE)
    for found in (at(one, THIRD.path), at(one, THIRD.path, "/dev/sdq"), at(other, THIRD.path)):
        assert bays.named(found, known).bay == THIRD
    assert bays.named(at(one, "pci-0000:00:1f.2-ata-4"), known).bay is None
    assert bays.named(at(one, None), known).bay is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("bays = 3", "it may hold tables [[bays]] and nothing else"),
        ("colour = 'red'", "it may hold tables [[bays]] and nothing else"),
        ("bays = [7]", "bay number 1 is not a table"),
        ("[[bays]]\nname = 'x'", "bay number 1 has no path"),
        ("[[bays]]\npath = 'x'\nname = '  '", "bay number 1 has no name"),
        ("[[bays]]\npath = 'x'\nname = 5", "the name of bay number 1 is not a text of at most 40 characters"),
        ("[[bays]]\npath = 'x'\nname = '" + "y" * 41 + "'", "not a text of at most 40 characters"),
        ('[[bays]]\npath = "x"\nname = "a\\nb"', "the name of bay number 1"),
        ("[[bays]]\npath = 'x'\nname = 'y'\nled = 4", "has 'led', which no bay has; it has path, name and hint"),
        ("[[bays]]\npath='x'\nname='y'\n[[bays]]\npath='x'\nname='z'", "two bays have the path 'x'"),
        ("[[bays]]\npath='x'\nname='y'\n[[bays]]\npath='z'\nname='y'", "two bays have the name 'y'"),
        ("[[bays]]\npath='x'\nname='y'\n" * 257, "more than 256 bays"),
        ("[[bays]", "line 1"),
    ],
)
def test_what_is_wrong_with_the_file_is_named(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / bays.FILE).write_text(text)
    with pytest.raises(BadInput) as caught:
        bays.read(tmp_path)
    assert problem in caught.value.message
    assert caught.value.message.startswith(str(tmp_path / bays.FILE))


@pytest.mark.parametrize("data", [b"\xff\xfe", b"#" * 70000])
def test_a_file_that_is_no_text_or_endless_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / bays.FILE).write_bytes(data)
    with pytest.raises(BadInput):
        bays.read(tmp_path)


def test_no_file_names_nothing_and_a_folder_in_its_place_is_an_error(tmp_path: Path) -> None:
    assert bays.read(tmp_path) == ()
    (tmp_path / bays.FILE).mkdir()
    with pytest.raises(BadInput):
        bays.read(tmp_path)


def test_the_template_names_every_path_once_and_can_be_read_back(tmp_path: Path) -> None:
    found = discover.find(str(drive(tmp_path)))
    text = bays.template(
        [at(found, "pci-1"), at(found, "pci-1", "/dev/sdb"), at(found, 'odd "\\ path'), at(found, None)]
    )
    assert bays.parse(text) == (Bay("pci-1", "bay 1", ""), Bay('odd "\\ path', "bay 2", ""))
    assert "now /dev/sda, /dev/sdb" in text
    assert bays.parse(bays.template([])) == ()


def test_the_command_writes_a_file_shows_it_and_never_replaces_it(tmp_path: Path) -> None:
    path, state = drive(tmp_path), tmp_path / "state"
    where = ("--state", state, "--virtual-dir", tmp_path)
    shown = wipe("bays", *where)
    assert shown.returncode == ExitCode.PROVED
    assert f"a place without a name\n  path {path}\n  {path}, serial VD-0001" in shown.stdout
    assert wipe("bays", "--write", *where).returncode == ExitCode.PROVED
    text = (state / bays.FILE).read_text().replace("bay 1", "the drawer").replace('hint = ""', 'hint = "left"')
    (state / bays.FILE).write_text(text)
    again = wipe("bays", "--write", *where)
    assert again.returncode == ExitCode.BAD_INPUT
    assert "never replaced" in again.stderr
    assert (state / bays.FILE).read_text() == text
    path.unlink()
    empty = wipe("bays", *where)
    assert empty.stdout == f"the drawer (left)\n  path {path}\n  empty\n"
    told = json.loads(wipe("bays", "--json", *where).stdout)
    assert told == {"bays": [{"path": str(path), "name": "the drawer", "hint": "left"}], "seen": []}


def test_list_and_evidence_say_the_bay(tmp_path: Path) -> None:
    path, state = drive(tmp_path), tmp_path / "state"
    state.mkdir()
    (state / bays.FILE).write_text(f"[[bays]]\npath = '{path}'\nname = 'bay 7'\nhint = 'second shelf'\n")
    listed = wipe("list", "--virtual-dir", tmp_path, "--state", state)
    assert "  in bay 7 (second shelf)\n" in listed.stdout
    (told,) = json.loads(wipe("list", "--json", "--virtual-dir", tmp_path, "--state", state).stdout)
    assert told["bay"] == {"path": str(path), "name": "bay 7", "hint": "second shelf"}
    evidence = tmp_path / "evidence.jws"
    done = wipe("erase", path, "--confirm", "0001", "--evidence", evidence, "--state", state)
    assert done.returncode == ExitCode.PROVED, done.stderr
    (tmp_path / "key.pem").write_text(wipe("station", "key", "--public", "--state", state).stdout)
    checked = json.loads(wipe("record", "check", evidence, "--key", tmp_path / "key.pem", "--json").stdout)
    assert checked["bay"] == told["bay"]


def test_a_broken_file_stops_the_command_before_anything_is_touched(tmp_path: Path) -> None:
    path, state = drive(tmp_path), tmp_path / "state"
    state.mkdir()
    (state / bays.FILE).write_text("[[bays]]\nname = 'x'\n")
    done = wipe("erase", path, "--confirm", "0001", "--evidence", tmp_path / "e", "--state", state)
    assert done.returncode == ExitCode.BAD_INPUT
    assert "bay number 1 has no path" in done.stderr
    assert "What to do: Mend the file" in done.stderr
    assert path.read_bytes() == b"M" * 8192
    listed = wipe("list", "--virtual-dir", tmp_path, "--state", state)
    assert listed.returncode == ExitCode.BAD_INPUT


def test_the_station_reports_the_bay_of_every_drive(tmp_path: Path) -> None:
    path = drive(tmp_path)
    drive(tmp_path, "two.img", "VD-0002")
    bay = Bay(str(path), "bay 7", "")
    told = [codec.decode(DriveReport, one, "report") for one in Watch(tmp_path, (bay,)).shown().reports]
    assert [one.drive.bay for one in told] == [bay, None]


def test_a_supervisor_does_not_begin_with_a_file_that_names_no_bays(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / bays.FILE).write_text("[[bays]]\nname = 'x'\n")
    where = ("--state", state, "--socket", tmp_path / "s", "--virtual-dir", tmp_path)
    done = wipe("station", "supervise", *where)
    assert done.returncode == ExitCode.BAD_INPUT
    assert "bay number 1 has no path" in done.stderr
