"""Photos and documents of a thing: the panel on its page, add, see, change the caption, remove, erase, the file itself.

Whoever may see a thing's files is told by the feature of the thing (subjects.py), so the roles here are the widest.
"""

from http import HTTPStatus
from io import BytesIO
from typing import BinaryIO, cast
from uuid import UUID

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.datastructures import FileStorage
from werkzeug.utils import send_file
from werkzeug.wrappers import Response

from tracker import web
from tracker.attachments import content, rules, service
from tracker.attachments.forms import AddForm, CaptionForm, ReasonForm
from tracker.attachments.models import Attachment
from tracker.attachments.rules import Kind, MediaType
from tracker.attachments.storage import Lost, NotKept
from tracker.attachments.subjects import Attachable, attachable
from tracker.db import db
from tracker.values import Actor, Blocker, Conflict, Denied, NotFound, Role, Subject

bp = Blueprint("attachments", __name__)
BODY_LIMIT = 32 << 20  # bytes of all files together; the server takes 33 MiB (tracker/cli/serve.py)
KEEPERS = frozenset({Role.BURSAR, Role.HEAD, Role.AUDITOR})  # may still look at what was removed
UNPROCESSABLE = 422  # a form with errors
_SHOWN = frozenset(MediaType) - {MediaType.TEXT}  # by browsers, inside the sandbox below; a text they might guess at
# A file is data: whatever a browser takes it for, nothing in it runs, and it reaches nothing of the register.
CSP = "sandbox; default-src 'none'; frame-ancestors 'none'"


@bp.app_template_filter("file_size")
def file_size(count: int) -> str:
    """Bytes for people: `84 kB`, `3.1 MB`."""
    return f"{count / 1e6:.1f} MB" if count >= 1_000_000 else f"{max(1, round(count / 1000))} kB"


def panel_of(subject_type: str) -> list[web.Panel]:
    """The files of one type of thing, for its page, see tracker/app.py."""

    def body(actor: Actor, subject_id: UUID) -> Markup | str:
        try:
            told = attachable(actor, subject_type)
        except NotFound:
            return ""
        rows = service.listed(actor.school_id, subject_type, subject_id, removed=True)
        page = render_template(
            "attachments/_panel.html",
            photos=[one for one in rows if one.kind == Kind.PHOTO and one.removed_at is None],
            documents=[one for one in rows if one.kind == Kind.DOCUMENT and one.removed_at is None],
            removed=[one for one in rows if one.removed_at is not None],
            type=subject_type,
            id=subject_id,
            media=MediaType,
            editable=actor.role in told.editors,
        )
        return Markup(page)  # noqa: S704 - a template made it

    return [web.Panel("Photos and documents", body)]


@bp.route("/attachments/new/<subject_type>/<uuid:subject_id>", methods=["GET", "POST"])
@web.body_limit(BODY_LIMIT)
@web.allow(web.EDITORS)
def new_attachment(subject_type: str, subject_id: UUID) -> ResponseReturnValue:
    """Add photos and documents to a thing: all that were chosen, or none."""
    actor, form, status = web.actor(), AddForm(), HTTPStatus.OK
    told = _editable(actor, subject_type)
    subject = told.find(actor, subject_id)
    if request.method == "POST" and form.validate():
        try:
            names = _keep(actor, subject, form)
        except (Denied, NotKept) as refused:
            db.session.rollback()
            status = HTTPStatus.SERVICE_UNAVAILABLE if isinstance(refused, NotKept) else HTTPStatus(UNPROCESSABLE)
            form.files.errors = _messages(refused)
        else:
            db.session.commit()
            flash(
                f"{' and '.join(names)} is added." if len(names) == 1 else f"{len(names)} files are added.", "success"
            )
            return redirect(told.page(subject_id))
    elif form.errors:
        status = HTTPStatus(UNPROCESSABLE)
    page = render_template("attachments/add.html", form=form, subject=subject, back=told.page(subject_id), rules=rules)
    return page, status


