"""A tracker that is gone for a day: the station tries now and then, keeps everything, and delivers each thing once."""

from pathlib import Path
from uuid import uuid4

import pytest

from tests.station import wait_until
from tests.wipe.station.test_station import Station
from tests.wipe.station.test_station import station as station
from wipe.station.agent import BACK_OFF, BackOff
from wipe.station.spool import Spool

DAY = 24 * 3600


class Clock:
    """Stands still until it is told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.pure
def test_a_day_of_failures_is_a_few_thousand_tries_and_the_first_thereafter_comes_soon() -> None:
    clock = Clock()
    back_off, tries = BackOff(clock), 0
    while clock.now < DAY:
        if back_off.due():
            tries += 1
            back_off.failed()
        clock.now += 0.5
    assert DAY / BACK_OFF[1] * 0.9 < tries < DAY / BACK_OFF[1] * 2.1
    clock.now += BACK_OFF[1]
    assert back_off.due()
    back_off.worked()
    back_off.failed()
    clock.now += BACK_OFF[0]
    assert back_off.due()  # it begins anew with the shortest wait


@pytest.mark.pure
def test_what_waits_is_bounded_by_the_disk_and_by_nothing_else(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    ids = sorted(str(uuid4()) for _ in range(500))
    for record_id in ids:
        spool.keep(record_id, record_id.encode())
    again = Spool(tmp_path)
    assert again.waiting() == ids
    assert [again.read(one).decode() for one in ids] == ids


def test_everything_that_a_day_brought_is_delivered_once_when_the_tracker_is_back(station: Station) -> None:
    spool = Spool(station.bench.agent)
    ids = sorted(str(uuid4()) for _ in range(30))
    for record_id in ids:
        spool.keep(record_id, record_id.encode())
    path = station.drive()
    agent = station.bench.run()
    order = station.order(str(path))
    station.until(order, "ended")
    wait_until(lambda: not spool.waiting(), "the first thirty were not delivered")
    station.tracker.orders.clear()
    station.tracker.evidence.clear()

    station.tracker.mood = "error"
    for record_id in ids:
        spool.keep(record_id, record_id.encode())
    wait_until(lambda: station.bench.log_says("waits: The tracker answered with status 500"), "nothing was tried")
    agent.kill()  # and the station loses its power meanwhile
    agent.wait()
    station.bench.run()
    assert Spool(station.bench.agent).waiting() == ids
    assert station.tracker.evidence == {}
    station.tracker.mood = ""
    wait_until(lambda: not spool.waiting(), "not everything was delivered")
    assert station.tracker.evidence == {one: [one.encode()] for one in ids}
