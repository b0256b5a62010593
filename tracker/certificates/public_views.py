"""Checking a certificate without signing in: by its code, and by the file that somebody holds. Nothing is stored.

The code is the key: 80 random bits, so a wrong one says nothing, and whoever guesses is slowed down.
"""

import hashlib
import time

from flask import Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from tracker import web
from tracker.accounts.service import school_of
from tracker.certificates import details, numbers, service, status
from tracker.certificates.blueprint import AROUND, FILE_LIMIT, bp
from tracker.certificates.forms import FileForm
from tracker.certificates.models import Certificate
from tracker.throttle import Throttle

GUESSES = Throttle(failures=20, seconds=300, clock=time.monotonic)


@bp.route("/v/<code>", methods=["GET", "POST"])
@bp.route("/V/<code>", methods=["GET", "POST"])  # the lowest is the one that links lead to
@bp.get("/v")
@bp.get("/V")
@web.body_limit(FILE_LIMIT + AROUND)
def verify(code: str | None = None) -> ResponseReturnValue:
    """What a certificate is worth, in plain words and without a name in it."""
    if code is None:
        return _ask_code()
    if request.method == "POST":  # comparing a file writes nothing, so it must not hold SQLite's one writer up
        web.writing()
        web.reading()
    found = _found(code)
    form, held = FileForm(), None
    if form.validate_on_submit():
        held = _held(found)
    elif form.is_submitted():
        held = "The form had expired. Choose the file again.", "warn"
    content = service.readable(found)
    return render_template(
        "certificates/verify.html",
        certificate=found,
        issuer=school_of(found.school_id).name,
        content=content,
        verdict=details.verdict(content) if content else None,
        sections=details.public(content) if content else (),
        status=status.of(found, web.config()),
        form=form,
        held=held,
    )


@bp.get("/V/<code>/ca.pem")
def authority(code: str) -> ResponseReturnValue:
    """The certificate of the authority that this certificate's school signs with, for a PDF reader or `tracker`."""
    pem = service.authority_pem(web.config(), _found(code).school_id)
    if pem is None:
        abort(404)
    disposition = 'attachment; filename="school-ca.pem"'
    return Response(pem, content_type="application/x-pem-file", headers={"Content-Disposition": disposition})


def _ask_code() -> ResponseReturnValue:
    typed = request.args.get("code", "")
    code = numbers.read_code(typed)
    if code is not None:
        return redirect(url_for("certificates.verify", code=code))
    problem = "Type the code below the square pattern: 16 letters and digits." if typed else ""
    return render_template("certificates/code.html", typed=typed[:40], problem=problem), 422 if problem else 200


def _found(typed: str) -> Certificate:
    """The certificate with this code. Ends in one and the same 404 for whatever is none."""
    if not GUESSES.open(web.origin()):
        abort(429, "Too many wrong codes came from this place. Wait five minutes and try again.")
    code = numbers.read_code(typed)
    found = service.by_code(code) if code else None
    if found is None:
        GUESSES.failed(web.origin())
        abort(404)
    return found


def _held(found: Certificate) -> tuple[str, str]:
    """What comparing the file says, and its tone."""
    file = request.files.get("file")
    data = file.read(FILE_LIMIT + 1) if file else b""
    if not data:
        return "No file was chosen. Choose the PDF file and try again.", "warn"
    if len(data) > FILE_LIMIT:
        return "The file is larger than 5 MB, so it is not this certificate.", "bad"
    if hashlib.sha256(data).hexdigest() == found.pdf_sha256:
        return "Your file is the issued certificate, byte for byte. Read below whether it is still in force.", "good"
    return "Your file is not the issued certificate: its bytes differ. Do not rely on it; ask the school.", "bad"
