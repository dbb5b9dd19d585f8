"""The rules of the house that a reader relies on: layers, sizes, who reads the environment."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
MODULES = sorted((REPOSITORY / "wardrobe").rglob("*.py"))
SCRIPTS = sorted(REPOSITORY.glob("*.py"))


def test_imports_only_go_down() -> None:
    """The contracts are in pyproject.toml, under `tool.importlinter`."""
    linter = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run(
        [linter, "--no-cache"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_modules_stay_small_and_only_settings_read_the_environment(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    if path.name != "settings.py":
        reads = [
            node.attr
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
        ]
        assert not reads


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_root_scripts_are_thin(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < 40


@pytest.mark.parametrize(
    "name", [path.name for path in SCRIPTS if path.name not in ("server.py", "gunicorn.conf.py")]
)
def test_help_of_every_script_shows_an_example(name: str) -> None:
    result = subprocess.run(
        [sys.executable, name, "--help"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert f"python {name}" in result.stdout
