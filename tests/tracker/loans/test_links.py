"""Signing by a mailed link: what waits, what the link opens, how often, and what is asked again. On both databases."""

import base64
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.cast import Site, body, hidden
from tests.things import drawing
from tests.together import together
from tests.tracker.loans.desk import HOME, Desk, desk, form
from tests.tracker.reminders.postoffice import PostOffice, post_office
from tracker.agreements import service as agreements
from tracker.agreements.rules import AgreementDetails, AgreementKind, Relation
from tracker.audit.models import Event
from tracker.db import db
from tracker.inventory import checks, lifecycle
from tracker.inventory import service as inventory
from tracker.inventory.checks_rules import CheckDetails
from tracker.inventory.models import Asset
from tracker.inventory.rules import CheckKind
from tracker.loans import links, links_mail, links_public, links_rules, service
from tracker.loans.links import Receiver
from tracker.loans.links_rules import LinkState
from tracker.loans.models import Loan, SigningRequest
from tracker.loans.reservations import Asked as Reserved
from tracker.loans.reservations import reserve
from tracker.loans.reservations_rules import span_of
from tracker.loans.rules import LoanDetails, Means
from tracker.loans.service import Back, Lent, Signed
from tracker.people import service as people
from tracker.people.rules import PersonDetails, PersonKind
from tracker.throttle import Throttle
from tracker.values import Actor, Conflict, Denied, NotFound, Role, utc_now

SENDER = "caretaker@school.example"
ANN = Receiver("Ann Example", "ann@school.example")


