"""Settings of the service; this module is the only reader of the environment and `.env`."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every setting with its default; its environment variable is its name in capitals."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True
    )

    encoder: str = Field(
        "models/wardrobe-base",
        description="Checkpoint folder, or the id or folder of a hub ViT or CLIP",
    )
    index: Path = Field(Path("indexes/demo"), description="Index folder made by build_index.py")
    host: str = Field("127.0.0.1", description="Address gunicorn listens on")
    port: int = Field(8000, ge=1, le=65535, description="Port gunicorn listens on")
    threads: int = Field(
        16, ge=1, le=256, description="Request threads of the worker; they decode, wait and answer"
    )
    compute_threads: int = Field(
        0, ge=0, description="Threads of the encoder; 0 takes the cores this process may use"
    )
    precision: Literal["auto", "bf16", "fp32"] = Field(
        "auto", description="auto takes bf16 where the processor has it"
    )
    max_batch_size: int = Field(
        16, ge=1, le=1024, description="Pictures encoded in one forward at most"
    )
    max_batch_delay_ms: float = Field(
        0, ge=0, le=1000, description="How long a batch may wait to fill, milliseconds"
    )
    max_queue: int = Field(
        256, ge=1, description="Pictures that may wait for the encoder before 429"
    )
    deadline_s: float = Field(10, gt=0, description="Seconds a request may take before 504")
    cache_bytes: int = Field(
        64 * 2**20, ge=0, description="Size of the LRU cache of encodings, bytes; 0 turns it off"
    )
    max_picture_bytes: int = Field(15 * 2**20, ge=1, description="Limit on one picture, bytes")
    max_picture_pixels: int = Field(
        50_000_000, ge=1, description="Limit on one picture, width x height"
    )
    max_files: int = Field(32, ge=1, description="Pictures in one /predict at most")
    max_top_k: int = Field(100, ge=1, description="Largest top_k")
    max_text_length: int = Field(500, ge=1, description="Characters of a text query at most")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least level that is logged"
    )
