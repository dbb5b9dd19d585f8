"""What `make run` sets up and refuses."""

import socket
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def make(*arguments: str, venv: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", f"VENV={venv}", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
    )


def test_a_port_that_another_server_has_is_refused_before_anything_is_set_up(tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = make("run", f"PORT={port}", venv=tmp_path / "venv")
    assert done.returncode != 0
    assert f"Port {port} is in use: make run PORT={port + 1}" in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "venv").exists()


def test_a_catalogue_never_takes_the_place_of_the_demo(tmp_path) -> None:
    done = make("--dry-run", "index", "CATALOGUE=/some/demo", venv=tmp_path / "venv")
    assert '--out "indexes/catalogue-demo"' in done.stdout
    assert "indexes/demo" not in done.stdout
