"""What a benchmark ran on, and how its result is kept."""

import datetime
import importlib.metadata
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

from wardrobe.files import write_json
from wardrobe.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[1]
RESULTS = REPOSITORY / "benchmarks" / "results"
_PACKAGES = ("torch", "openvino", "faiss-cpu", "numpy", "pillow", "gunicorn", "flask", "litserve")


def save(part: str, measured: dict[str, Any]) -> None:
    """Writes what a part measured to `benchmarks/results/<part>.json`."""
    RESULTS.mkdir(exist_ok=True)
    write_json(RESULTS / f"{part}.json", {"run": run_description(), **measured})


def run_description() -> dict[str, Any]:
    """Returns the machine, the code and the command."""
    module = Path(sys.argv[0])
    name = f"benchmarks.{module.stem}" if module.is_absolute() else sys.argv[0]
    settings = Settings()
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": _output("git", "rev-parse", "--short", "HEAD"),
        "changed": bool(_output("git", "status", "--porcelain", "--untracked-files=no")),
        "command": f"INDEX={settings.index} python -m {' '.join([name, *sys.argv[1:]])}",
        "processor": _processor(),
        "cores": cores(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "packages": {name: version for name in _PACKAGES if (version := _version(name))},
        "client": "on the same cores",
    }


def cores() -> int:
    """Returns the cores that this process, and so server and client, may use."""
    return len(os.sched_getaffinity(0))


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _output(*command: str) -> str:
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    return done.stdout.strip()
