"""The table in the documentation is the table in the program."""

from pathlib import Path

import pytest

from wipe.errors import EXIT_CODE_MEANING

pytestmark = pytest.mark.pure


def test_the_document_lists_exactly_the_programs_exit_codes() -> None:
    text = (Path(__file__).parents[2] / "docs" / "exit-codes.md").read_text(encoding="utf-8")
    text = text.partition("# Exit status of `tracker`")[0]
    rows = [line for line in text.splitlines() if line.startswith("| ") and line[2].isdigit()]
    assert rows == [f"| {code.value} | {meaning} |" for code, meaning in EXIT_CODE_MEANING.items()]
