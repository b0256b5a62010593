"""What the station says of its bays, and of a wipe that stands still, is on the pages of the tracker."""

from dataclasses import replace
from pathlib import Path

from tests.cast import Site
from tests.tracker.stations.bench import ready
from wipe import codec
from wipe.drive import discover
from wipe.facts import Bay
from wipe.station.reports import report


def test_the_pages_say_in_which_bay_a_drive_is(site: Site, tmp_path: Path) -> None:
    bench, medium, path, station_id = ready(site, tmp_path / "drives")
    tess = site.client("tess")
    assert "<dt>Bay</dt>" not in tess.get(f"/stations/{station_id}/live").text
    drive = replace(discover.find(str(path)), bay=Bay("pci-0000:00:1f.2-ata-3", "bay <3>", "green & left"))
    bench.exchange(reports=[codec.encode(report(drive))])
    page = tess.get(f"/stations/{station_id}/live").text
    assert "<strong>bay &lt;3&gt;</strong>" in page
    assert "green &amp; left" in page
    assert "in <strong>bay &lt;3&gt;</strong>" in tess.get(f"/jobs/new?medium={medium.id}").text


def test_a_wipe_that_stands_still_says_why_and_at_which_temperature(site: Site, tmp_path: Path) -> None:
    bench, medium, path, station_id = ready(site, tmp_path / "drives")
    tess = site.client("tess")
    address, fields = bench.form(medium, path, station_id)
    job = tess.post(address, data=fields).headers["Location"]
    (order,) = bench.exchange()["orders"]
    told = {"phase": "overwrite", "pass_number": 1, "passes": 1, "bytes_done": 1, "bytes_total": 4, "errors": 0}
    for changes, words in (
        ({"temperature_c": 62, "holding": True}, "Holding until the drive has cooled: 62\u00a0°C"),
        ({"temperature_c": None, "holding": True}, "Holding until the drive has cooled<"),
    ):
        bench.tell(order["job_id"], "running", progress={**told, "rate_bytes_per_s": 0, **changes})
        assert words in tess.get(job + "/live").text
    bench.tell(order["job_id"], "running", progress={**told, "rate_bytes_per_s": 5, "temperature_c": 41})
    assert "Holding" not in tess.get(job + "/live").text
