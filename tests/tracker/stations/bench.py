"""A station played by the test: its own key, its own virtual drives, real wipes, and the API over a test client."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.cast import PASSWORD, Site
from tracker.db import db
from tracker.inventory import service as inventory
from tracker.inventory.details import AssetDetails
from tracker.inventory.kinds import kinds
from tracker.inventory.models import Asset
from tracker.media import service as media
from tracker.media.models import Medium
from tracker.media.service import MediumDetails
from tracker.stations import service as stations
from tracker.values import Actor
from wipe import codec, keys, plan, record
from wipe.drive import discover
from wipe.session import Context, Session
from wipe.station.reports import report
from wipe.vocabulary import Medium as MediumKind
from wipe.vocabulary import Method, VerificationKind

MARKER = b"SECRET PUPIL DATA\n"
SIZE = 1 << 20


class Bench:
    """One station of Saint Brigid's, with drives that are files in `folder`."""

    def __init__(self, site: Site, folder: Path, *, actor: Actor | None = None) -> None:
        self.site, self.folder = site, folder
        folder.mkdir(exist_ok=True)
        self.key = Ed25519PrivateKey.generate()
        self.actor = actor or site.actor("tess")
        self.client: FlaskClient = site.client()
        self.token = ""

    def code(self) -> str:
        """A new pairing code."""
        code = stations.issue_code(self.actor, name="Bench", place="IT office")
        db.session.commit()
        return code

    def enrol(self, code: str | None = None) -> TestResponse:
        """Enrol, and remember the token."""
        body = {"code": code or self.code(), "key": keys.public_jwk(self.key.public_key()), "version": "0.1.0"}
        answer = self.client.post("/api/station/enrol", json=body)
        if answer.status_code == 201:
            self.token = answer.get_json()["token"]
        return answer

    @property
    def headers(self) -> dict[str, str]:
        """What lets it in."""
        return {"Authorization": f"Bearer {self.token}"}

    def drive(self, serial: str = "VD-0001") -> Path:
        """A virtual drive full of markers."""
        path = self.folder / f"{serial or 'none'}.img"
        path.write_bytes((MARKER * (SIZE // len(MARKER) + 1))[:SIZE])
        known = {"model": "Test drive", "serial": serial, "kind": "ssd"}
        path.with_name(path.name + ".identity.json").write_text(json.dumps(known))
        return path

    def reports(self) -> list[Any]:
        """All drives as the API wants them."""
        return [codec.encode(report(drive)) for drive in discover.list_virtual(self.folder)]

    def exchange(self, **changes: Any) -> Any:
        """Say what there is; the answer's JSON."""
        answer = self.say(**changes)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def say(self, **changes: Any) -> TestResponse:
        """Say what there is."""
        body = {"version": "0.1.0", "boot_id": "b", "reports": self.reports(), "jobs": [], **changes}
        return self.client.post("/api/station/exchange", json=body, headers=self.headers)

    def tell(self, job_id: str, state: str, **changes: Any) -> Any:
        """Say one thing of one job."""
        told = {"progress": None, "refusals": [], "message": "", "record_id": None, **changes}
        return self.exchange(reports=None, jobs=[{"job_id": job_id, "state": state, **told}])

    def run(self, order: dict[str, Any]) -> record.Verified:
        """Do what was ordered, really; the evidence."""
        drive = discover.find(order["device"])
        made = plan.make(drive, Method(order["method"]), VerificationKind(order["verification"]), order["attestation"])
        assert codec.digest(made) == order["plan_digest"]
        session = Session(drive, made, lambda progress: None, lambda: False)
        session.erase()
        session.verify()
        operator = record.Operator(**order["operator"])
        return session.finish(self.key, Context(order["job_id"], order["asset_tag"], operator, order["procedure"]))

    def send(self, record_id: str, signed: bytes) -> TestResponse:
        """Deliver evidence."""
        address = f"/api/station/evidence/{record_id}"
        return self.client.put(address, data=signed, headers=self.headers, content_type="application/jose")

    def asset(self, serial: str = "5CG1") -> Asset:
        """A laptop."""
        inventory.create_defaults(self.actor)
        kind = next(one.id for one in kinds(self.actor.school_id) if one.name == "Laptop")
        return inventory.register(self.actor, AssetDetails(kind, make="Dell", serial=serial))

    def medium(self, serial: str = "VD-0001", **changes: Any) -> Medium:
        """The medium in the register that a drive stands for, in a laptop."""
        asset_id = self.asset().id
        details = MediumDetails(MediumKind.SSD, model="Test drive", serial=serial, asset_id=asset_id)
        made = media.add_medium(self.actor, replace(details, **changes))
        db.session.commit()
        return made

    def form(self, medium: Medium, device: Path, station_id: str, **changes: str) -> tuple[str, dict[str, str]]:
        """Address and fields with which the page orders a wipe of this drive."""
        made = plan.make(discover.find(str(device)), Method.NIST_CLEAR, VerificationKind.FULL, None)
        way = "nist-clear%2Bfull"
        address = f"/jobs/confirm?station={station_id}&medium={medium.id}&device={device}&way={way}"
        fields = {
            "digest": codec.digest(made),
            "confirmation": plan.confirmation(made.identity),
            "attestation": "",
            "password": PASSWORD,
        }
        return address, {**fields, **changes}


def ready(site: Site, folder: Path) -> tuple[Bench, Medium, Path, str]:
    """A paired station that shows the drive of a medium in the register; with its own id."""
    bench = Bench(site, folder)
    medium, path = bench.medium(), bench.drive()
    station_id = bench.enrol().get_json()["station_id"]
    bench.exchange()
    return bench, medium, path, station_id
