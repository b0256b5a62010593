"""`tracker attachments check`, and a restore from a backup into a fresh folder, on both databases."""

import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import make_url

from tests.cast import Site
from tests.conftest import Databases
from tests.tracker.attachments import samples
from tests.tracker.test_cli import Command
from tracker.attachments import service
from tracker.attachments.models import Attachment
from tracker.attachments.storage import Files
from tracker.cli.errors import ExitCode
from tracker.db import db
from tracker.values import Subject

LAPTOP = Subject("asset", uuid4(), "ABCD-EFGH Laptop")


@dataclass
class Kept:
    """A school with a photo and a document, and the command line."""

    site: Site
    command: Command
    photo: Attachment
    paper: Attachment

    @property
    def files(self) -> Files:
        return Files(self.command.instance, self.photo.school_id)

    def check(self, *more: str) -> tuple[int, str]:
        done = self.command.run("attachments", "check", *more)
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def kept(site: Site) -> Kept:
    config, tess = site.app.extensions["caretaker"], site.actor("tess")
    made = [
        service.attach(tess, LAPTOP, io.BytesIO(data), name, instance=config.instance)
        for data, name in ((samples.jpeg(), "lid.jpg"), (samples.pdf(), "agreement.pdf"))
    ]
    db.session.commit()
    for one in made:
        db.session.refresh(one)
        db.session.expunge(one)
    db.session.rollback()
    return Kept(site, Command(config.instance, config.database_url), made[0], made[1])


def test_files_that_are_all_there_are_proved(kept: Kept) -> None:
    code, said = kept.check()
    assert code == ExitCode.DONE
    assert "st-b: 2 photos and documents, all there and unchanged." in said
    assert "other: 0 photos and documents" in said
    code, said = kept.check("--json", "--school", "st-b")
    told = json.loads(said)
    assert (code, told["sound"], [one["attachments"] for one in told["schools"]]) == (0, True, [2])


def test_a_flipped_byte_and_a_missing_file_are_named(kept: Kept) -> None:
    path = kept.files.path(kept.photo.sha256)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    code, said = kept.check()
    assert code == ExitCode.FILES_LOST
    assert f"ALTERED: lid.jpg of the asset {LAPTOP.id}, SHA-256 {kept.photo.sha256}" in said
    assert "1 of them WRONG" in said
    kept.files.path(kept.paper.sha256).unlink()
    code, said = kept.check()
    assert code == ExitCode.FILES_LOST
    assert "MISSING: agreement.pdf" in said
    assert "2 of them WRONG" in said
    told = json.loads(kept.check("--json")[1])
    assert not told["sound"]
    assert {(one["name"], one["what"]) for one in told["schools"][1]["faults"]} == {
        ("lid.jpg", "altered"), ("agreement.pdf", "missing"),
    }  # fmt: skip
    shutil.rmtree(kept.command.instance / "attachments")
    assert kept.check()[0] == ExitCode.FILES_LOST


def test_a_lost_small_picture_is_named_too(kept: Kept) -> None:
    kept.files.erase(kept.photo.thumbnail_sha256 or "")
    code, said = kept.check()
    assert (code, "MISSING: the small picture of lid.jpg" in said) == (ExitCode.FILES_LOST, True)


def test_what_no_entry_names_does_no_harm_and_is_swept_only_when_told(kept: Kept) -> None:
    orphan = kept.files.keep(b"an upload that was called off")
    draft = kept.files.path(orphan).with_name(orphan + ".0123456789abcdef")
    draft.write_bytes(b"half")
    young = draft.with_name(orphan + ".ffff")
    young.write_bytes(b"half")
    os.utime(draft, (1, 1))
    code, said = kept.check()
    assert code == ExitCode.DONE
    assert said.count("no entry refers to it") == 3
    assert kept.files.fault(orphan) is None
    code, said = kept.check("--sweep")
    assert code == ExitCode.DONE
    assert said.count("removed, no entry refers to it") == 2
    left = {path.name for path in kept.files.all()}
    assert left == {kept.photo.sha256, kept.photo.thumbnail_sha256, kept.paper.sha256, young.name}


def test_an_erased_file_that_the_disk_still_has_is_swept(kept: Kept) -> None:
    head, tess = kept.site.actor("hana"), kept.site.actor("tess")
    removed = service.remove(tess, LAPTOP, kept.photo.id, "A pupil is in it", version=1)
    service.erase(head, LAPTOP, kept.photo.id, "A pupil is in it", version=removed.version)
    db.session.commit()  # and the power fails before the file goes
    code, said = kept.check("--sweep")
    assert (code, said.count("removed, no entry refers to it")) == (ExitCode.DONE, 2)
    assert kept.files.fault(kept.photo.sha256) == "missing"
    assert kept.check()[0] == ExitCode.DONE