def _keep(actor: Actor, subject: Subject, form: AddForm) -> list[str]:
    """Look at every file first, with the database free for others, then keep all. Raises Denied, NotKept."""
    sent, instance, caption = _sent(form), web.config().instance, form.caption.data or ""
    blockers = (*rules.may_add(len(sent)).blockers, *rules.may_caption(caption).blockers)
    if blockers:
        raise Denied(blockers)
    db.session.rollback()
    found, refused = list[content.Content](), list[Blocker]()
    for one in sent:
        try:
            found.append(content.examine(cast(BinaryIO, one.stream), one.filename or ""))
        except Denied as denied:
            refused += denied.blockers
    if refused:
        raise Denied(tuple(refused))
    for each in found:
        service.write_ahead(actor, each, instance=instance)
    return [service.keep(actor, subject, one, instance=instance, caption=caption).name for one in found]


def _sent(form: AddForm) -> list[FileStorage]:
    sent = [*request.files.getlist(form.camera.name), *request.files.getlist(form.files.name)]
    return [one for one in sent if one.filename]  # an empty field comes without a name


def _messages(refused: Denied | NotKept) -> list[str]:
    blockers = refused.blockers if isinstance(refused, Denied) else ()
    return list(dict.fromkeys(blocker.message for blocker in blockers)) or [str(refused)]


@bp.get("/attachments/<uuid:attachment_id>")
@web.allow(web.EVERYBODY)
def attachment(attachment_id: UUID) -> ResponseReturnValue:
    """One file: the photo itself, what is known of it, and the ones before and after it."""
    actor = web.actor()
    found, told, subject = _seen(actor, attachment_id)
    others = service.listed(actor.school_id, found.subject_type, found.subject_id)
    at = next((number for number, one in enumerate(others) if one.id == found.id), None)
    return render_template(
        "attachments/attachment.html",
        attachment=found,
        subject=subject,
        back=told.page(found.subject_id),
        media_type=MediaType(found.media_type),
        photo=found.kind == Kind.PHOTO,
        shown=_may_open(actor, found),
        before=others[at - 1] if at else None,
        after=others[at + 1] if at is not None and at + 1 < len(others) else None,
        editable=actor.role in told.editors and found.removed_at is None,
        erasable=actor.role in web.PEOPLE_IN_CHARGE and found.removed_at is not None and found.erased_at is None,
    )


@bp.get("/attachments/<uuid:attachment_id>/file")
@web.allow(web.EVERYBODY)
def file(attachment_id: UUID) -> ResponseReturnValue:
    """The file itself: a photo or a PDF to be shown, a text to be downloaded; with `?download` each is."""
    return _sent_file(attachment_id, small=False)


@bp.get("/attachments/<uuid:attachment_id>/thumbnail")
@web.allow(web.EVERYBODY)
def thumbnail(attachment_id: UUID) -> ResponseReturnValue:
    """A photo made small, for lists."""
    return _sent_file(attachment_id, small=True)


def _sent_file(attachment_id: UUID, *, small: bool) -> Response:
    actor = web.actor()
    found, _, _ = _seen(actor, attachment_id)
    if not _may_open(actor, found):
        raise NotFound
    take = service.open_thumbnail if small else service.open_
    try:
        opened = take(found, instance=web.config().instance)
    except (Lost, OSError) as error:
        current_app.logger.exception("The file of attachment %s cannot be given out", attachment_id)
        reason = "not what was kept" if isinstance(error, Lost) and str(error) == "altered" else "missing"
        sentence = f"This file is {reason} on the server. Tell whoever looks after it; a backup should have it."
        abort(HTTPStatus.INTERNAL_SERVER_ERROR, sentence)
    sha256 = found.thumbnail_sha256 if small else found.sha256
    media_type = MediaType.JPEG if small else MediaType(found.media_type)
    shown = small or (media_type in _SHOWN and "download" not in request.args)
    return _response(opened, sha256 or "", media_type, found.name, shown=shown)


def _response(opened: BytesIO, sha256: str, media_type: MediaType, name: str, *, shown: bool) -> Response:
    """The bytes with all that keeps a browser from taking them for something else; parts of them where asked for."""
    response = send_file(
        opened,
        request.environ,
        mimetype=media_type.value,
        as_attachment=not shown,
        download_name=name,
        etag=sha256,
    )
    response.headers["Content-Security-Policy"] = CSP
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "private, no-cache"  # kept by the browser, shown only after asking us again
    return response


