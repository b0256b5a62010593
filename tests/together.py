"""Several people at the same moment, each with a thread and a database session of their own."""

import threading
from collections.abc import Callable

from flask import Flask

from tracker.db import db


def together(app: Flask, works: list[Callable[[], object]]) -> list[Exception]:
    """Do all at once, each in a transaction of its own; gives what was raised. The test has committed before."""
    db.session.rollback()  # SQLite has one writer: this thread must not be it
    gate, raised = threading.Barrier(len(works)), list[Exception]()

    def one(work: Callable[[], object]) -> None:
        with app.app_context():
            gate.wait(timeout=30)
            try:
                work()
                db.session.commit()
            except Exception as error:  # told to the test: a thread must not swallow it
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
