"""Pictures of codes: frames of the page's camera, and photos. They are read at once, and nothing of them is kept."""

import time

from flask import abort, jsonify, request
from flask.typing import ResponseReturnValue

from labels import picture
from labels.picture import BadPicture, Code
from tracker import web
from tracker.inventory import scan_views
from tracker.inventory.blueprint import bp
from tracker.throttle import Throttle

FRAME_BYTES = 1 << 20  # a JPEG of 1280 x 720 has a tenth of that
PHOTO_BYTES = 8 << 20  # a JPEG of 12 million pixels has up to six
FRAMES = Throttle(failures=600, seconds=60, clock=time.monotonic)  # each one counts, not only failures
PHOTOS = Throttle(failures=30, seconds=60, clock=time.monotonic)
TOO_MANY = 429


@bp.post("/scan/frame")
@web.allow(web.READERS)
@web.only_reads
@web.unattended
@web.body_limit(FRAME_BYTES)
def scan_frame() -> ResponseReturnValue:
    """The codes on one frame, sent as it is. The page asks again and again: that keeps no session alive."""
    _count(FRAMES)
    try:
        return jsonify(codes=_told(picture.codes(request.get_data(cache=False))))
    except BadPicture as error:
        abort(scan_views.UNPROCESSABLE, str(error))


@bp.post("/scan/photo")
@web.allow(web.READERS)
@web.only_reads
@web.body_limit(PHOTO_BYTES)
def scan_photo() -> ResponseReturnValue:
    """The codes on a photo, for browsers that give the page no camera. With a page, or as JSON to the page's script."""
    _count(PHOTOS)
    sent = request.files.get("photo")
    try:
        found = picture.codes(sent.read()) if sent else None
    except BadPicture as error:
        return _missed(str(error))
    if found is None:
        return _missed("No photo was sent. Take or choose one first.")
    if not found:
        return _missed(
            "No code was found on this photo. Go closer, hold the label flat, avoid reflections, and try again."
        )
    if web.wants_json():
        return jsonify(codes=_told(found))
    typed = [line for line in request.form.get("codes", "").splitlines() if line.strip()]
    return scan_views.screen([*typed[: scan_views.TYPED], *(one.text.replace("\0", "") for one in found)])


def _told(found: list[Code]) -> list[dict[str, object]]:
    return [{"text": one.text, "sure": one.sure} for one in found]


def _missed(message: str) -> ResponseReturnValue:
    if web.wants_json():
        abort(scan_views.UNPROCESSABLE, message)
    return scan_views.screen(photo_problem=message)


def _count(throttle: Throttle) -> None:
    """Raise 429 for somebody who sends more pictures than a camera page does."""
    person = str(web.actor().id)
    if not throttle.open(person):
        abort(TOO_MANY, "That were too many pictures in a minute. Wait a moment, then scan on.")
    throttle.failed(person)