@bp.route("/attachments/<uuid:attachment_id>/caption", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def change_caption(attachment_id: UUID) -> ResponseReturnValue:
    """Say in other words what a file shows."""
    actor, form = web.actor(), CaptionForm()
    found, told, subject = _seen(actor, attachment_id)
    _editable(actor, found.subject_type)
    if request.method == "GET":
        form.caption.data, form.version.data = found.caption, found.version
    elif form.validate():
        try:
            service.change(actor, subject, attachment_id, form.caption.data or "", version=form.seen())
        except (Denied, Conflict) as refused:
            found = _refuse(form, refused, attachment_id)
        else:
            return _done(url_for("attachments.attachment", attachment_id=attachment_id), "The change is saved.")
    page = render_template("attachments/caption.html", form=form, attachment=found, subject=subject)
    return page, UNPROCESSABLE if form.errors else 200


@bp.route("/attachments/<uuid:attachment_id>/remove", methods=["GET", "POST"])
@web.allow(web.EDITORS)
def remove(attachment_id: UUID) -> ResponseReturnValue:
    """Take a file out of sight, with a reason."""
    actor, form = web.actor(), ReasonForm()
    found, told, subject = _seen(actor, attachment_id)
    _editable(actor, found.subject_type)
    if request.method == "GET":
        form.version.data = found.version
    elif form.validate():
        try:
            service.remove(actor, subject, attachment_id, form.reason.data or "", version=form.seen())
        except (Denied, Conflict) as refused:
            found = _refuse(form, refused, attachment_id)
        else:
            return _done(told.page(subject.id), f"{found.name} is removed. Its name and your reason stay on this page.")
    page = render_template("attachments/remove.html", form=form, attachment=found, subject=subject)
    return page, UNPROCESSABLE if form.errors else 200


@bp.route("/attachments/<uuid:attachment_id>/erase", methods=["GET", "POST"])
@web.allow(web.PEOPLE_IN_CHARGE)
def erase(attachment_id: UUID) -> ResponseReturnValue:
    """Have a removed file erased for good, for instance because it shows somebody who must not be in it."""
    actor, form = web.actor(), ReasonForm()
    found, _, subject = _seen(actor, attachment_id)
    if request.method == "GET":
        form.version.data = found.version
    elif form.validate():
        try:
            contents = service.contents_of(found)
            service.erase(actor, subject, attachment_id, form.reason.data or "", version=form.seen())
        except (Denied, Conflict) as refused:
            found = _refuse(form, refused, attachment_id)
        else:
            db.session.commit()
            flash(*_swept(actor.school_id, contents))
            return redirect(url_for("attachments.attachment", attachment_id=attachment_id))
    page = render_template("attachments/erase.html", form=form, attachment=found, subject=subject)
    return page, UNPROCESSABLE if form.errors else 200


def _swept(school_id: UUID, contents: list[str]) -> tuple[str, str]:
    """Remove the files of what was erased, and say how that went: sentence and tone."""
    try:
        gone = service.sweep(school_id, contents, instance=web.config().instance)
    except OSError:
        current_app.logger.exception("A file could not be erased")
        return "The server could not erase the file. On the server run: tracker attachments check --sweep", "danger"
    finally:
        db.session.rollback()  # it wrote nothing, but held a lock
    return ("It is erased." if gone else "It is erased here; another entry has the same file, which stays."), "success"


def _seen(actor: Actor, attachment_id: UUID) -> tuple[Attachment, Attachable, Subject]:
    """A file, and its thing. Raises NotFound, also where this person may not see the thing's files."""
    found = service.get_attachment(actor.school_id, attachment_id)
    told = attachable(actor, found.subject_type)
    return found, told, told.find(actor, found.subject_id)


def _editable(actor: Actor, subject_type: str) -> Attachable:
    """What is said of a type of thing. Aborts with 403 for those who may only look."""
    told = attachable(actor, subject_type)
    if actor.role not in told.editors:
        abort(HTTPStatus.FORBIDDEN, "Your role lets you see these files, but not change them.")
    return told


def _may_open(actor: Actor, found: Attachment) -> bool:
    return found.erased_at is None and (found.removed_at is None or actor.role in KEEPERS)


def _refuse(form: CaptionForm | ReasonForm, refused: Denied | Conflict, attachment_id: UUID) -> Attachment:
    """Undo what the service began, show why not, and give the file's row as it stands now."""
    db.session.rollback()
    form.refuse(refused)
    found = service.get_attachment(web.actor().school_id, attachment_id)
    form.version.data = found.version
    form.version.raw_data = None
    return found


def _done(address: str, message: str) -> ResponseReturnValue:
    db.session.commit()
    flash(message, "success")
    return redirect(address)
