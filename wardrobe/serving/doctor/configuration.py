"""Checks of the settings."""

from difflib import get_close_matches
from pathlib import Path

from pydantic import ValidationError

from wardrobe.errors import SettingError
from wardrobe.serving import exposure
from wardrobe.serving.doctor.finding import Finding
from wardrobe.settings import Settings, setting_problems, unknown_names

_ENV_FILE = Path(".env")


def check_settings() -> tuple[Settings | None, list[Finding]]:
    """Reads the settings; without them there is nothing else to check."""
    unknown = [_unknown(name) for name in unknown_names(_ENV_FILE)]
    try:
        settings = Settings()
    except ValidationError as error:
        advice = "change it in the environment or .env; .env.example describes it"
        broken = [Finding("failure", problem, advice) for problem in setting_problems(error)]
        return None, [*unknown, *broken]
    except SettingError as error:
        return None, [*unknown, Finding("failure", error.message)]
    source = ".env and the environment" if _ENV_FILE.exists() else "the environment; no .env here"
    return settings, [*unknown, Finding("ok", f"settings are valid, from {source}")]


def check_exposure(settings: Settings) -> Finding:
    """Whether others can search without a key, and whether that was meant."""
    where = f"HOST is {settings.host}"
    if not settings.open_reading:
        return Finding("ok", f"{where}, and everybody needs an API key")
    strict = settings.model_copy(update={"open_on_public_bind": False})
    try:
        exposure.check_exposure([(settings.host, settings.port)], strict)
    except SettingError as error:
        if settings.open_on_public_bind:
            return Finding("warning", f"{where}, and everybody may search without an API key")
        return Finding("failure", error.message)
    return Finding("ok", f"{where}: only this machine reaches the server")


def _unknown(name: str) -> Finding:
    known = [field.upper() for field in Settings.model_fields]
    near = get_close_matches(name.upper(), known, n=1, cutoff=0.7)
    advice = f"did you mean {near[0]}?" if near else ""
    return Finding("warning", f"{_ENV_FILE} sets {name}, which is no setting", advice)
