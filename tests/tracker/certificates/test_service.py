"""Certificates from real evidence, on both databases: issued once, frozen, corrected only by others, checked again."""

import hashlib
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests.cast import OUTSIDER, Site
from tests.things import Bench, bench
from tests.tracker.certificates import cast
from tracker.audit import chain
from tracker.audit.kinds import EventKind
from tracker.audit.service import history, links
from tracker.certificates import authority, numbers, paper, service, status
from tracker.certificates.models import Certificate
from tracker.config import Config
from tracker.db import add, db
from tracker.media.models import Evidence, Medium
from tracker.values import Actor, Denied, NotFound
from wipe.blocks import Ending
from wipe.vocabulary import Outcome

REASON = "The asset tag was wrong."
POINTS = ("bytes_intact", "signature", "evidence", "medium", "not_superseded", "not_withdrawn")


@pytest.fixture
def config(site: Site) -> Config:
    found: Config = site.app.extensions["caretaker"]
    return found


@pytest.fixture
def station(site: Site) -> Bench:
    made = bench(site.actor("tess"))
    db.session.commit()
    return made


@pytest.fixture
def evidence(station: Bench) -> Evidence:
    found = station.wiped(station.medium(asset=station.asset()))
    db.session.commit()
    return found


@pytest.fixture
def certificate(site: Site, evidence: Evidence, config: Config) -> Certificate:
    made = service.issue(site.actor("tess"), evidence.id, config)
    db.session.commit()
    return made


def codes(refused: pytest.ExceptionInfo[Denied]) -> list[str]:
    db.session.rollback()
    return [blocker.code for blocker in refused.value.blockers]


def wipe(station: Bench, medium: Medium | None = None, **changes: Any) -> Evidence:
    """A wipe whose evidence is in the register for good."""
    found = station.wiped(medium or station.medium(), **changes)
    db.session.commit()
    return found


def numbers_of(school_id: UUID) -> list[str]:
    query = select(Certificate.number).where(Certificate.school_id == school_id).order_by(Certificate.number)
    return list(db.session.scalars(query))


def wrong(found: status.Status) -> list[str]:
    return [name for name in POINTS if getattr(found, name).good is not True]


def around_the_guards(table: str, change: str, **values: object) -> None:
    """Change a row as somebody with the database's own password could, who takes the triggers off first."""
    names = (
        [f"{table}_no_update", f"{table}_no_delete"] if db.engine.dialect.name == "sqlite" else [f"{table}_append_only"]
    )
    for name in names:
        on = "" if db.engine.dialect.name == "sqlite" else f" ON {table}"
        db.session.execute(text(f"DROP TRIGGER {name}{on}"))
    db.session.execute(text(f"UPDATE {table} SET {change}"), values)
    db.session.commit()


def test_a_certificate_holds_its_content_its_pdf_and_their_hashes_and_the_log_has_them(
    certificate: Certificate, evidence: Evidence
) -> None:
    assert hashlib.sha256(certificate.pdf).hexdigest() == certificate.pdf_sha256
    assert hashlib.sha256(certificate.content.encode()).hexdigest() == certificate.content_sha256
    content = service.content_of(certificate)
    assert paper.canonical(content).decode() == certificate.content
    assert (content.number, content.code, content.evidence_sha256) == (
        certificate.number,
        certificate.code,
        evidence.sha256,
    )
    assert certificate.number == "ST-B-E-000001"
    assert content.verify_url == f"HTTP://127.0.0.1:5000/V/{certificate.code}"
    assert (content.operator.name, content.operator.role, content.issuer.name) == (
        "Tess Technician",
        "Technician",
        "Tess Technician",
    )
    (issued,) = history(certificate.school_id, "certificate", certificate.id)
    assert issued.kind == EventKind.CERTIFICATE_ISSUED
    assert issued.after["pdf_sha256"] == certificate.pdf_sha256
    assert issued.after["content_sha256"] == certificate.content_sha256
    assert issued.after["evidence_sha256"] == evidence.sha256
    assert chain.verify(links(certificate.school_id)).broken is None


def test_a_fresh_certificate_is_good_on_every_point(certificate: Certificate, config: Config) -> None:
    found = status.of(certificate, config)
    assert wrong(found) == []
    assert found.good
    assert all(answer.says.endswith(".") and answer.limits.endswith(".") for answer in found.answers)
    assert len({answer.limits for answer in found.answers}) == len(POINTS)


