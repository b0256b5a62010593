"""A drive at work is asked who it is and how warm; another drive ends the run, and a hot one lets it stand still."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.wipe.drive.test_bays import drive as virtual_drive
from wipe import plan, record, watch
from wipe.blocks import Ending
from wipe.cli import describe, erase_cmd
from wipe.drive import discover
from wipe.drive.asking import NOTHING, Answer
from wipe.errors import ExitCode
from wipe.facts import Drive, Progress, Reading
from wipe.record import Record
from wipe.session import Context, Session
from wipe.vocabulary import Level, Medium, Method, Outcome, Phase, StepState, TriState, VerificationKind
from wipe.watch import Watch

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
SIZE = 8 << 20


def answer(temperature: int | None = 35, *, held: TriState = TriState.YES, too_warm: bool = False) -> Answer:
    return Answer(held, () if held is not TriState.NO else ("serial",), temperature, too_warm)


class Bench:
    """A watch with a clock of its own, over a drive that says what the test lets it say."""

    def __init__(self, drive: Drive) -> None:
        self.now, self.asked, self.hangs = 0.0, 0, False
        self.answers: list[Answer] = []
        self.told: list[Progress] = []
        self.cancelled = False
        self.at: dict[float, Callable[[], None]] = {}
        self.watch = Watch(
            drive,
            2,
            self._answer,
            self.told.append,
            lambda: self.cancelled,
            clock=lambda: self.now,
            pause=self._pause,
            spawn=lambda work: None if self.hangs else work(),
        )

    def _answer(self) -> Answer:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def _pause(self, seconds: float) -> None:
        self.now += seconds
        for moment in [one for one in self.at if one <= self.now]:
            self.at.pop(moment)()
        assert self.now < 100_000, "it stands still for ever"

    def work(self, seconds: int, done: int, phase: Phase = Phase.OVERWRITE, number: int = 1, of: int = 1000) -> bool:
        """So many seconds of a pass, a request each; whether it was told to end."""
        for _ in range(seconds):
            self.now += 1
            if self.watch():
                return True
            self.watch.report(Progress(phase, number, 2, done, of, 0, 100, None))
        return self.watch()


@pytest.fixture
def drive(tmp_path: Path) -> Drive:
    found = discover.find(str(virtual_drive(tmp_path)))
    return replace(found, identity=replace(found.identity, kind=Medium.HDD))


@pytest.fixture
def bench(drive: Drive) -> Bench:
    made = Bench(drive)
    made.answers = [answer()]
    return made


def places(readings: list[Reading]) -> list[tuple[Phase, int, int]]:
    return [(one.phase, one.pass_number, one.bytes_done) for one in readings]


def test_it_asks_every_half_minute_and_tells_the_temperature_with_the_progress(bench: Bench) -> None:
    assert not bench.work(29, 100)
    assert (bench.asked, bench.told[-1].temperature_c) == (0, None)
    assert not bench.work(62, 200)
    assert bench.asked == 3
    assert bench.told[-1].temperature_c == 35
    assert not bench.told[-1].holding
    assert bench.watch.readings == []


def test_the_evidence_keeps_the_middle_and_the_end_of_each_pass_and_one_answer_in_ten_minutes(bench: Bench) -> None:
    bench.watch.ask_now(keep=False)
    for number in (1, 2):
        assert not bench.work(20, 499, number=number)
        assert not bench.work(20, 500, number=number)
        assert not bench.work(20, 1000, number=number)
        bench.watch.ask_now()
    assert not bench.work(5, 700, Phase.VERIFY, 2)
    halves = [(Phase.OVERWRITE, 1, 500), (Phase.OVERWRITE, 1, 1000), (Phase.OVERWRITE, 2, 500)]
    halves += [(Phase.OVERWRITE, 2, 1000), (Phase.VERIFY, 2, 700)]
    assert places(bench.watch.readings) == halves
    bench.work(1300, 800, Phase.VERIFY, 2)
    assert len(bench.watch.readings) == len(halves) + 2
    assert all(one.held is TriState.YES for one in bench.watch.readings)


@pytest.mark.parametrize("seconds", [5, 700])
def test_another_drive_ends_the_run_and_is_kept(bench: Bench, seconds: int) -> None:
    bench.answers = [answer(), answer(held=TriState.NO)]
    bench.watch.ask_now(keep=False)
    ended = bench.work(seconds, 600)
    assert ended
    assert bench.watch.changed
    (found,) = [one for one in bench.watch.readings if one.held is TriState.NO]
    assert found.differing == ("serial",)
    assert bench.watch(), "it stays so"


def test_a_drive_that_gives_no_answer_is_not_taken_for_another(bench: Bench) -> None:
    bench.answers = [NOTHING]
    assert not bench.work(2000, 600)
    assert not bench.watch.changed
    assert {one.held for one in bench.watch.readings} == {TriState.UNKNOWN}


def test_a_question_that_hangs_keeps_neither_the_work_nor_a_cancel_waiting(bench: Bench) -> None:
    bench.hangs = True
    assert not bench.work(100, 600)
    bench.at[bench.now + 1] = lambda: setattr(bench, "cancelled", True)
    before = bench.now
    bench.watch.ask_now()
    assert bench.now - before < 2
    assert bench.watch()


def test_it_stands_still_at_the_limit_and_goes_on_when_the_drive_has_cooled(bench: Bench) -> None:
    assert (bench.watch.limit_c, bench.watch.own_limit) == (60, False)
    bench.answers = [answer(59), answer(60), answer(62), answer(58), answer(56), answer(55), answer(40)]
    bench.watch.ask_now(keep=False)
    assert not bench.work(40, 300)
    (hold,) = bench.watch.holds
    assert (hold.phase, hold.pass_number, hold.bytes_done) == (Phase.OVERWRITE, 1, 300)
    assert (hold.temperature_c, hold.ended_c, hold.limit_c, hold.own_limit) == (60, 55, 60, False)
    assert hold.started <= hold.ended
    shown = [one.temperature_c for one in bench.told if one.holding]
    assert sorted(set(shown)) == [56, 58, 60, 62]
    assert all(one.rate_bytes_per_s == 0 and one.bytes_done == 300 for one in bench.told if one.holding)
    assert not bench.told[-1].holding
    assert not bench.work(100, 400)
    assert len(bench.watch.holds) == 1


def test_the_drives_own_limit_goes_before_the_common_one(drive: Drive) -> None:
    own = Watch(replace(drive, health=replace(drive.health, limit_c=55)), 1, answer, print, lambda: False)
    assert (own.limit_c, own.own_limit) == (55, True)
    flash = replace(drive, identity=replace(drive.identity, kind=Medium.NVME))
    assert Watch(flash, 1, answer, print, lambda: False).limit_c == 70


def test_a_drive_that_says_that_it_is_too_warm_is_believed_without_a_figure(bench: Bench) -> None:
    bench.answers = [answer(None, too_warm=True), answer(50, too_warm=True), answer(50)]
    assert not bench.work(31, 100)
    (hold,) = bench.watch.holds
    assert (hold.temperature_c, hold.ended_c) == (None, 50)


def test_a_hold_lasts_as_long_as_the_drive_is_warm_and_a_cancel_ends_it_within_two_seconds(bench: Bench) -> None:
    bench.answers = [answer(75)]
    moment = 50_000.0
    bench.at[moment] = lambda: setattr(bench, "cancelled", True)
    assert bench.work(31, 100)
    assert moment <= bench.now < moment + 2
    (hold,) = bench.watch.holds
    assert hold.ended_c == 75
    lines = [one for one in bench.told if one.holding]
    assert len(lines) > 10_000, "it goes on telling that it holds"


def test_another_drive_ends_a_hold(bench: Bench) -> None:
    bench.answers = [answer(75), answer(30, held=TriState.NO)]
    assert bench.work(31, 100)
    assert bench.watch.changed


def test_a_drive_that_stops_telling_its_temperature_holds_for_three_more_answers(bench: Bench) -> None:
    bench.answers = [answer(75), answer(None)]
    assert not bench.work(31, 100)
    (hold,) = bench.watch.holds
    assert (hold.temperature_c, hold.ended_c) == (75, None)
    assert bench.asked >= 4


def test_a_question_that_fails_is_no_answer(drive: Drive) -> None:
    def fails() -> Answer:
        raise RuntimeError("what nobody thought of")

    made = Watch(drive, 1, fails, print, lambda: False, spawn=lambda work: _swallow(work))
    made.ask_now()
    assert [one.held for one in made.readings] == [TriState.UNKNOWN]


def _swallow(work: Callable[[], None]) -> None:
    with pytest.raises(RuntimeError):
        work()


class Run:
    """A whole run on a virtual drive."""

    def __init__(
        self,
        folder: Path,
        ask: Callable[[], Answer] | None = None,
        method: Method = Method.ZERO,
        size: int = SIZE,
    ) -> None:
        self.path = virtual_drive(folder)
        self.path.write_bytes(b"SECRET-MARKER---" * (size // 16))
        self.drive = discover.find(str(self.path))
        made = plan.make(self.drive, method, VerificationKind.FULL, None)
        self.at: dict[tuple[Phase, int], Callable[[], object]] = {}
        self.told: list[Progress] = []
        self.session = Session(self.drive, made, self._report, lambda: False, ask)
        self.session._watch._spawn = lambda work: work()  # an answer comes at once

    def _report(self, progress: Progress) -> None:
        self.told.append(progress)
        act = self.at.pop((progress.phase, progress.pass_number), None)
        if act is not None:
            act()

    def swap(self) -> None:
        """Another drive is behind the same name."""
        virtual_drive(self.path.parent, "other.img", "VD-9999").with_name("other.img.identity.json").rename(
            self.path.with_name(f"{self.path.name}.identity.json")
        )

    def record(self) -> Record:
        self.session.erase()
        self.session.verify()
        signed = self.session.finish(KEY, Context()).signed
        return record.verify(signed, {record.key_id(KEY.public_key()): KEY.public_key()}).record


def test_an_undisturbed_run_tells_when_the_drive_was_asked(tmp_path: Path) -> None:
    found = Run(tmp_path, method=Method.PATTERN_COMPLEMENT).record()
    assert found.outcome is Outcome.SANITISED_CLEAR
    asked = [(one.phase, one.pass_number) for one in found.readings]
    assert asked.count((Phase.OVERWRITE, 1)) >= 1
    assert asked.count((Phase.OVERWRITE, 2)) >= 1
    assert asked.count((Phase.VERIFY, 2)) >= 1
    assert {one.held for one in found.readings} == {TriState.YES}
    assert found.holds == ()


@pytest.mark.parametrize("where", [(Phase.OVERWRITE, 1), (Phase.OVERWRITE, 2), (Phase.VERIFY, 2)])
def test_a_drive_that_is_swapped_during_the_run_voids_it(tmp_path: Path, where: tuple[Phase, int]) -> None:
    run = Run(tmp_path, method=Method.PATTERN_COMPLEMENT)
    run.at[where] = run.swap
    found = run.record()
    assert (found.outcome, found.level, found.ending) == (Outcome.FAILED, Level.NONE, Ending.CHANGED)
    assert found.reasons[0] == "Another drive answered during the run than before it: serial changed. The run is void."
    assert (found.readings[-1].held, found.readings[-1].differing) == (TriState.NO, ("serial",))
    assert describe.exit_code(found) is ExitCode.NOT_VERIFIED
    if where[0] is Phase.OVERWRITE:
        assert len(found.passes) == where[1], "no pass was begun on the other drive"
        assert found.verification is None
        assert found.steps[-2].state is StepState.NOT_RUN


def test_what_was_not_written_because_another_drive_answered_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "ASK_SECONDS", 0)
    answers = [answer(), answer(), answer(held=TriState.NO)]
    run = Run(tmp_path, lambda: answers.pop(0) if len(answers) > 1 else answers[0], size=8 * SIZE)
    found = run.record()
    assert (found.outcome, found.ending) == (Outcome.FAILED, Ending.CHANGED)
    assert {one.reason for one in found.passes[0].unwritten} == {"not attempted: another drive answered"}
    assert describe.exit_code(found) is ExitCode.NOT_VERIFIED
    assert b"SECRET" in run.path.read_bytes()


def test_a_hold_stands_in_the_evidence_and_proves_nothing_less(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ASK_SECONDS", "HOLD_ASK_SECONDS", "TURN_SECONDS"):
        monkeypatch.setattr(watch, name, 0.001)
    answers = [answer(40), answer(71), answer(71), answer(64), answer(41)]
    run = Run(tmp_path, lambda: answers.pop(0) if len(answers) > 1 else answers[0])
    found = run.record()
    assert found.outcome is Outcome.SANITISED_CLEAR
    (hold,) = found.holds
    assert (hold.temperature_c, hold.ended_c, hold.limit_c, hold.own_limit) == (71, 64, 70, False)
    assert found.started <= hold.started <= hold.ended <= found.ended
    assert not run.path.read_bytes().strip(b"\0")


def test_the_terminal_says_that_it_holds_and_how_warm_the_drive_is(capsys: pytest.CaptureFixture[str]) -> None:
    told = Progress(Phase.OVERWRITE, 1, 1, 30, 100, 0, 0, 62, holding=True)
    for progress, words in (
        (told, "holding: 62 C"),
        (replace(told, temperature_c=None), "holding: too warm"),
        (replace(told, holding=False), "30 %"),
    ):
        erase_cmd._bar(progress)
        said = capsys.readouterr().err
        assert words in said
        assert ("holding" in said) is progress.holding
