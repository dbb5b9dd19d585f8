"""Settings of the service; this module is the only reader of the environment and `.env`."""

from pathlib import Path
from typing import Any, Literal

from dotenv import dotenv_values
from pydantic import Field, RedisDsn, SecretStr, TypeAdapter, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from wardrobe.errors import SettingError


class Settings(BaseSettings):
    """Every setting with its default; its environment variable is its name in capitals."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    encoder: str = Field(
        default="models/wardrobe-base",
        description="Checkpoint folder, or the folder or hub id of a CLIP, SigLIP, ViT or DINOv2",
    )
    labels: Path = Field(
        default=Path("models/wardrobe-base"),
        description="labels.json, or a folder that has one: what a CLIP or SigLIP tags, zero-shot",
    )
    networks: Path = Field(
        default=Path("networks"),
        description="Folder that keeps the networks exported of checkpoints; made on first use",
    )
    index: Path = Field(
        default=Path("indexes/demo"), description="Index folder made by build_index.py"
    )
    state: Path = Field(
        default=Path("state"),
        description="Folder that keeps API keys, feedback and what a swap made current",
    )
    artefacts: str = Field(
        default="",
        description="Where the encoder and index to serve are announced and fetched from, "
        "s3://bucket/prefix; empty: ENCODER and INDEX",
    )
    artefacts_folder: Path = Field(
        default=Path("state/artefacts"), description="Folder that keeps what was fetched from S3"
    )
    artefacts_poll_s: float = Field(
        default=30,
        gt=0,
        le=3600,
        description="Seconds between looks for a new announcement; it is swapped to",
    )
    keys_json: SecretStr = Field(
        default=SecretStr(""),
        description="Content of STATE/keys.json where there is none yet, such as a secret; "
        "empty: none",
    )
    page: Path = Field(
        default=Path("frontend/dist"),
        description="Folder of the built page; where there is none, / leads to /docs",
    )
    open_reading: bool = Field(
        default=True, description="Whether reading needs no API key; writing always needs one"
    )
    open_on_public_bind: bool = Field(
        default=False, description="Whether reading may be open where HOST is not this machine only"
    )
    open_reading_rate: float = Field(
        default=0,
        ge=0,
        allow_inf_nan=False,
        description="Requests a second that callers without a key may make together; 0: no limit",
    )
    host: str = Field(default="127.0.0.1", description="Address gunicorn listens on")
    port: int = Field(default=8000, ge=1, le=65535, description="Port gunicorn listens on")
    threads: int = Field(
        default=96,
        ge=1,
        le=256,
        description="Request threads of the worker, more than MAX_QUEUE; most wait or refuse",
    )
    recycle_requests: int = Field(
        default=0,
        ge=0,
        description="Requests after which a worker is replaced by a new one; 0 means never",
    )
    compute_threads: int = Field(
        default=0,
        ge=0,
        description="Threads of the encoder; 0 takes the cores this process may use",
    )
    precision: Literal["auto", "bf16", "fp32"] = Field(
        default="auto", description="auto takes bf16 where the processor has it"
    )
    max_batch_size: int = Field(
        default=8, ge=1, le=1024, description="Pictures encoded in one forward at most"
    )
    max_batch_pixels: int = Field(
        default=640 * 640,
        ge=1,
        description="Pixels encoded in one forward at most; a larger picture goes alone",
    )
    max_batch_delay_ms: float = Field(
        default=0, ge=0, le=1000, description="How long a batch may wait to fill, milliseconds"
    )
    max_queue: int = Field(
        default=64, ge=1, description="Pictures that may wait for the encoder before 429"
    )
    deadline_s: float = Field(default=10, gt=0, description="Seconds a request may take before 504")
    cache_bytes: int = Field(
        default=64 * 2**20,
        ge=0,
        description="Size of the LRU cache of encodings, bytes; 0 turns it off",
    )
    cache_url: SecretStr = Field(
        default=SecretStr(""),
        description="Redis that replicas share encodings in, redis://localhost:6379/0; empty: none",
    )
    max_body_bytes: int = Field(
        default=64 * 2**20, ge=1, description="Limit on the whole body of a request, bytes"
    )
    max_picture_bytes: int = Field(
        default=15 * 2**20, ge=1, description="Limit on one picture, bytes"
    )
    max_picture_pixels: int = Field(
        default=50_000_000, ge=1, description="Limit on one picture, width x height"
    )
    max_files: int = Field(default=32, ge=1, description="Pictures in one /predict at most")
    max_top_k: int = Field(default=100, ge=1, description="Largest top_k")
    max_text_length: int = Field(
        default=500, ge=1, description="Characters of a text query at most"
    )
    wardrobe_url: str = Field(
        default="",
        description="Server that the command `wardrobe` asks; empty: the one at HOST and PORT",
    )
    wardrobe_key: SecretStr = Field(
        default=SecretStr(""), description="API key that the command `wardrobe` sends; empty: none"
    )
    log_queue_s: float = Field(
        default=0,
        ge=0,
        le=3600,
        description="Seconds between lines in the log that say how long the queue was; 0: none",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least level that is logged"
    )

    @field_validator("cache_url")
    @classmethod
    def _is_redis_url(cls, url: SecretStr) -> SecretStr:
        if url:
            try:
                TypeAdapter(RedisDsn).validate_python(url.get_secret_value())
            except ValidationError:  # it, and a ValueError from here, would show the password
                raise SettingError(
                    "CACHE_URL, not shown as it may hold a password, is no Redis URL such as "
                    "redis://user:password@localhost:6379/0; percent-encode special characters"
                ) from None
        return url


def read_settings(**given: Any) -> Settings:
    """Returns the settings.

    Args:
        given: those that flags set.

    Raises:
        SettingError: a value breaks a rule.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        raise SettingError("; ".join(setting_problems(error))) from error


def setting_problems(error: ValidationError) -> list[str]:
    """Returns a line for each setting that breaks a rule."""
    return [
        f"{'.'.join(str(part) for part in problem['loc']).upper()} is {problem['input']!r}: "
        f"{problem['msg'].replace('Input should', 'it must')}"
        for problem in error.errors(include_url=False)
    ]


def unknown_names(env_file: Path = Path(".env")) -> list[str]:
    """Returns the variables in a file of settings that are none of them."""
    known = {name.upper() for name in Settings.model_fields}
    return [name for name in dotenv_values(env_file) if name.upper() not in known]
