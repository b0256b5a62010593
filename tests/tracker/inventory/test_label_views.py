"""The pages of labels: choose, look, print, print again, retire, blank ones, and printers."""

from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from labels import code
from labels.qr import asset_url
from labels.sheet import STOCKS
from tests.cast import Site, body
from tests.labels.geometry import papers
from tests.labels.raster import codes, pages
from tracker.audit.models import Event
from tracker.audit.service import Entry, entry_of
from tracker.db import db
from tracker.inventory import kinds, labelling, printers, service
from tracker.inventory.details import AssetDetails
from tracker.inventory.label_rules import PrinterDetails
from tracker.inventory.models import Asset
from tracker.values import Actor

BASE = "http://127.0.0.1:5000"
NOWHERE = UUID(int=7)
WHY = {"reason": "copied", "note": "A second one hung on the old trolley."}


def make(actor: Actor, **told: object) -> Asset:
    kind = next(one.id for one in kinds.kinds(actor.school_id) if one.name == "Projector")
    told.setdefault("serial_reason", "The plate was painted over")
    asset = service.register(actor, AssetDetails(kind, **told))  # type: ignore[arg-type]
    db.session.commit()
    return asset


def again(asset: Asset) -> Asset:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(Asset).where(Asset.id == asset.id)).one()


def events(actor: Actor, kind: str = "") -> list[Entry]:
    """The events of one kind, or all, the latest first."""
    db.session.rollback()
    query = select(Event).where(Event.school_id == actor.school_id)
    if kind:
        query = query.where(Event.kind == kind)
    return [entry_of(event) for event in db.session.scalars(query.order_by(Event.seq.desc()))]


def asked(**more: str) -> dict[str, str]:
    return {"source": "unprinted", "stock": "L7160", "start": "1", "copies": "1", "reason": "", **more}


def test_labels_are_looked_at_printed_and_logged(tess: FlaskClient, actor: Actor) -> None:
    one, two = make(actor, name="Hall"), make(actor, name="Library <b>")
    version = two.version
    assert "(2 now, room by room)" in body(tess.get("/labels"))
    data = asked(start="3", copies="2")
    page = body(tess.post("/labels", data=data))
    assert "2 things, 4 labels on 1 sheet of L7160" in page
    assert page.count(code.shown(one.tag)) == page.count(code.shown(two.tag)) == 2
    assert page.count('<path transform="translate(') == 4
    assert "Library &lt;b&gt;" in page
    assert events(actor, "label:printed") == []
    answer = tess.post("/labels/pdf", data=data)
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    wanted = [asset_url(BASE, one.tag)] * 2 + [asset_url(BASE, two.tag)] * 2
    assert sorted(codes(pages(answer.get_data(), 300)[0])) == sorted(wanted)
    assert {event.subject_id for event in events(actor, "label:printed")} == {one.id, two.id}
    assert again(one).label_printed_at is not None
    assert again(two).version == version
    answer = tess.post("/labels/pdf", data=data)
    assert answer.status_code == 422
    assert "nothing to print" in body(answer)


def test_a_reprint_asks_for_the_reason_once(tess: FlaskClient, actor: Actor) -> None:
    one = make(actor)
    tess.post("/labels/pdf", data=asked())
    data = asked(source="tags", tags=f"https://x.example/A/{one.tag}")
    for address in ("/labels", "/labels/pdf"):
        answer = tess.post(address, data=data)
        assert answer.status_code == 422
        assert "Say why it is printed again" in body(answer)
    assert events(actor, "label:reprinted") == []
    assert tess.post("/labels/pdf", data={**data, "reason": "damaged"}).status_code == 200
    two = make(actor)
    both = {**data, "tags": f"{one.tag} {two.tag}", "fresh": "y"}
    assert "1 thing, 1 label on 1 sheet" in body(tess.post("/labels", data=both))
    assert tess.post("/labels/pdf", data={**data, "fresh": "y"}).status_code == 422
    (event,) = events(actor, "label:reprinted")
    assert event.why == "The label is damaged."
    assert "A label was printed again" in body(tess.get(f"/assets/{one.id}"))


@pytest.mark.parametrize("stock", ["L4731", "DK-62", "TZe-12", "Zebra-51x25", "11354", "L6112"])
def test_other_stocks_are_looked_at_and_printed(tess: FlaskClient, actor: Actor, stock: str) -> None:
    made = [make(actor) for _ in range(4)]
    data = asked(stock=stock, start="500" if STOCKS[stock].roll else "2", length="60")
    page = body(tess.post("/labels", data=data))
    assert page.count('<path transform="translate(') == (3 if STOCKS[stock].roll else 4)
    answer = tess.post("/labels/pdf", data=data)
    assert answer.status_code == 200
    read = [text for page_ in pages(answer.get_data(), 300) for text in codes(page_)]
    assert sorted(read) == sorted(asset_url(BASE, one.tag) for one in made)
    if STOCKS[stock].cut:
        width, height = papers(answer.get_data())[0].width, papers(answer.get_data())[0].height
        assert (height if STOCKS[stock].cut == "height" else width) == pytest.approx(60, abs=0.05)


