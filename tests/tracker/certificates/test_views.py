"""The pages of certificates as people use and misuse them, signed in and in public, on both databases."""

import csv
import hashlib
import io
import re
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.cast import OUTSIDER, Site, counted
from tests.things import Bench, bench
from tests.tracker.certificates import cast
from tests.tracker.certificates.test_service import around_the_guards
from tracker.audit.kinds import EventKind
from tracker.audit.models import Event
from tracker.certificates import public_views, service, sign
from tracker.certificates.models import Certificate
from tracker.db import db
from tracker.media.models import Evidence, Medium
from tracker.throttle import Throttle
from wipe.blocks import Ending

REASON = "The asset tag was wrong."


@dataclass
class Office:
    """A school with a station, and one certificate."""

    site: Site
    station: Bench
    evidence: Evidence
    certificate: Certificate

    @property
    def address(self) -> str:
        return f"/certificates/{self.certificate.id}"

    @property
    def public(self) -> str:
        return f"/V/{self.certificate.code}"

    def issue(self, medium: Medium | None = None, **changes: Any) -> Certificate:
        """Another one, about another drive."""
        db.session.commit()
        tess = self.site.actor("tess")
        evidence = self.station.wiped(medium or self.station.medium(), **changes)
        made = service.issue(tess, evidence.id, self.site.app.extensions["caretaker"])
        db.session.commit()
        return made


@pytest.fixture(autouse=True)
def _nobody_guessed_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public_views, "GUESSES", Throttle(failures=20, seconds=300, clock=lambda: 0.0))


@pytest.fixture
def office(site: Site) -> Office:
    tess = site.actor("tess")
    station = bench(tess)
    evidence = station.wiped(station.medium(asset=station.asset("Computer of Mrs Plum")))
    certificate = service.issue(tess, evidence.id, site.app.extensions["caretaker"])
    db.session.commit()
    return Office(site, station, evidence, certificate)


def events(kind: EventKind) -> int:
    found = db.session.scalar(select(func.count()).select_from(Event).where(Event.kind == kind.value)) or 0
    db.session.rollback()
    return found


