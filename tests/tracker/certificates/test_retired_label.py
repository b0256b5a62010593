"""A label that was retired after the wipe: the certificate names the thing by the tag that the station signed."""

from tests.cast import Site
from tests.things import bench
from tracker.certificates import service, status
from tracker.db import db
from tracker.inventory import labelling


def test_the_certificate_keeps_the_tag_of_the_day(site: Site) -> None:
    actor, config = site.actor("tess"), site.app.extensions["caretaker"]
    station = bench(actor)
    asset = station.asset()
    evidence = station.wiped(station.medium(asset=asset))
    old = asset.tag
    new = labelling.retire(actor, asset.id, "A second label with this tag was found.")
    db.session.commit()
    certificate = service.issue(actor, evidence.id, config)
    db.session.commit()
    printed = service.content_of(certificate).asset
    assert printed is not None
    assert (printed.tag, printed.name) == (old, "Office computer")
    assert new != old
    assert status.of(certificate, config).good
