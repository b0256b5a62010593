"""People print, edit and retire at the same moment: nobody's work is lost, and no label is printed twice unsaid."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import select

from tests.cast import Site
from tests.labels.geometry import papers
from tests.tracker.inventory.test_label_views import asked, events, make
from tracker.audit import chain
from tracker.audit.service import links
from tracker.db import db
from tracker.inventory import labelling, service
from tracker.inventory.models import Asset, RetiredLabel


def test_two_who_print_while_others_edit_and_retire(site: Site) -> None:
    actor = site.actor("tess")
    service.create_defaults(actor)
    made = [make(actor, name=f"Thing {number}") for number in range(12)]
    forms = [
        {"kind_id": str(one.kind_id), "ownership": "school", "data_class": "P", "name": f"Renamed {number}",
         "serial_reason": one.serial_reason, "version": str(one.version)}
        for number, one in enumerate(made)
    ]  # fmt: skip
    ids = [one.id for one in made]
    db.session.commit()
    people = [site.client(name) for name in ("tess", "beth", "tess", "beth")]
    together = Barrier(len(people))

    def print_all(client: int) -> list[int]:
        together.wait()
        answer = people[client].post("/labels/pdf", data=asked(stock="L7651"))
        return [
            answer.status_code,
            sum(len(one.codes) for one in papers(answer.data)) if answer.mimetype != "text/html" else 0,
        ]

    def edit(client: int) -> list[int]:
        together.wait()
        return [
            people[client].post(f"/assets/{found}/edit", data=form).status_code
            for found, form in zip(ids[:6], forms, strict=False)
        ]

    def retire(client: int) -> list[int]:
        together.wait()
        told = {"reason": "copied", "note": ""}
        return [people[client].post(f"/assets/{found}/label/retire", data=told).status_code for found in ids[6:9]]

    with ThreadPoolExecutor(len(people)) as pool:
        jobs = [pool.submit(act, number) for number, act in enumerate((print_all, print_all, edit, retire))]
        (one, first), (other, second), edited, retired = (job.result(timeout=120) for job in jobs)
    assert {one, other} <= {200, 422}
    assert retired == [302] * 3
    assert set(edited) <= {302}, "a printed label does not spoil an open form"
    db.session.rollback()
    now = {asset.id: asset for asset in db.session.scalars(select(Asset).where(Asset.school_id == actor.school_id))}
    assert [now[found].name for found in ids[:6]] == [f"Renamed {number}" for number in range(6)]
    old = db.session.scalars(select(RetiredLabel.tag).where(RetiredLabel.school_id == actor.school_id)).all()
    assert len(old) == 3
    assert not {asset.tag for asset in now.values()} & set(old)
    printed = Counter(event.subject_id for event in events(actor, "label:printed"))
    assert sum(printed.values()) == first + second, "the log tells of every label that was given out, and of no other"
    assert chain.verify(links(actor.school_id)).broken is None


def test_two_who_claim_one_blank_label_do_not_both_get_it(site: Site) -> None:
    actor = site.actor("tess")
    service.create_defaults(actor)
    (blank,) = labelling.blanks(actor, 1)
    one = make(actor)
    form = {"kind_id": str(one.kind_id), "ownership": "school", "data_class": "P", "tag": blank.tag}
    found = one.id
    db.session.commit()
    people = [site.client(name) for name in ("tess", "beth", "tess")]
    together = Barrier(len(people))

    def claim(number: int) -> int:
        together.wait()
        if number == 2:
            told = {"reason": "copied", "note": "", "tag": blank.tag}
            return people[number].post(f"/assets/{found}/label/retire", data=told).status_code
        return people[number].post("/assets/new", data={**form, "serial": f"CLAIM{number}"}).status_code

    with ThreadPoolExecutor(len(people)) as pool:
        assert sorted(pool.map(claim, range(len(people)))) == [302, 422, 422]
    db.session.rollback()
    count = select(Asset.id).where(Asset.school_id == actor.school_id, Asset.tag == blank.tag)
    assert len(db.session.scalars(count).all()) == 1
