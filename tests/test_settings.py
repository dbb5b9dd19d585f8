"""Every setting is in .env.example, with its description and default, and read from there."""

import re
from pathlib import Path

import pytest
from dotenv import dotenv_values
from pydantic import ValidationError

from wardrobe.settings import Settings

EXAMPLE = Path(__file__).parents[1] / ".env.example"


def test_the_example_names_every_setting_with_its_default() -> None:
    values = dotenv_values(EXAMPLE)
    assert list(values) == [name.upper() for name in Settings.model_fields]
    for name, field in Settings.model_fields.items():
        assert values[name.upper()] == str(field.default), name


def test_the_example_describes_every_setting() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        assert field.description
        assert f"# {field.description}\n{name.upper()}=" in text


def test_settings_come_from_the_file_and_the_environment_wins(tmp_path, monkeypatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    file = tmp_path / ".env"
    file.write_text("PORT=9000\nTHREADS=3\nMAX_TOP_K=\n", encoding="utf-8")
    monkeypatch.setenv("THREADS", "5")
    settings = Settings(_env_file=file)
    assert (settings.port, settings.threads, settings.max_top_k) == (9000, 5, 100)


def test_a_bad_value_is_refused_by_name(monkeypatch) -> None:
    monkeypatch.setenv("PORT", "99999")
    with pytest.raises(ValidationError, match=r"port\n.*less than or equal to 65535"):
        Settings(_env_file=None)


def test_no_setting_is_unused() -> None:
    root = EXAMPLE.parent
    sources = [*root.glob("*.py"), *(root / "wardrobe").rglob("*.py")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    for name in Settings.model_fields:
        assert re.search(rf"settings\.{name}\b", code), name
