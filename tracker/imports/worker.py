"""One thread a process that works at imports while there are any. It ends by itself when nothing waits.

It is woken by whoever asks for something, by everybody who looks at an import that waits (so that the work of a dead
process goes on), and at the start of the server.
"""

import logging
import os
import secrets
import threading
import time

from flask import Flask
from sqlalchemy.exc import OperationalError

from tracker.db import db
from tracker.imports import work

SWITCH = "IMPORTS_IN_BACKGROUND"  # False: nothing is started; tests call `drain` instead
_PAUSE = 1.0  # seconds before another try when the database gave up
_TRIES = 30  # times running that it may give up
_LOCK = threading.Lock()
_KEY = "caretaker_imports_thread"
_log = logging.getLogger(__name__)


def wake(app: Flask) -> None:
    """See to it that somebody works at what waits."""
    if not app.config.get(SWITCH, True):
        return
    with _LOCK:
        state = app.extensions.setdefault(_KEY, {"thread": None, "again": False, "pid": os.getpid()})
        thread = state["thread"] if state["pid"] == os.getpid() else None  # a fork has no threads
        state["again"], state["pid"] = True, os.getpid()
        if thread is None or not thread.is_alive():
            state["thread"] = threading.Thread(target=_run, args=(app,), name="imports", daemon=True)
            state["thread"].start()


def wait(app: Flask, seconds: float) -> None:
    """Wait until nothing is left to do, at most so long."""
    thread = app.extensions.get(_KEY, {}).get("thread")
    if thread is not None:
        thread.join(seconds)


def drain(app: Flask, name: str = "") -> int:
    """Do everything that waits, in this thread; how many imports were worked at."""
    done = 0
    with app.app_context():
        try:
            while work.run_once(name or _name()):
                done += 1
        finally:
            db.session.remove()
    return done


def _run(app: Flask) -> None:
    name, tries = _name(), 0
    while True:
        with _LOCK:
            app.extensions[_KEY]["again"] = False
        try:
            drain(app, name)
            tries = 0
        except OperationalError:  # somebody else writes for a long time; what was claimed is claimed again
            tries += 1
            if tries < _TRIES:
                time.sleep(_PAUSE)
                continue
        except Exception:
            _log.exception("The work at imports ended")
        with _LOCK:
            if not app.extensions[_KEY]["again"]:
                app.extensions[_KEY]["thread"] = None
                return


def _name() -> str:
    return f"{os.getpid()}-{secrets.token_hex(8)}"