def test_tape_too_narrow_for_the_address_says_so(tess: FlaskClient, actor: Actor) -> None:
    one = make(actor)
    assert "hold the tag alone" in body(tess.post("/labels", data=asked(stock="TZe-9")))
    answer = tess.post("/labels/pdf", data=asked(stock="TZe-9"))
    assert codes(pages(answer.get_data(), 180)[0]) == [one.tag]


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": "22"}, {"start": "0"}, {"start": "x"}, {"copies": "0"}, {"copies": "9999"}, {"length": "24"},
        {"length": "x"}, {"printer_id": str(NOWHERE)}, {"printer_id": "x"}, {"stock": "L9999"}, {"stock": ""},
        {"source": "all"}, {"source": ""}, {"source": "tags", "tags": ""}, {"reason": "bored"},
        {"tags": "nonsense"}, {"source": "tags", "tags": "ABCD-EFGH\nnonsense"}, {"filter": "x" * 12_001},
        {"source": "filter", "filter": "q=zzz"},
    ],
)  # fmt: skip
def test_bad_choices_of_labels_print_nothing(tess: FlaskClient, actor: Actor, wrong: dict[str, str]) -> None:
    make(actor)
    for address in ("/labels", "/labels/pdf"):
        answer = tess.post(address, data=asked(**wrong))
        assert answer.status_code == 422
        assert "There is a problem" in body(answer)
    assert events(actor, "label:printed") == []