def test_a_point_that_was_not_looked_at_is_never_good(certificate: Certificate, config: Config) -> None:
    found = status.of(certificate, config)
    for name in POINTS:
        left_out = replace(found, **{name: status.Answer(None, "", "")})
        assert not left_out.good


# Frozen


@pytest.mark.parametrize("table", ["certificates", "certificate_withdrawals"])
@pytest.mark.parametrize("change", ["UPDATE {} SET school_id = school_id", "DELETE FROM {}"])
def test_the_database_refuses_to_change_or_remove_a_certificate_or_withdrawal(
    site: Site, certificate: Certificate, table: str, change: str
) -> None:
    service.withdraw(site.actor("beth"), certificate.id, REASON)
    db.session.commit()
    with pytest.raises(DBAPIError, match="append-only"):
        db.session.execute(text(change.format(table)))
    db.session.rollback()
    assert db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 1


def test_a_flipped_byte_in_the_stored_pdf_is_seen(certificate: Certificate, config: Config) -> None:
    assert status.of(certificate, config).good
    pdf = bytearray(certificate.pdf)
    pdf[len(pdf) // 3] ^= 1
    around_the_guards("certificates", "pdf = :pdf", pdf=bytes(pdf))
    assert {"bytes_intact", "signature"} <= set(wrong(status.of(certificate, config)))


def test_another_pdf_with_its_own_sum_is_seen_by_the_signature(certificate: Certificate, config: Config) -> None:
    assert status.of(certificate, config).good
    pdf = certificate.pdf + b"\n% one more line\n"
    digest = hashlib.sha256(pdf).hexdigest()
    around_the_guards("certificates", "pdf = :pdf, pdf_sha256 = :digest", pdf=pdf, digest=digest)
    found = status.of(certificate, config)
    assert found.bytes_intact.good is True
    assert wrong(found) == ["signature"]


def test_changed_content_is_seen(certificate: Certificate, config: Config) -> None:
    assert status.of(certificate, config).good
    changed = certificate.content.replace("Tess", "Bess")
    around_the_guards("certificates", "content = :content", content=changed)
    assert wrong(status.of(certificate, config)) == ["bytes_intact"]


def test_changed_content_with_its_own_sum_that_names_other_evidence_is_seen(
    certificate: Certificate, evidence: Evidence, config: Config
) -> None:
    assert status.of(certificate, config).good
    changed = certificate.content.replace(evidence.sha256, "0" * 64)
    digest = hashlib.sha256(changed.encode()).hexdigest()
    around_the_guards("certificates", "content = :content, content_sha256 = :digest", content=changed, digest=digest)
    assert wrong(status.of(certificate, config)) == ["evidence"]


def test_changed_evidence_is_seen(certificate: Certificate, evidence: Evidence, config: Config) -> None:
    assert status.of(certificate, config).good
    signed = bytearray(evidence.signed)
    signed[len(signed) // 2] = ord("A") if signed[len(signed) // 2] != ord("A") else ord("B")
    around_the_guards("evidence", "signed = :signed", signed=bytes(signed))
    found = status.of(certificate, config)
    assert {"evidence", "medium"} <= set(wrong(found))
    assert found.medium.good is None


def test_without_the_schools_authority_nobody_can_tell_who_signed(certificate: Certificate, config: Config) -> None:
    (service.signing_folder(config, certificate.school_id) / authority.CA).rename(config.instance / "elsewhere.pem")
    found = status.of(certificate, config)
    assert found.signature.good is None
    assert not found.good


def test_a_lost_signing_key_is_never_replaced_silently(
    site: Site, station: Bench, certificate: Certificate, config: Config
) -> None:
    folder = service.signing_folder(config, certificate.school_id)
    folder.rename(folder.with_name("lost"))
    another = wipe(station)
    with pytest.raises(authority.NotReady, match="Restore"):
        service.issue(site.actor("tess"), another.id, config)
    assert not folder.exists()


def test_a_certificate_of_another_authority_with_the_same_name_is_not_the_schools(
    certificate: Certificate, config: Config
) -> None:
    assert status.of(certificate, config).good
    folder = service.signing_folder(config, certificate.school_id)
    folder.rename(folder.with_name("own"))
    authority.ready(folder, "Saint Brigid's Catholic Primary School", certificate.issued_at)
    assert wrong(status.of(certificate, config)) == ["signature"]


# Refused


def test_one_piece_of_evidence_gets_one_certificate(site: Site, certificate: Certificate, config: Config) -> None:
    with pytest.raises(Denied) as refused:
        service.issue(site.actor("beth"), certificate.evidence_id, config)
    assert codes(refused) == ["already_issued"]


@pytest.mark.parametrize("username", ["gwen", "adam", "stan"])
def test_those_who_only_read_cannot_issue(site: Site, evidence: Evidence, config: Config, username: str) -> None:
    with pytest.raises(Denied) as refused:
        service.issue(site.actor(username), evidence.id, config)
    assert codes(refused) == ["role"]


def test_evidence_of_another_school_does_not_exist(site: Site, evidence: Evidence, config: Config) -> None:
    with pytest.raises(NotFound):
        service.issue(site.actor(OUTSIDER), evidence.id, config)


def test_a_run_that_failed_gets_no_certificate(site: Site, station: Bench, config: Config) -> None:
    found = wipe(station, ending=Ending.GONE)
    assert found.outcome != Outcome.SANITISED_CLEAR.value
    with pytest.raises(Denied) as refused:
        service.issue(site.actor("tess"), found.id, config)
    assert "not_erased" in codes(refused)


def test_a_run_that_did_not_erase_gets_a_report_in_a_series_of_its_own(
    site: Site, station: Bench, certificate: Certificate, config: Config
) -> None:
    found = wipe(station, ending=Ending.GONE)
    page = site.client("tess")
    assert page.post(f"/certificates/issue/{found.id}").status_code == 302
    report = service.report_of(found)
    assert report is not None
    assert (report.number, service.content_of(report).report) == ("ST-B-R-000001", True)
    assert found.medium_id is not None
    assert service.current_for(found.school_id, found.medium_id) is None
    assert status.of(report, config).good
    for address in (f"/certificates/{report.id}", f"/V/{report.code}", f"/media/{found.medium_id}"):
        told = page.get(address).get_data(as_text=True)
        assert "not erased" in told.lower()
    with pytest.raises(Denied) as refused:
        service.report(site.actor("beth"), found.id, config)
    assert codes(refused) == ["already_issued"]


def test_quarantined_evidence_gets_no_certificate(site: Site, station: Bench, config: Config) -> None:
    medium = station.medium()
    found = wipe(station, medium, identity=replace(cast.IDENTITY, serial="SOMETHING-ELSE", wwn=None))
    assert found.state == "quarantined"
    with pytest.raises(Denied) as refused:
        service.issue(site.actor("tess"), found.id, config)
    assert "quarantined" in codes(refused)


def test_evidence_that_does_not_verify_gets_no_certificate_though_it_was_accepted_once(
    site: Site, evidence: Evidence, config: Config
) -> None:
    assert service.may_issue(site.actor("tess"), evidence).allowed
    signed = bytearray(evidence.signed)
    signed[-5] = ord("A") if signed[-5] != ord("A") else ord("B")
    around_the_guards("evidence", "signed = :signed", signed=bytes(signed))
    with pytest.raises(Denied) as refused:
        service.issue(site.actor("tess"), evidence.id, config)
    assert codes(refused) == ["key_unknown"]


def test_evidence_under_a_key_that_no_station_of_the_school_has_gets_no_certificate(
    site: Site, station: Bench, evidence: Evidence, config: Config
) -> None:
    station.station.public_key = '{"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'
    db.session.commit()
    with pytest.raises(Denied) as refused:
        service.issue(site.actor("tess"), evidence.id, config)
    assert codes(refused) == ["key_unknown"]


def test_the_same_medium_wiped_again_takes_the_old_evidence_out_of_use(
    site: Site, station: Bench, evidence: Evidence, config: Config
) -> None:
    assert evidence.medium_id is not None
    assert service.may_issue(site.actor("tess"), evidence).allowed
    medium = service.media.get_medium(evidence.school_id, evidence.medium_id)
    wipe(station, medium, ended=cast.START + timedelta(days=1))
    with pytest.raises(Denied) as refused:
        service.issue(site.actor("tess"), evidence.id, config)
    assert codes(refused) == ["later_run"]


def test_a_medium_that_was_used_again_gets_no_first_certificate_from_the_old_wipe(
    site: Site, evidence: Evidence, config: Config
) -> None:
    tess = site.actor("tess")
    assert service.may_issue(tess, evidence).allowed
    assert evidence.medium_id is not None
    medium = service.media.get_medium(evidence.school_id, evidence.medium_id)
    to = service.media.MediumState.IN_SERVICE
    service.media.change_state(tess, medium.id, to, version=medium.version, reason="put into another laptop")
    with pytest.raises(Denied) as refused:
        service.issue(tess, evidence.id, config)
    assert "used_since" in codes(refused)


# Numbers


def test_numbers_have_no_gap_after_something_went_wrong(site: Site, station: Bench, config: Config) -> None:
    found = [wipe(station).id for _ in range(3)]
    db.session.commit()
    tess = site.actor("tess")
    service.issue(tess, found[0], config)
    db.session.rollback()  # the power went before the commit
    service.issue(tess, found[1], config)
    db.session.commit()
    with pytest.raises(Denied):
        service.issue(tess, found[1], config)
    db.session.rollback()
    service.issue(tess, found[2], config)
    db.session.commit()
    assert numbers_of(tess.school_id) == ["ST-B-E-000001", "ST-B-E-000002"]


def test_each_school_counts_for_itself(site: Site, certificate: Certificate, config: Config) -> None:
    otto = site.actor(OUTSIDER)
    elsewhere = bench(otto)
    made = service.issue(otto, elsewhere.wiped(elsewhere.medium()).id, config)
    assert (certificate.number, made.number) == ("ST-B-E-000001", "OTHER-E-000001")


def together(site: Site, works: list[Callable[[], object]]) -> list[BaseException]:
    """Do all at the same moment, each in a thread with a session of its own; what was raised."""
    db.session.rollback()  # SQLite has one writer: this thread must not be it
    gate, raised = threading.Barrier(len(works)), list[BaseException]()

    def one(work: Callable[[], object]) -> None:
        with site.app.app_context():
            gate.wait(timeout=30)
            try:
                work()
                db.session.commit()
            except Exception as error:
                db.session.rollback()
                raised.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=one, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return raised


def test_numbers_have_neither_gaps_nor_doubles_when_many_issue_at_once(
    site: Site, station: Bench, config: Config
) -> None:
    found = [wipe(station).id for _ in range(6)]
    db.session.commit()
    tess = site.actor("tess")
    raised = together(site, [lambda id=id: service.issue(tess, id, config) for id in found])  # type: ignore[misc]
    assert raised == []
    assert numbers_of(tess.school_id) == [f"ST-B-E-{number:06}" for number in range(1, 7)]
    assert chain.verify(links(tess.school_id)).broken is None


def test_two_at_once_get_one_certificate_from_one_piece_of_evidence(
    site: Site, evidence: Evidence, config: Config
) -> None:
    tess, evidence_id = site.actor("tess"), evidence.id
    raised = together(site, [lambda: service.issue(tess, evidence_id, config)] * 4)
    assert [type(one) for one in raised] == [Denied] * 3
    assert numbers_of(tess.school_id) == ["ST-B-E-000001"]


def test_the_database_itself_refuses_a_second_first_certificate(certificate: Certificate) -> None:
    columns = {name: getattr(certificate, name) for name in Certificate.__table__.columns.keys()}  # noqa: SIM118
    twin = Certificate(**{**columns, "id": uuid4(), "number": "ST-B-E-000099", "code": numbers.new_code()})
    with pytest.raises(DBAPIError):
        add(twin)
    db.session.rollback()


# Corrected


def test_the_bursar_replaces_a_certificate_and_the_old_one_stays_and_says_so(
    site: Site, certificate: Certificate, config: Config
) -> None:
    new = service.supersede(site.actor("beth"), certificate.id, REASON, config)
    db.session.commit()
    assert (new.number, new.supersedes_id) == ("ST-B-E-000002", certificate.id)
    assert service.content_of(new).supersedes == certificate.number
    assert wrong(status.of(certificate, config)) == ["not_superseded"]
    assert status.of(new, config).good
    assert service.current_for(new.school_id, new.medium_id) is new
    kinds = [(one.kind, one.why) for one in history(new.school_id, "certificate", certificate.id)]
    assert kinds[0] == (EventKind.CERTIFICATE_SUPERSEDED, REASON)


def test_a_replacement_is_about_the_latest_run(
    site: Site, station: Bench, certificate: Certificate, config: Config
) -> None:
    medium = service.media.get_medium(certificate.school_id, certificate.medium_id)
    later = wipe(station, medium, ended=cast.START + timedelta(days=9))
    assert wrong(status.of(certificate, config)) == ["medium"]
    new = service.supersede(site.actor("beth"), certificate.id, "It was wiped again.", config)
    assert new.evidence_id == later.id
    assert status.of(new, config).good


def test_a_withdrawn_certificate_proves_nothing_and_its_evidence_gives_no_other(
    site: Site, certificate: Certificate, config: Config
) -> None:
    service.withdraw(site.actor("hana"), certificate.id, "The drive was mixed up.")
    db.session.commit()
    assert wrong(status.of(certificate, config)) == ["not_withdrawn"]
    assert service.current_for(certificate.school_id, certificate.medium_id) is None
    with pytest.raises(Denied) as refused:
        service.issue(site.actor("beth"), certificate.evidence_id, config)
    assert codes(refused) == ["withdrawn"]


@pytest.mark.parametrize("username", ["tess", "gwen", "adam", "stan"])
def test_only_the_bursar_and_the_head_correct(
    site: Site, certificate: Certificate, config: Config, username: str
) -> None:
    for act in (
        lambda actor: service.supersede(actor, certificate.id, REASON, config),
        lambda actor: service.withdraw(actor, certificate.id, REASON),
    ):
        with pytest.raises(Denied) as refused:
            act(site.actor(username))
        assert "role" in codes(refused)


def test_nobody_corrects_the_certificate_of_a_wipe_they_ran(site: Site, config: Config) -> None:
    head = site.actor("hana")
    made = service.issue(head, (place := bench(head)).wiped(place.medium()).id, config)
    db.session.commit()
    for act in (service.withdraw, lambda *told: service.supersede(*told, config)):
        with pytest.raises(Denied) as refused:
            act(head, made.id, REASON)
        assert codes(refused) == ["own_wipe"]
    service.withdraw(site.actor("beth"), made.id, REASON)


@pytest.mark.parametrize("reason", ["", "  ", "ab", "x" * 1001])
def test_a_correction_needs_a_reason(site: Site, certificate: Certificate, reason: str) -> None:
    with pytest.raises(Denied) as refused:
        service.withdraw(site.actor("beth"), certificate.id, reason)
    assert codes(refused) == ["reason"]


def test_what_was_replaced_or_withdrawn_is_not_corrected_again(
    site: Site, certificate: Certificate, config: Config
) -> None:
    beth = site.actor("beth")
    new = service.supersede(beth, certificate.id, REASON, config)
    service.withdraw(beth, new.id, REASON)
    db.session.commit()
    for one, code in ((certificate, "superseded"), (new, "withdrawn")):
        for act in (service.withdraw, lambda *told: service.supersede(*told, config)):
            with pytest.raises(Denied) as refused:
                act(beth, one.id, REASON)
            assert codes(refused) == [code]


def test_two_at_once_replace_a_certificate_once(site: Site, certificate: Certificate, config: Config) -> None:
    beth, certificate_id = site.actor("beth"), certificate.id
    raised = together(site, [lambda: service.supersede(beth, certificate_id, REASON, config)] * 3)
    assert [type(one) for one in raised] == [Denied] * 2
    assert numbers_of(beth.school_id) == ["ST-B-E-000001", "ST-B-E-000002"]


def test_certificates_of_another_school_cannot_be_corrected(
    site: Site, certificate: Certificate, config: Config
) -> None:
    outsider: Actor = replace(site.actor(OUTSIDER), role=site.actor("beth").role)
    with pytest.raises(NotFound):
        service.withdraw(outsider, certificate.id, REASON)
    with suppress(NotFound):
        service.supersede(outsider, certificate.id, REASON, config)
        pytest.fail("another school's certificate was replaced")