@pytest.fixture
def made(site: Site, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(links_public, "GUESSES", Throttle(failures=20, seconds=300, clock=lambda: 0.0))
    found = desk(site.actor("tess"))
    db.session.commit()
    return found


def home(days: int = 30) -> LoanDetails:
    return LoanDetails(service.today() + timedelta(days=days), off_site=True, purpose="Planning", place="At home")


def asked(made: Desk, *assets: Asset, days: int = 7) -> links.Asked:
    """A loan of laptops that waits for Ann's signature."""
    things = [Lent(one.id, "Charger and bag", "Scratch on the lid") for one in assets or [made.laptop(*HOME)]]
    found = links.ask_for_loan(made.actor, made.ann.id, things, home(), ANN, days)
    db.session.commit()
    return found


def sign(client: FlaskClient, token: str, **more: str) -> tuple[int, str]:
    """Open the link and sign; the status and the page."""
    page = body(client.get(f"/sign/{token}"))
    found = re.search(r'name="text_sha256" value="([^"]*)"', page)
    sent = {"text_sha256": found[1] if found else "", "signatory": "Ann Example", "agreed": "y", **more}
    answer = client.post(f"/sign/{token}", data=sent)
    return answer.status_code, body(answer)


def mailing(site: Site, office: PostOffice) -> None:
    config = site.app.extensions["caretaker"]
    site.app.extensions["caretaker"] = replace(config, mail_server=office.server(), mail_from=SENDER)


def link_in(office: PostOffice) -> str:
    """The token in the newest mail."""
    part = office.mails[-1].get_body(("plain",))
    assert part is not None
    found = re.search(r"http://127\.0\.0\.1:5000/sign/([A-Za-z0-9_-]{43})\r?\n", part.get_content())
    assert found
    return found[1]


def test_a_loan_is_prepared_mailed_and_signed_once_without_an_account(site: Site, made: Desk) -> None:
    asset = made.laptop(*HOME)
    asset_id, tag = asset.id, asset.tag
    told = form(made.ann.id, asset, due=home().due_on.isoformat())
    sent = {**told, f"accessories-{asset_id}": "Charger", f"condition-{asset_id}": "Scratch on the lid"}
    with post_office() as office:
        mailing(site, office)
        tess = site.client("tess")
        receiver = {"receiver": "Ann Example", "address": "ann@school.example"}
        answer = tess.post("/loans/signing/loan", data={**sent, **receiver})
        assert answer.status_code == 302, body(answer)
        page = body(tess.get(answer.location))
        assert "The link is mailed to Ann Example." in page
        assert "Waiting for the signature" in page
        assert office.readers == ["ann@school.example"]
        token = link_in(office)
    assert db.session.scalar(select(Loan)) is None  # nothing goes out before it is signed
    assert "Scratch" not in str(office.mails[-1])  # mail is read by others, too
    assert db.session.scalar(select(SigningRequest.token_sha256)) == links_rules.token_hash(token)
    nobody = site.client()
    for _ in range(3):  # mail servers open links to look for viruses
        opened = nobody.get(f"/sign/{token}")
        assert opened.status_code == 200
    for words in ("bring it back", "Dell Latitude", "Charger", "Scratch on the lid", "Planning", "At home"):
        assert words in body(opened)
    assert opened.headers["Cache-Control"] == "no-store"
    assert opened.headers["Referrer-Policy"] == "same-origin"
    assert nobody.head(f"/sign/{token}").status_code == 200
    assert db.session.scalar(select(Loan)) is None
    status, page = sign(nobody, token, drawn=_data_url())
    assert (status, "Thank you, it is signed" in page) == (200, True)
    loan = db.session.scalars(select(Loan)).one()
    assert (loan.signatory, loan.means, loan.lent_by) == ("Ann Example", Means.LINK, "Tess Technician")
    given = db.session.scalars(select(Event).where(Event.kind == "loan:lent")).one()
    assert given.actor_id is None  # nobody was signed in
    assert loan.drawn
    assert loan.drawn.startswith(b"\x89PNG")
    assert inventory.get_asset(loan.school_id, asset_id).state == "on_loan"
    assert "By a link in a mail" in body(tess.get(f"/loans/{loan.id}"))
    status, page = sign(nobody, token)
    assert (status, "This link was used" in page) == (410, True)
    assert "Ann" not in page
    assert tag not in page
    assert "Nothing waits for a signature" in body(tess.get("/loans/signing"))
    assert "Signed" in body(tess.get("/loans/signing?state=all"))


def _data_url() -> str:
    return "data:image/png;base64," + base64.b64encode(drawing()).decode()


@pytest.mark.parametrize("way", ["expired", "revoked", "renewed", "wrong", "short", "hash"])
def test_a_link_that_opens_nothing_says_so_and_nothing_else(site: Site, made: Desk, way: str) -> None:
    found = asked(made)
    request, token, status = found.request, found.token, 410
    if way == "expired":
        request.expires_at = utc_now() - timedelta(seconds=1)
    elif way == "revoked":
        links.revoke(made.actor, request.id, version=request.version)
    elif way == "renewed":
        links.renew(made.actor, request.id, ANN, 7, version=request.version)
        status = 404
    else:
        token = {"wrong": "A" * 43, "short": token[:-1], "hash": request.token_sha256}[way]
        status = 404
    db.session.commit()
    client = site.client()
    sent = {"text_sha256": made.terms.text_sha256, "signatory": "Ann Example", "agreed": "y"}
    for answer in (client.get(f"/sign/{token}"), client.post(f"/sign/{token}", data=sent)):
        assert answer.status_code == status
        page = body(answer)
        assert {"expired": "This link has expired", "revoked": "This link was taken back"}.get(
            way, "This link leads nowhere"
        ) in page
        for secret in ("Ann", "Dell", "Planning", "Brigid", made.terms.text):
            assert secret not in page
    assert db.session.scalar(select(Loan)) is None


def test_whoever_guesses_links_is_slowed_down(site: Site, made: Desk) -> None:
    found = asked(made)
    client = site.client()
    for guess in range(20):
        assert client.get(f"/sign/{guess:043}").status_code == 404
    answer = client.get(f"/sign/{found.token}")
    assert answer.status_code == 429
    assert "Ann" not in body(answer)


def test_all_gates_are_asked_again_at_the_moment_of_signing(site: Site, made: Desk) -> None:
    asset = made.laptop(*HOME)
    found = asked(made, asset)
    token, request_id, client = found.token, found.request.id, site.client()
    service.suspend(made.actor, made.ann.id, "Two laptops overdue")
    status, page = sign(client, token)
    assert (status, "may not borrow for now" in page) == (409, True)
    assert "may not borrow for now" in body(site.client("tess").get(f"/loans/signing/{request_id}"))
    service.lift(made.actor, made.ann.id)
    lifecycle.hand_out(made.actor, asset.id, why="Lent by another desk")
    status, page = sign(client, token)
    assert (status, "It is on loan" in page) == (409, True)
    lifecycle.give_back(made.actor, asset.id, made.ann.id, why="Back")
    everybody = frozenset(PersonKind)
    rules = agreements.add_agreement(
        made.actor, AgreementDetails("Acceptable use", AgreementKind.ACCEPTABLE_USE, everybody, "Head")
    )
    agreements.write_draft(made.actor, rules.id, "Be kind.", version=rules.version)
    head = replace(made.actor, id=None, role=Role.HEAD)
    today = agreements.today()
    agreements.approve(head, rules.id, version=rules.version, minute_ref="", in_force_on=today, sign_again=True)
    status, page = sign(client, token)
    assert (status, "has not signed the current version" in page) == (409, True)
    own = links.ask_for_agreement(made.actor, rules.id, made.ann.id, ANN, 7)
    own_token = own.token
    status, page = sign(client, own_token)
    assert (status, "Your signature is kept" in page) == (200, True), page
    status, page = sign(client, token)
    assert (status, "Thank you" in page) == (200, True), page


@pytest.mark.parametrize(
    ("gate", "words"), [("encryption", "is encrypted"), ("anti-virus", "virus protection"), ("due", "in the past")]
)
def test_what_is_no_longer_so_keeps_it_here(site: Site, made: Desk, gate: str, words: str) -> None:
    asset = made.laptop(*HOME)
    found = asked(made, asset)
    long_ago = service.today() - timedelta(days=4000)
    if gate != "due":
        kind = CheckKind.ENCRYPTION if gate == "encryption" else CheckKind.ANTI_VIRUS
        told = CheckDetails(kind, passed=False, done_on=checks.today(), done_by="Tess", method="Seen", note="Off")
        checks.record_checks(made.actor, [asset.id], told)
    else:
        kept = links_rules.document_of(found.request.document)
        assert kept.details
        found.request.document = replace(kept, details=replace(kept.details, due_on=long_ago)).kept()
    token = found.token
    status, page = sign(site.client(), token)
    assert (status, words in page) == (409, True), page
    assert db.session.scalar(select(Loan)) is None


def test_what_is_reserved_for_somebody_else_is_not_signed_for(site: Site, made: Desk) -> None:
    asset = made.laptop(*HOME)
    token = asked(made, asset).token
    bob = people.add_person(made.actor, PersonDetails("Bob Borrower"))
    span = span_of(service.today() + timedelta(days=1), None, None, None)
    assert span is not None
    reserve(made.actor, bob.id, Reserved(span, (asset.id,)))
    db.session.commit()
    with pytest.raises(Denied, match="reserved"):
        asked(made, asset)
    db.session.rollback()
    status, page = sign(site.client(), token)
    assert (status, "reserved" in page) == (409, True), page
    over = replace(home(), over="Bob takes another one")
    found = links.ask_for_loan(made.actor, made.ann.id, [Lent(asset.id)], over, ANN, 7)
    token = found.token
    assert sign(site.client(), token)[0] == 200  # a technician may, and might when it was prepared


def test_terms_that_were_replaced_are_read_before_they_are_signed(site: Site, made: Desk) -> None:
    token, client = asked(made).token, site.client()
    old = made.terms.text_sha256
    head = replace(made.actor, id=None, role=Role.HEAD)
    agreement = agreements.get_agreement(made.actor.school_id, made.terms.agreement_id)
    agreements.write_draft(made.actor, agreement.id, "New terms.", version=agreement.version)
    agreements.approve(
        head,
        agreement.id,
        version=agreement.version,
        minute_ref="",
        in_force_on=agreements.today(),
        sign_again=True,
    )
    sent = {"text_sha256": old, "signatory": "Ann Example", "agreed": "y"}
    answer = client.post(f"/sign/{token}", data=sent)
    assert answer.status_code == 422
    assert "terms were replaced" in body(answer)
    assert "New terms." in body(answer)
    status, _ = sign(client, token)
    assert status == 200


def test_a_signature_that_is_none_is_refused_and_the_link_stays_open(site: Site, made: Desk) -> None:
    token, client = asked(made).token, site.client()
    for wrong in ({"signatory": " "}, {"agreed": ""}, {"drawn": "data:image/png;base64,AAAA"}, {"signatory": "\x1b"}):
        status, page = sign(client, token, **wrong)
        assert (status, "There is a problem" in page) == (422, True), wrong
    assert sign(client, token)[0] == 200


@pytest.mark.parametrize("way", ["down", "550 5.1.1 no such mailbox", "drop", "none", "plain"])
def test_a_mail_that_does_not_go_leaves_the_loan_waiting_and_the_desk_sees_it(site: Site, made: Desk, way: str) -> None:
    asset = made.laptop(*HOME)
    told = form(made.ann.id, asset, due=home().due_on.isoformat(), receiver="Ann", address="ann@school.example")
    tess = site.client("tess")
    with post_office() as office:
        config = site.app.extensions["caretaker"]
        if way != "none":
            mailing(site, office)
        if way == "down":
            site.app.extensions["caretaker"] = replace(config, mail_server=office.server(port=1), mail_from=SENDER)
        elif way == "plain":
            plain = replace(site.app.extensions["caretaker"], base_url="http://assets.school.example")
            site.app.extensions["caretaker"] = plain
        elif way != "none":
            office.ways = {"data" if way == "drop" else "rcpt": way}
        answer = tess.post("/loans/signing/loan", data=told)
        where, page = answer.location, body(tess.get(answer.location))
        assert "The mail did not go, or is not known to have" in page
        assert "Waiting for the signature" in page
        assert "Did not go" in body(tess.get("/loans/signing"))
        request = db.session.scalars(select(SigningRequest)).one()
        assert (request.mailed_at, request.problem != "") == (None, True)
        request_id = request.id
        site.app.extensions["caretaker"] = config
        mailing(site, office)  # the server works again
        office.ways = {}
        again = {"version": hidden(page, "version"), "receiver": "Ann Example", "address": "ann@school.example"}
        assert tess.post(f"/loans/signing/{request_id}/again", data=again).status_code == 302
        assert "The mail server took it" in body(tess.get(where))
        token = link_in(office)
    assert sign(site.client(), token)[0] == 200


def test_the_desk_takes_the_signature_of_what_waits(site: Site, made: Desk) -> None:
    found = asked(made)
    token, where = found.token, f"/loans/signing/{found.request.id}/sign"
    tess = site.client("tess")
    page = body(tess.get(where))
    assert "Charger and bag" in page
    sent = {"text_sha256": hidden(page, "text_sha256"), "signatory": "Ann Example", "agreed": "y", "means": "paper"}
    answer = tess.post(where, data=sent)
    assert answer.status_code == 422
    assert "Say where the signed paper is kept" in body(answer)
    answer = tess.post(where, data={**sent, "reference": "Folder 3"})
    assert answer.status_code == 302
    page = body(tess.get(answer.location))
    assert "On paper: Folder 3" in page
    assert site.client().get(f"/sign/{token}").status_code == 410
    assert "It is signed already" in body(tess.get(where))
    assert tess.post(where, data={**sent, "reference": "Folder 3"}).status_code == 422


def test_what_came_back_is_signed_in_by_a_link(site: Site, made: Desk) -> None:
    assets = [made.laptop(*HOME), made.laptop(*HOME)]
    loan = service.lend(made.actor, made.ann.id, [Lent(one.id, "Charger") for one in assets], home(), made.signed())
    back = [Back(assets[0].id), Back(assets[1].id, service.Condition.DAMAGED, "Cracked")]
    with pytest.raises(Denied, match="came back without"):
        links.ask_for_return(made.actor, loan.id, ANN, 7)
    service.take_back(made.actor, back, Signed(""))
    loan_id = loan.id
    db.session.commit()
    with post_office() as office:
        mailing(site, office)
        tess = site.client("tess")
        assert "Mail a link to sign the return" in body(tess.get(f"/loans/{loan_id}"))
        sent = {"receiver": "Ann Example", "address": "ann@school.example"}
        assert tess.post(f"/loans/{loan_id}/ask", data=sent).status_code == 302
        token = link_in(office)
    client = site.client()
    assert "Damaged: Cracked" in body(client.get(f"/sign/{token}"))
    status, page = sign(client, token)
    assert (status, "Your return is signed" in page) == (200, True)
    items = service.items_of(made.actor.school_id, loan_id)
    assert {(one.returned_by, one.means_in) for one in items} == {("Ann Example", "link")}
    assert all(one.signed_in_at for one in items)
    assert "Mail a link to sign the return" not in body(tess.get(f"/loans/{loan_id}"))
    with pytest.raises(Denied, match="signed for already"):
        service.sign_in(made.actor, loan_id, [items[0].id], made.signed())


def test_a_parent_signs_for_a_pupil_by_a_link(site: Site, made: Desk) -> None:
    details = PersonDetails("Pip Pupil", PersonKind.PUPIL, parent_name="Pat Parent", parent_email="pat@home.example")
    pip = people.add_person(made.actor, details)
    policy = agreements.add_agreement(
        made.actor,
        AgreementDetails("Acceptable use", AgreementKind.ACCEPTABLE_USE, frozenset({PersonKind.PUPIL}), "Head"),
    )
    agreements.write_draft(made.actor, policy.id, "Be kind.", version=policy.version)
    head = replace(made.actor, id=None, role=Role.HEAD)
    version = agreements.approve(
        head,
        policy.id,
        version=policy.version,
        minute_ref="",
        in_force_on=agreements.today(),
        sign_again=True,
    )
    pip_id, policy_id, version_id = pip.id, policy.id, version.id
    with pytest.raises(Denied, match="has not signed"):
        links.ask_for_loan(made.actor, pip_id, [Lent(made.laptop(*HOME).id)], home(), ANN, 7)
    tess = site.client("tess")
    with post_office() as office:
        mailing(site, office)
        assert "mail a link" in body(tess.get(f"/agreements/{policy_id}/missing"))
        where = f"/loans/signing/agreement/{policy_id}/{pip_id}"
        page = body(tess.get(where))
        assert "Pat Parent" in page
        assert "pat@home.example" in page
        sent = {"receiver": "Pat Parent", "address": "pat@home.example"}
        assert tess.post(where, data=sent).status_code == 302
        token = link_in(office)
    client = site.client()
    page = body(client.get(f"/sign/{token}"))
    assert "A parent or carer signs for a pupil" in page
    assert "Be kind." in page
    status, _ = sign(client, token, signatory="Pat Parent", relation="carer")
    assert status == 200
    person = people.get_person(made.actor.school_id, pip_id)
    (standing,) = agreements.standing_of(person, AgreementKind.ACCEPTABLE_USE)
    assert standing.standing == "current"
    assert standing.signature
    assert standing.signature.agreement_version_id == version_id
    assert (standing.signature.signatory, standing.signature.relation) == ("Pat Parent", "carer")
    assert standing.signature.recorded_by == "Pat Parent (by a mailed link)"


@pytest.mark.parametrize("wrong", ["", "ann", "ann@", "a@b.example, c@d.example", "a@b.example\r\nBcc: x@y.example"])
def test_an_address_that_is_none_is_refused(site: Site, made: Desk, wrong: str) -> None:
    told = form(made.ann.id, made.laptop(*HOME), due=home().due_on.isoformat(), receiver="Ann", address=wrong)
    answer = site.client("tess").post("/loans/signing/loan", data=told)
    assert answer.status_code == 422
    assert "Enter one email address" in body(answer)
    assert db.session.scalar(select(SigningRequest)) is None


def test_what_cannot_be_lent_is_not_mailed_either(site: Site, made: Desk) -> None:
    told = form(made.ann.id, made.laptop(), due=home().due_on.isoformat(), receiver="Ann", address=ANN.address)
    answer = site.client("tess").post("/loans/signing/loan", data=told)
    assert answer.status_code == 422
    assert "Print its label first" in body(answer)
    assert db.session.scalar(select(SigningRequest)) is None


def test_a_link_is_signed_once_however_many_try(site: Site, made: Desk) -> None:
    found = asked(made)
    school_id, request_id, token = made.actor.school_id, found.request.id, found.token
    signed, link = (
        Signed("Ann Example", made.terms.text_sha256, means=Means.LINK),
        links.by_link(found.request, "Ann", "tests"),
    )
    db.session.commit()

    def work() -> None:
        links.sign(school_id, request_id, signed, Relation.SELF, link, token=token)

    raised = together(site.app, [work] * 4)
    assert [type(one) for one in raised] == [Conflict] * 3
    assert len(list(db.session.scalars(select(Loan)))) == 1


def test_a_desk_that_lends_while_a_link_is_out_and_the_link_give_one_loan(site: Site, made: Desk) -> None:
    asset = made.laptop(*HOME)
    asset_id, ann_id = asset.id, made.ann.id
    found = asked(made, asset)
    school_id, request_id, token = made.actor.school_id, found.request.id, found.token
    by_link = Signed("Ann Example", made.terms.text_sha256, means=Means.LINK)
    at_desk, link = made.signed(), links.by_link(found.request, "Ann", "tests")
    db.session.commit()
    raised = together(
        site.app,
        [
            lambda: links.sign(school_id, request_id, by_link, Relation.SELF, link, token=token),
            lambda: service.lend(made.actor, ann_id, [Lent(asset_id)], home(), at_desk),
        ],
    )
    (late,) = raised
    assert isinstance(late, Denied)
    assert "It is on loan" in str([one.message for one in late.blockers])
    assert len(list(db.session.scalars(select(Loan)))) == 1


def test_another_school_and_readers_change_nothing(site: Site, made: Desk) -> None:
    found = asked(made)
    otto = site.actor("otto")
    request_id, version = found.request.id, found.request.version
    with pytest.raises(NotFound):
        links.revoke(otto, request_id, version=version)
    with pytest.raises(NotFound):
        links.sign(otto.school_id, request_id, made.signed(), Relation.SELF, otto)
    gwen = Actor(made.actor.school_id, None, "Gwen", Role.GOVERNOR, "tests")
    with pytest.raises(Denied, match="Only the technician"):
        links.revoke(gwen, request_id, version=version)
    with pytest.raises(Denied, match="Only the technician"):
        links.sign(gwen.school_id, request_id, made.signed(), Relation.SELF, gwen)
    with pytest.raises(Conflict):
        links.revoke(made.actor, request_id, version=version + 1)
    assert site.client("tess").post(f"/loans/signing/{request_id}/revoke", data={"version": "x"}).status_code == 409
    assert links.state_of(links.get_request(made.actor.school_id, request_id)) is LinkState.WAITING


def test_the_log_has_the_request_and_never_the_token(site: Site, made: Desk) -> None:
    found = asked(made)
    links.note_mailed(made.actor, found.request.id, "an older token", "")
    assert found.request.mailed_at is None
    links.note_mailed(made.actor, found.request.id, found.token, "")
    assert found.request.mailed_at is not None
    events = [str(vars(one)) for one in db.session.scalars(select(Event))]
    assert any("signing:asked" in one for one in events)
    assert not any(found.token in one or links_rules.token_hash(found.token) in one for one in events)


def test_a_mail_is_plain_and_names_nothing_but_the_reader(made: Desk) -> None:
    found = asked(made)
    found.request.name = "<b>Ann</b>"
    text, html = links_mail.words(found.request, "https://a.example/sign/x", "School & Co")
    assert "https://a.example/sign/x" in text
    assert "&lt;b&gt;Ann" in html
    assert "School &amp; Co" in html
    assert "<img" not in html