def test_too_many_labels_at_once_are_refused(tess: FlaskClient, actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    import tracker.inventory.label_views as views

    monkeypatch.setattr(labelling, "MOST", 2)
    monkeypatch.setattr(views, "MOST", 2)
    made = [make(actor) for _ in range(3)]
    assert "at most 2 labels" in body(tess.post("/labels/pdf", data=asked()))
    tags = "\n".join(one.tag for one in made)
    assert "at most 2 labels" in body(tess.post("/labels", data=asked(source="tags", tags=tags)))
    assert "at most 2 labels" in body(tess.post("/labels", data=asked(source="tags", tags=made[0].tag, copies="3")))


def test_more_than_a_thousand_labels_are_printed_in_one_run(tess: FlaskClient, actor: Actor) -> None:
    one = make(actor)
    columns = {column.key: getattr(one, column.key) for column in Asset.__table__.columns}
    tags = [label.tag for label in labelling.blanks(actor, 1200)]
    rows = [{**columns, "id": UUID(int=number + 1), "tag": tag} for number, tag in enumerate(tags)]
    db.session.execute(Asset.__table__.insert(), rows)
    db.session.commit()
    answer = tess.post("/labels/pdf", data=asked(stock="L7651"))
    assert answer.status_code == 200
    assert sum(len(paper.codes) for paper in papers(answer.get_data())) == 1201
    db.session.rollback()
    assert again(one).label_printed_at is not None
    assert not labelling.of_filters(actor, labelling.Filters(unlabelled=True)).total


def test_things_can_be_named_in_the_address_by_tag_or_filter(tess: FlaskClient, actor: Actor) -> None:
    one, two = make(actor, name="Hall"), make(actor, name="Gym")
    assert code.shown(one.tag) in body(tess.get(f"/labels?tags={code.shown(one.tag)}"))
    page = body(tess.get("/labels?q=hall"))
    assert "Those of the list that I came from" in page
    assert '<span class="quiet">(1)</span>' in page
    page = body(tess.post("/labels", data=asked(source="filter", filter="q=hall")))
    assert code.shown(one.tag) in page
    assert code.shown(two.tag) not in page


def test_two_people_print_the_same_things_and_one_is_told(site: Site, actor: Actor) -> None:
    one = make(actor)
    tess, beth = site.client("tess"), site.client("beth")
    tags = {"source": "tags", "tags": one.tag}
    for client in (tess, beth):
        assert client.post("/labels", data=asked(**tags)).status_code == 200
    assert tess.post("/labels/pdf", data=asked(**tags)).status_code == 200
    assert beth.post("/labels/pdf", data=asked(**tags)).status_code == 422
    assert len(events(actor, "label:printed")) == 1


def test_a_label_is_retired_after_a_question_and_the_new_one_printed(tess: FlaskClient, actor: Actor) -> None:
    one = make(actor, name="Hall")
    tess.post("/labels/pdf", data=asked())
    old, address = one.tag, f"/assets/{one.id}/label/retire"
    assert f'href="{address}"' in body(tess.get(f"/assets/{one.id}"))
    page = body(tess.get(address))
    assert f"Retire {code.shown(old)}" in page
    assert "This cannot be undone" in page
    answer = tess.post(address, data=WHY)
    assert answer.status_code == 302
    new = again(one).tag
    assert answer.location == f"/labels?tags={code.shown(new)}"
    page = body(tess.get(answer.location))
    assert f"The new tag is {code.shown(new)}" in page
    page = body(tess.get(f"/assets/{one.id}"))
    assert code.shown(old) in page
    assert "There is more than one such label. A second one hung on the old trolley." in page
    assert tess.get(f"/A/{old}").status_code in (200, 302)
    page = body(tess.post("/labels", data=asked(source="tags", tags=old)))
    assert "Old labels were scanned" in page
    assert code.shown(new) in page
    form = {"kind_id": str(one.kind_id), "ownership": "school", "data_class": "P", "serial": "NEW1", "tag": old}
    answer = tess.post("/assets/new", data=form)
    assert answer.status_code == 422
    assert "was retired" in body(answer)


def test_a_blank_label_is_stuck_on_instead(tess: FlaskClient, actor: Actor) -> None:
    one, (blank,) = make(actor), labelling.blanks(actor, 1)
    answer = tess.post(f"/assets/{one.id}/label/retire", data={**WHY, "tag": code.shown(blank.tag)})
    assert answer.location == f"/assets/{one.id}"
    assert again(one).tag == blank.tag


@pytest.mark.parametrize(
    "wrong",
    [{"reason": ""}, {"reason": "tired"}, {"reason": "other", "note": ""}, {"reason": "other", "note": "no"},
     {"note": "x" * 1001}, {"note": "\u202e" * 20}, {"tag": "ABCD-EFGH"}, {"tag": "x" * 500}],
)  # fmt: skip
def test_a_label_is_not_retired_without_a_reason_or_for_a_bad_tag(
    tess: FlaskClient, actor: Actor, wrong: dict[str, str]
) -> None:
    one = make(actor)
    old = one.tag
    assert tess.post(f"/assets/{one.id}/label/retire", data={**WHY, **wrong}).status_code == 422
    assert again(one).tag == old
    assert events(actor, "label:retired") == []


def test_blank_labels_are_printed_and_claimed_at_the_first_scan(tess: FlaskClient, actor: Actor) -> None:
    assert "How many labels" in body(tess.get("/labels/blank"))
    answer = tess.post("/labels/blank", data={"count": "30", "stock": "L7160", "start": "1"})
    assert answer.status_code == 200
    read = [text for page in pages(answer.get_data(), 300) for text in codes(page)]
    assert len(set(read)) == 30
    (event,) = events(actor, "label:blanks_printed")
    assert (event.after["count"], event.after["stock"]) == (30, "L7160")
    path = read[0].removeprefix(BASE.upper())
    page = tess.get(path)
    assert page.status_code == 404
    shown = code.shown(path.removeprefix("/A/"))
    assert f"/assets/new?tag={shown}" in body(page)
    form = {"kind_id": str(next(one.id for one in kinds.kinds(actor.school_id) if one.name == "Projector"))}
    form |= {"ownership": "school", "data_class": "P", "serial": "NEW1", "tag": shown}
    assert tess.post("/assets/new", data=form).status_code == 302
    assert tess.get(path).status_code == 302


@pytest.mark.parametrize(
    "wrong", [{"count": "0"}, {"count": "10001"}, {"count": "x"}, {"start": "22"}, {"stock": "x"}, {"printer_id": "x"}]
)
def test_bad_choices_of_blank_labels_print_nothing(tess: FlaskClient, actor: Actor, wrong: dict[str, str]) -> None:
    assert tess.post("/labels/blank", data={"count": "3", "stock": "L7160", "start": "1", **wrong}).status_code == 422
    assert events(actor, "label:blanks_printed") == []


def test_a_printer_is_measured_once_and_moves_every_sheet(tess: FlaskClient, actor: Actor) -> None:
    make(actor)
    assert "No printer is kept yet" in body(tess.get("/labels/printers"))
    assert tess.get("/labels/printers/new").status_code == 200
    form = {"name": "Office", "right": "+0,7 mm", "down": "\u22120.4", "ruler": "178.2", "stock": "L7651"}
    answer = tess.post("/labels/printers/new", data=form)
    assert answer.status_code == 302, body(answer)
    (printer,) = printers.printers(actor.school_id)
    assert (printer.right_tenths, printer.down_tenths, printer.scale_thousandths) == (7, -4, 1010)
    page = body(tess.get(answer.location))
    assert 'value="178.2"' in page
    assert "Office" in body(tess.get("/labels/printers"))
    page = body(tess.get("/labels"))
    assert f'selected value="{printer.id}"' in page
    assert 'selected value="L7651"' in page
    data = asked(printer_id=str(printer.id), outline="y")
    assert "With the correction for Office" in body(tess.post("/labels", data=data))
    (paper,) = papers(tess.post("/labels/pdf", data=data).get_data())
    assert paper.outlines[0].left == pytest.approx(7.2 * 1.01 + 0.7, abs=0.05)
    assert paper.outlines[0].top == pytest.approx(15.15 * 1.01 - 0.4, abs=0.05)
    (sheet,) = papers(tess.get(f"/labels/calibration.pdf?stock=L7160&printer={printer.id}").get_data())
    assert sheet.outlines[0].left == pytest.approx(7.2 * 1.01 + 0.7, abs=0.05)


def test_a_printer_is_changed_by_one_person_at_a_time_and_removed(tess: FlaskClient, actor: Actor) -> None:
    made = printers.add_printer(actor, PrinterDetails("Office"))
    db.session.commit()
    address = f"/labels/printers/{made.id}"
    form = {"name": "Office", "right": "1", "down": "0", "ruler": "180", "stock": "", "version": "1"}
    assert tess.post(address, data=form).status_code == 302
    answer = tess.post(address, data={**form, "right": "2"})
    assert answer.status_code == 422
    assert "Nothing of yours was saved yet" in body(answer)
    assert 'name="version" value="2"' in body(answer)
    assert tess.post(f"{address}/remove", data={"version": "1"}).status_code == 409
    assert tess.post(f"{address}/remove", data={"version": "x"}).status_code == 409
    assert tess.post(f"{address}/remove", data={"version": "2"}).status_code == 302
    assert tess.get(address).status_code == 404
    kinds_ = [event.kind for event in events(actor) if event.subject_type == "printer"]
    assert kinds_ == ["printer:removed", "printer:changed", "printer:created"]


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "x" * 81}, {"right": "10.1"}, {"down": "-11"}, {"right": "a"}, {"right": ""},
     {"ruler": "0"}, {"ruler": "170"}, {"ruler": "190"}, {"stock": "L9999"}, {"right": "1e5"}, {"name": "office"}],
)  # fmt: skip
def test_a_correction_that_cannot_be_is_refused_at_its_field(
    tess: FlaskClient, actor: Actor, wrong: dict[str, str]
) -> None:
    printers.add_printer(actor, PrinterDetails("Office"))
    db.session.commit()
    form = {"name": "Library", "right": "0", "down": "0", "ruler": "180", "stock": "", **wrong}
    answer = tess.post("/labels/printers/new", data=form)
    assert answer.status_code == 422
    assert "field-wrong" in body(answer)
    assert len(printers.printers(actor.school_id)) == 1


