"""How soon a cancel stops a pass: by the clock of a slow drive, which turns for nothing else."""

import pytest

from tests.wipe.faulty import BLOCK, Clock, FaultyDrive, geometry
from wipe.blocks import CANCELLED, Ending
from wipe.overwrite import run_pass
from wipe.pattern import ConstantPattern

pytestmark = pytest.mark.pure

MIB = 1 << 20
SIZE = 48 * MIB
RATE = 5 * MIB  # bytes a second: a tenth of what a drive of ten years ago takes
SECONDS = 2.0  # that a cancel may take


class SlowDrive(FaultyDrive):
    """Takes its time for every byte, and for emptying its cache."""

    def pwrite(self, buffer: memoryview, offset: int) -> int:
        """As FaultyDrive, at RATE."""
        assert self.clock is not None
        self.clock.now += len(buffer) / RATE
        return super().pwrite(buffer, offset)

    def flush(self) -> None:
        """A quarter of a second."""
        assert self.clock is not None
        self.clock.now += 0.25
        super().flush()


@pytest.mark.parametrize("after", [0.0, 0.9, 2.5, 7.1])
def test_a_cancel_stops_a_slow_drive_within_two_seconds_of_its_own_time(after: float) -> None:
    clock = Clock()
    drive = SlowDrive(SIZE, clock=clock)
    told = clock.now + after  # mostly in the middle of a request
    done = run_pass(
        drive,
        geometry(SIZE),
        ConstantPattern(0),
        number=1,
        passes=1,
        report=lambda progress: None,
        cancelled=lambda: clock.now >= told,
    )
    assert done.ending is Ending.CANCELLED
    assert clock.now - told <= SECONDS
    (rest,) = done.result.unwritten
    assert rest.reason == CANCELLED
    assert done.result.bytes_written == rest.start_lba * BLOCK
    assert drive.data[: done.result.bytes_written] == bytes(done.result.bytes_written)
    assert set(drive.data[done.result.bytes_written :]) == {ord("M")}
