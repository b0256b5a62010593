"""The list of jobs turns its pages; it showed the latest hundred once."""

import re

from uuid_utils.compat import uuid7

from tests.cast import Site
from tests.things import bench
from tracker.db import add, db
from tracker.paging import PAGE
from tracker.stations.models import Job
from tracker.stations.rules import JobState
from tracker.values import utc_now

NUMBER = 2 * PAGE + 3


def test_every_job_is_on_one_page(site: Site) -> None:
    made = bench(site.actor("tess"))
    medium = made.medium()
    for number in range(NUMBER):
        add(
            Job(
                school_id=made.actor.school_id,
                id=uuid7(),
                station_id=made.station.id,
                medium_id=medium.id,
                medium_state="held",
                operator_id=made.actor.id,
                operator="Tess",
                operator_role="technician",
                plan="{}",
                plan_digest="d",
                state=(JobState.REFUSED if number % 2 else JobState.ENDED).value,
                refusals="[]",
                message="",
                created_at=utc_now(),
            )
        )
    db.session.commit()
    tess = site.client("tess")
    for query, number in (("", NUMBER), ("state=refused", NUMBER // 2), ("state=failed", 0), ("state=x", NUMBER)):
        seen, address = list[str](), f"/jobs?{query}"
        while True:
            page = tess.get(address).text
            seen += re.findall(r'href="/jobs/([0-9a-f-]{36})"', page)
            following = re.search(r'rel="next" href="\?([^"]+)"', page)
            if following is None:
                break
            address = "/jobs?" + following[1].replace("&amp;", "&")
        assert len(seen) == len(set(seen)) == number, query
    assert tess.get("/jobs?after=x").text == tess.get("/jobs").text
    assert "0 wipes" in site.client("otto").get("/jobs").text
