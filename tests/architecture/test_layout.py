"""The layout that the linters cannot see."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("tracker", "wipe", "labels")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
PURE = sorted(path for path in MODULES if path.name in ("rules.py", "claims.py", "rights.py", "values.py", "chain.py"))

pytestmark = pytest.mark.pure


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def test_every_package_init_is_empty() -> None:
    inits = [path for path in MODULES if path.name == "__init__.py"]
    assert len(inits) >= len(PACKAGES)
    assert [str(path) for path in inits if path.read_text(encoding="utf-8").strip()] == []


@pytest.mark.parametrize("path", [path for path in MODULES if path.name != "__init__.py"], ids=_name)
def test_no_module_is_longer_than_the_hard_stop(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 600


@pytest.mark.parametrize("path", PURE, ids=_name)
def test_a_pure_module_loads_neither_flask_nor_sqlalchemy(path: Path) -> None:
    """In a fresh interpreter, since the linter does not look into package inits."""
    code = f"import sys, {_name(path)}; print([m for m in ('flask', 'sqlalchemy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_project_names_nothing_outside_itself() -> None:
    """Folders of one developer's machine have no meaning in a school."""
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    suffixes = (".py", ".md", ".toml", ".html", ".js", ".css")
    texts = [ROOT / name for name in names if name.endswith(suffixes) and (ROOT / name).is_file()]
    assert texts
    foreign = ("../" + "shared", "/" + "work/", "/root" + "/")
    found = [path.name for path in texts for word in foreign if word in path.read_text(encoding="utf-8")]
    assert found == []


def _functions(path: Path) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize("path", [path for path in MODULES if path.name != "__init__.py"], ids=_name)
def test_no_function_is_longer_than_the_hard_stop(path: Path) -> None:
    long = [one.name for one in _functions(path) if (one.end_lineno or one.lineno) - one.lineno >= 80]
    assert long == []


def test_every_public_function_and_class_says_what_it_does() -> None:
    silent = []
    for path in MODULES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            named = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if named and not ast.get_docstring(node):  # type: ignore[arg-type] # named says which nodes these are
                silent.append(f"{_name(path)}.{node.name}")  # type: ignore[attr-defined] # the same
    assert silent == []


def test_no_service_commits_since_the_view_does_it_once() -> None:
    services = [path for path in MODULES if path.name in ("service.py", "models.py", "rules.py", "forms.py")]
    assert len(services) > 10
    found = [_name(path) for path in services if ".commit()" in path.read_text(encoding="utf-8")]
    assert found == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty_words = {"admin", "manage", "core", "utils", "util", "common", "helpers", "misc"}
    assert [_name(path) for path in MODULES if empty_words & set(_name(path).split("."))] == []


def test_every_template_is_drawn_by_somebody() -> None:
    templates = ROOT / "tracker" / "templates"
    texts = [path.read_text(encoding="utf-8") for path in (*MODULES, *templates.rglob("*.html"))]
    names = [path.relative_to(templates).as_posix() for path in templates.rglob("*.html")]
    assert [name for name in names if not any(f'"{name}"' in text for text in texts)] == []
