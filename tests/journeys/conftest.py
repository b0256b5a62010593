"""What journeys share: loop devices, and a place for pictures."""

import os
from pathlib import Path

import pytest

from tests.wipe.conftest import attach as attach  # the fixture


@pytest.fixture
def pictures() -> Path | None:
    """Where pictures are kept, if CARETAKER_PICTURES names a folder."""
    named = os.environ.get("CARETAKER_PICTURES")
    if not named:
        return None
    folder = Path(named)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