def page(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    text = answer.get_data(as_text=True)
    assert answer.status_code == status, f"{address} answers {answer.status_code}"
    return text


def upload(client: FlaskClient, address: str, data: bytes) -> TestResponse:
    file = (io.BytesIO(data), "held.pdf")
    answer = client.post(address, data={"file": file}, content_type="multipart/form-data")
    answer.request.environ["wsgi.input"].close()  # the test client leaves its temporary file open
    return answer


# The list


def test_the_list_finds_certificates_by_number_serial_and_tag(office: Office) -> None:
    other, tess = office.issue(), office.site.client("tess")
    content = service.content_of(office.certificate)
    assert content.asset is not None
    device_serial = content.device.serial or ""
    tag = content.asset.tag
    number, theirs = office.certificate.number, other.number
    assert all(one in page(tess, "/certificates") for one in (number, theirs))
    for text in (
        number,
        number.lower(),
        device_serial,
        device_serial.replace("-", " ").lower(),
        f"{tag[:4]}-{tag[4:]}",
    ):
        found = page(tess, f"/certificates?q={text}")
        assert number in found, text
        assert theirs not in found, text
    assert "No certificate fits" in page(tess, "/certificates?q=nothing-like-this")


def test_the_list_filters_by_year_status_and_outcome(office: Office) -> None:
    beth = office.site.client("beth")
    exceptions = office.issue(hidden_areas=())
    number, other, year = office.certificate.number, exceptions.number, office.certificate.issued_at.year
    assert "Erased with exceptions" in page(beth, "/certificates")
    found = page(beth, "/certificates?outcome=CLEARED_WITH_EXCEPTIONS")
    assert other in found
    assert number not in found
    assert number in page(beth, f"/certificates?year={year}")
    assert "No certificate fits" in page(beth, f"/certificates?year={year + 1}")
    beth.post(f"{office.address}/withdraw", data={"reason": REASON})
    assert number in page(beth, "/certificates?status=withdrawn")
    assert number not in page(beth, "/certificates?status=in-force")


@pytest.mark.parametrize("query", ["?year=20266&page=x", "?year=٢٠٢٦", "?status=x", "?q=%01%27%22%3C", "?page=999999"])
def test_a_filter_that_cannot_be_read_is_left_out(office: Office, query: str) -> None:
    page(office.site.client("tess"), f"/certificates{query}")


def test_a_longer_list_needs_no_more_queries_and_never_reads_a_pdf(office: Office) -> None:
    tess = office.site.client("tess")
    page(tess, "/certificates")
    with counted() as few:
        page(tess, "/certificates")
    for _ in range(3):
        office.issue()
    with counted() as many:
        page(tess, "/certificates")
    assert len(few) == len(many)
    assert not any("certificates.pdf" in statement for statement in many)


def test_the_csv_has_what_is_shown_and_runs_no_formula(office: Office) -> None:
    medium = office.station.medium(serial="=SUM(A1)")
    identity = replace(cast.IDENTITY, serial="=SUM(A1)", wwn=None, make=None, model="+1")
    office.issue(medium, identity=identity)
    answer = office.site.client("adam").get("/certificates.csv")
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert rows[2][0] == office.certificate.number
    assert {len(row) for row in rows} == {len(rows[0])}
    assert rows[1][5:7] == ["'=SUM(A1)", "'+1"]
    assert events(EventKind.REGISTER_EXPORTED) == 1


def test_an_empty_list_says_what_to_do_next(site: Site) -> None:
    assert "Wipe a storage medium" in page(site.client("gwen"), "/certificates")


# One certificate


def test_the_page_says_all_that_the_certificate_says_and_what_it_is_worth(office: Office) -> None:
    text = page(office.site.client("gwen"), office.address)
    for said in (
        "Erased",
        "Tess Technician",
        "Computer of Mrs Plum",
        office.certificate.pdf_sha256,
        "Every point was looked at",
    ):
        assert said in text, said
    assert "Download the PDF" not in text  # a governor reads
    assert text.count("Good") >= 6


def test_two_downloads_are_the_same_bytes_and_both_are_in_the_log(office: Office) -> None:
    beth = office.site.client("beth")
    first, second = beth.get(f"{office.address}.pdf"), beth.get(f"{office.address}.pdf")
    assert first.get_data() == second.get_data() == office.certificate.pdf
    assert hashlib.sha256(first.get_data()).hexdigest() == office.certificate.pdf_sha256
    assert first.mimetype == "application/pdf"
    assert first.headers["ETag"] == f'"{office.certificate.pdf_sha256}"'
    assert events(EventKind.CERTIFICATE_DOWNLOADED) == 2
    again = beth.get(f"{office.address}.pdf", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")
    assert beth.head(f"{office.address}.pdf").status_code == 200
    assert events(EventKind.CERTIFICATE_DOWNLOADED) == 2


def test_a_third_partys_program_finds_the_downloaded_signature_valid_and_a_flipped_byte_not(
    office: Office, tmp_path: Path
) -> None:
    body = office.site.client("tess").get(f"{office.address}.pdf").get_data()

    def pdfsig(data: bytes) -> str:
        path = tmp_path / "certificate.pdf"
        path.write_bytes(data)
        done = subprocess.run(
            ["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False, env={"PATH": "/usr/bin"}
        )
        return done.stdout

    told = pdfsig(body)
    assert "Signature is Valid." in told
    assert "Total document signed" in told
    changed = bytearray(body)
    changed[body.index(b"/Producer") + 12] ^= 1
    assert "Signature is Valid." not in pdfsig(bytes(changed))


@pytest.mark.parametrize("username", ["gwen", "adam", "stan"])
def test_those_who_only_read_do_not_download(office: Office, username: str) -> None:
    assert office.site.client(username).get(f"{office.address}.pdf").status_code == 403
    assert events(EventKind.CERTIFICATE_DOWNLOADED) == 0


def test_another_schools_certificate_does_not_exist(office: Office) -> None:
    otto = office.site.client(OUTSIDER)
    assert office.certificate.number not in page(otto, "/certificates")
    for address in (office.address, f"{office.address}.pdf"):
        page(otto, address, 404)


def test_a_damaged_text_does_not_hide_the_page_that_says_so(office: Office) -> None:
    clients = office.site.client("beth"), office.site.client()
    around_the_guards("certificates", "content = :content", content="{}")
    assert "Do not rely on it" in page(clients[0], office.address)
    assert "Do not rely on this certificate" in page(clients[1], office.public)
    assert "Damaged" in page(clients[0], "/certificates")
    assert "Damaged" in page(clients[0], "/certificates.csv")


# Issue and correct


def test_the_page_of_the_medium_offers_the_certificate_and_then_shows_it(office: Office) -> None:
    evidence = office.station.wiped(office.station.medium())
    db.session.commit()
    tess, medium = office.site.client("tess"), f"/media/{evidence.medium_id}"
    address = re.search(r'action="(/certificates/issue/[^"]+)"', page(tess, medium))
    assert address is not None
    answer = tess.post(address[1])
    assert answer.status_code == 302
    assert re.fullmatch(r"/certificates/[0-9a-f-]{36}", answer.headers["Location"])
    text = page(tess, medium)
    assert "ST-B-E-000002" in text
    assert address[1] not in text
    job = page(tess, f"/jobs/{evidence.job_id}")
    assert "ST-B-E-000002" in job
    for told in ("What the record tells", "<h3>What was done</h3>", "<h3>How it was verified</h3>"):
        assert told in job
    refused = tess.post(address[1])
    assert refused.status_code == 409
    assert "in force" in refused.get_data(as_text=True)


def test_the_page_of_the_medium_says_why_there_is_no_certificate(office: Office) -> None:
    failed = office.station.wiped(office.station.medium(), ending=Ending.GONE)
    never = office.station.medium()
    db.session.commit()
    tess = office.site.client("tess")
    text = page(tess, f"/media/{failed.medium_id}")
    assert "The last wipe proves no erasure." in text
    assert "Issue the report" in text
    assert "Issue the certificate" not in text
    assert "not wiped at a station yet" in page(tess, f"/media/{never.id}")
    assert "The drive left, or stopped answering." in page(tess, f"/jobs/{failed.job_id}")


def test_the_public_page_of_a_report_does_not_sound_like_a_certificate(office: Office) -> None:
    failed = office.station.wiped(office.station.medium(), ending=Ending.GONE)
    db.session.commit()
    assert office.site.client("tess").post(f"/certificates/issue/{failed.id}").status_code == 302
    report = service.report_of(failed)
    assert report is not None
    text = page(office.site.client(), f"/V/{report.code}")
    assert "Genuine, and no proof of erasure" in text
    assert "Genuine and in force" not in text
    assert "issued this report on" in text
    assert "<title>Report" in text


def test_a_record_whose_signature_does_not_hold_tells_nothing_of_its_run(office: Office) -> None:
    evidence = office.station.wiped(office.station.medium())
    db.session.commit()
    around_the_guards("evidence", "signed = :signed", signed=b"x.y.z")
    text = page(office.site.client("tess"), f"/jobs/{evidence.job_id}")
    assert "Its evidence is damaged and proves nothing" in text
    assert "What the record tells" not in text


def test_the_bursar_replaces_and_withdraws_with_a_reason(office: Office) -> None:
    beth = office.site.client("beth")
    missing = beth.post(f"{office.address}/supersede", data={"reason": " "})
    assert missing.status_code == 422
    assert "Say why" in missing.get_data(as_text=True)
    answer = beth.post(f"{office.address}/supersede", data={"reason": REASON})
    assert answer.status_code == 302
    assert "was replaced" in page(beth, office.address)
    text = page(beth, answer.headers["Location"])
    assert "ST-B-E-000002" in text
    again = beth.post(f"{office.address}/withdraw", data={"reason": REASON})
    assert again.status_code == 422
    assert "ST-B-E-000002" in again.get_data(as_text=True)
    assert beth.post(f"{answer.headers['Location']}/withdraw", data={"reason": "Wrong <drive>"}).status_code == 302
    assert "Wrong &lt;drive&gt;" in page(beth, answer.headers["Location"])
    assert "Do not rely on this certificate" in page(office.site.client(), office.public)


# In public


def test_the_public_page_says_what_it_is_worth_and_names_nobody(office: Office) -> None:
    text = page(office.site.client(), office.public)
    content = service.content_of(office.certificate)
    serial = content.device.serial or "none"
    for said in (content.number, serial, content.evidence_sha256, "Saint Brigid&#39;s", "Every point"):
        assert said in text, said
    for name in ("Tess", "Technician", "Plum", "Server room"):
        assert name not in text, name
    assert office.site.client().get(office.public.lower()).status_code == 200


def test_it_shows_no_other_certificate(office: Office) -> None:
    other = office.issue()
    beth = office.site.client("beth")
    beth.post(f"{office.address}/supersede", data={"reason": REASON})
    text = page(office.site.client(), office.public)
    assert "replaced" in text
    for number in (other.number, "ST-B-E-000003"):
        assert number not in text


@pytest.mark.parametrize("code", ["0000000000000000", "x", "%01", "ABCDEFGHJKMNPQRS", "A" * 3000, "..%2f..%2fetc"])
def test_an_unknown_code_tells_nothing(office: Office, code: str) -> None:
    client = office.site.client()
    assert page(client, f"/V/{code}", 404) == page(client, "/V/1111111111111111", 404)
    assert client.get(f"/V/{code}/ca.pem").status_code == 404


def test_a_typed_code_is_read_as_people_type_it(office: Office) -> None:
    client, code = office.site.client(), office.certificate.code
    typed = f"{code[:4]}-{code[4:8]} {code[8:12].lower()}-{code[12:]}"
    answer = client.get("/V", query_string={"code": typed})
    assert answer.headers["Location"] == office.public
    assert "16 letters and digits" in page(client, "/V?code=abc", 422)
    assert "Check a certificate" in page(client, "/V")


def test_the_file_that_was_issued_is_recognised_and_nothing_else_is(office: Office) -> None:
    client, pdf = office.site.client(), office.certificate.pdf
    before = events(EventKind.CERTIFICATE_DOWNLOADED)
    right = upload(client, office.public, pdf).get_data(as_text=True)
    assert "is the issued certificate, byte for byte" in right
    changed = bytearray(pdf)
    changed[100] ^= 1
    for wrong in (bytes(changed), pdf[:-1], pdf + b"\n", b"x", office.issue().pdf):
        text = upload(client, office.public, wrong).get_data(as_text=True)
        assert "is not the issued certificate" in text
        assert "byte for byte" not in text
    assert "No file was chosen" in client.post(office.public, data={}).get_data(as_text=True)
    assert events(EventKind.CERTIFICATE_DOWNLOADED) == before


def test_a_file_of_up_to_five_megabytes_is_looked_at_and_a_larger_one_refused(office: Office) -> None:
    client = office.site.client()
    assert "is not the issued" in upload(client, office.public, bytes(5 << 20)).get_data(as_text=True)
    assert upload(client, office.public, bytes(6 << 20)).status_code == 413


def test_whoever_guesses_codes_is_slowed_down_and_whoever_does_not_is_not(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(public_views, "GUESSES", Throttle(failures=3, seconds=300, clock=lambda: now[0]))
    client = office.site.client()
    for _ in range(3):
        page(client, "/V/0000000000000000", 404)
    assert client.get(office.public).status_code == 429
    now[0] = 301.0
    assert client.get(office.public).status_code == 200
    for _ in range(10):
        page(client, office.public)


def test_anybody_can_take_the_authority_of_a_certificate_along_and_check_with_it(office: Office) -> None:
    answer = office.site.client().get(f"{office.public}/ca.pem")
    pem = answer.get_data()
    found = x509.load_pem_x509_certificate(pem)
    assert found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert b"PRIVATE" not in pem
    assert sign.check(office.certificate.pdf, [pem], office.certificate.issued_at).good


def test_comparing_a_file_needs_the_token_of_the_form(office: Office) -> None:
    office.site.app.config.update(WTF_CSRF_ENABLED=True)
    client = office.site.client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', page(client, office.public))
    assert token is not None
    data = {"file": (io.BytesIO(office.certificate.pdf), "a.pdf")}
    assert client.post(office.public, data={**data}, content_type="multipart/form-data").status_code == 400
    data = {"file": (io.BytesIO(office.certificate.pdf), "a.pdf"), "csrf_token": token[1]}  # type: ignore[dict-item]
    assert "byte for byte" in client.post(office.public, data=data).get_data(as_text=True)