@pytest.mark.parametrize("query", ["", "?stock=TZe-12", "?stock=no&printer=x", f"?printer={NOWHERE}&stock=L4731"])
def test_the_calibration_page_comes_whatever_is_asked(tess: FlaskClient, actor: Actor, query: str) -> None:
    assert tess.get(f"/labels/calibration.pdf{query}").get_data().startswith(b"%PDF")


def test_only_editors_print_and_another_school_sees_nothing(site: Site, actor: Actor) -> None:
    one = make(actor)
    printer = printers.add_printer(actor, PrinterDetails("Office"))
    db.session.commit()
    pages_ = ("/labels", "/labels/blank", "/labels/printers", "/labels/printers/new", "/labels/calibration.pdf")
    own = (f"/labels/printers/{printer.id}", f"/assets/{one.id}/label/retire")
    for username, status in {"tess": 200, "beth": 200, "hana": 403, "gwen": 403, "adam": 403, "stan": 403}.items():
        client = site.client(username)
        assert {client.get(page).status_code for page in (*pages_, *own)} == {status}, username
    assert "label/retire" not in body(site.client("hana").get(f"/assets/{one.id}"))
    otto = site.client("otto")
    assert {otto.get(page).status_code for page in own} == {404}
    assert otto.post(own[1], data=WHY).status_code == 404
    assert otto.post(f"{own[0]}/remove", data={"version": "1"}).status_code == 404
    assert otto.post("/labels", data=asked(source="tags", tags=one.tag)).status_code == 422
    assert "Office" not in body(otto.get("/labels"))