def test_a_link_out_of_the_folder_proves_nothing(kept: Kept, tmp_path: Path) -> None:
    path = kept.files.path(kept.paper.sha256)
    (tmp_path / "elsewhere").write_bytes(b"something else")
    path.unlink()
    path.symlink_to(tmp_path / "elsewhere")
    assert kept.check()[0] == ExitCode.FILES_LOST


def _backup(kept: Kept, folder: Path) -> None:
    """As docs/deployment.md says: the database first, then the instance folder."""
    if kept.command.url.startswith("sqlite"):
        source = make_url(kept.command.url).database or ""
        with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(folder / "caretaker.db")) as copy:
            live.backup(copy)  # what `.backup` of the command line does
    else:
        _postgres(kept.command.url, "pg_dump", "--format=custom", f"--file={folder / 'caretaker.dump'}")
    with tarfile.open(folder / "instance.tar.gz", "w:gz") as archive:
        archive.add(kept.command.instance, "instance", filter=lambda one: None if "caretaker.db" in one.name else one)


def _restored(kept: Kept, folder: Path, databases: Databases, place: Path) -> Kept:
    place.mkdir()
    with tarfile.open(folder / "instance.tar.gz") as archive:
        archive.extractall(place, filter="data")
    if kept.command.url.startswith("sqlite"):
        url = f"sqlite:///{shutil.copy(folder / 'caretaker.db', place / 'instance' / 'caretaker.db')}"
    else:
        url = databases.new().render_as_string(hide_password=False)
        _postgres(url, "pg_restore", "--no-owner", str(folder / "caretaker.dump"))
    return Kept(kept.site, Command(place / "instance", url), kept.photo, kept.paper)


def _postgres(url: str, program: str, *arguments: str) -> None:
    told = make_url(url)
    host = str(told.query.get("host") or told.host or "")
    address = f"postgresql:///{told.database}?host={host}&user={told.username or ''}"
    if told.port:
        address += f"&port={told.port}"
    option = "--dbname" if program == "pg_restore" else "-d"
    subprocess.run([_program(program), option, address, *arguments], check=True, capture_output=True)


def _program(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else name


def test_a_backup_is_restored_into_a_fresh_folder_and_proved(kept: Kept, databases: Databases, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    backup.mkdir()
    _backup(kept, backup)
    shutil.rmtree(kept.command.instance / "attachments")  # the old server is lost
    restored = _restored(kept, backup, databases, tmp_path / "fresh")
    code, said = restored.check()
    assert code == ExitCode.DONE, said
    assert "st-b: 2 photos and documents, all there and unchanged." in said
    path = restored.files.path(kept.photo.sha256)
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    restored.files.path(kept.paper.sha256).unlink()
    code, said = restored.check()
    assert code == ExitCode.FILES_LOST
    assert "ALTERED: lid.jpg" in said
    assert "MISSING: agreement.pdf" in said


def test_a_photo_that_came_between_the_two_halves_of_a_backup_is_not_missed(
    kept: Kept, databases: Databases, tmp_path: Path
) -> None:
    """The database first: the folder may have more than the database names, never less."""
    backup, instance = tmp_path / "backup", kept.command.instance
    backup.mkdir()
    _backup(kept, backup)
    late = samples.jpeg(77)
    service.attach(kept.site.actor("tess"), LAPTOP, io.BytesIO(late), "late.jpg", instance=instance)
    db.session.commit()
    with tarfile.open(backup / "instance.tar.gz", "w:gz") as archive:
        archive.add(instance, "instance", filter=lambda one: None if "caretaker.db" in one.name else one)
    code, said = _restored(kept, backup, databases, tmp_path / "fresh").check()
    assert code == ExitCode.DONE
    assert said.count("no entry refers to it") == 2


def test_an_export_that_would_lack_a_file_is_refused(kept: Kept, tmp_path: Path) -> None:
    export = ("export", "--school", "st-b", "--out", tmp_path / "out")
    assert kept.command.run(*export).returncode == ExitCode.DONE
    assert (tmp_path / "out" / "attachments" / f"{kept.paper.id}-agreement.pdf").read_bytes() == samples.pdf()
    kept.files.erase(kept.paper.sha256)
    done = kept.command.run(*export[:-1], tmp_path / "again")
    assert done.returncode == ExitCode.FILES_LOST
    assert "missing on the server" in done.stderr
    assert not (tmp_path / "again").exists()
