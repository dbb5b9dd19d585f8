"""A worker that is killed at any step of a swap: one index serves, and no write is lost."""

import itertools
import multiprocessing
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes import ColourEncoder
from tests.serving import picture, until
from tests.swapping import Shop, admin_key, build_shop_from, roll_back, swap
from wardrobe.index.database import Database
from wardrobe.serving.app import create_app
from wardrobe.serving.service import current_service
from wardrobe.settings import Settings

PNG = picture("red")


def count_down(steps: int) -> None:
    """Kills this process before the step of this number at which a swap changes the disk."""
    left = steps

    def step() -> None:
        nonlocal left
        if threading.current_thread().name == "swapping":
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    writing = Database.writing

    @contextmanager
    def counted(database: Database) -> Iterator[object]:
        step()
        with writing(database) as connection:
            yield connection
            step()  # before the commit
        step()

    Database.writing = counted
    sys.addaudithook(lambda event, _: step() if event == "os.rename" else None)


def write(client, number: int, log: Path) -> None:
    """Writes, and notes what was acknowledged."""
    with log.open("a", buffering=1) as acknowledged:
        for turn in itertools.count():
            if put(client, f"w{number}-{turn}") == 201:
                acknowledged.write(f"w{number}-{turn}\n")
            patched = client.patch(f"/items/counter{number}", json={"caption": f"{turn:06}"})
            if patched.status_code == 200:
                acknowledged.write(f"counter{number} {turn:06}\n")
            time.sleep(0.01)  # without, the swap waits for the interpreter most of the time


def put(client, item_id: str) -> int:
    return client.put(f"/items/{item_id}", data=PNG, content_type="image/png").status_code


def swap_and_die(folder: Path, key: str, steps: int) -> None:
    settings = Settings(_env_file=None, index=folder / "first", state=folder / "state")
    app = create_app(settings, encoder=ColourEncoder())
    current_service(app).startup.wait(30)
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    for number in range(2):
        assert put(client, f"counter{number}") == 201
        log = folder / f"acknowledged{number}"
        threading.Thread(target=write, args=[client, number, log], daemon=True).start()
        until(lambda log=log: log.exists() and "counter" in log.read_text())
    count_down(steps)
    assert swap(client, folder / "second")["state"] == "switched"
    assert roll_back(client)["state"] == "switched"
    os._exit(0)


def check_acknowledged(client, folder: Path) -> None:
    for log in folder.glob("acknowledged*"):
        for line in log.read_text().splitlines():
            item_id, _, caption = line.partition(" ")
            response = client.get(f"/items/{item_id}")
            assert response.status_code == 200, f"{item_id} is lost"
            assert response.json["caption"] >= caption


@pytest.fixture(scope="module")
def processes():
    """Starts processes that have the modules loaded already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.test_serving_swap_killed"])
    return context


def test_a_worker_killed_at_any_step_of_a_swap_loses_no_acknowledged_write(
    tmp_path, processes
) -> None:
    built = Shop(tmp_path / "built")
    build_shop_from(built.old, built.folder / "second")
    served, exit_code = set(), -signal.SIGKILL
    for steps in itertools.count(1):
        folder = tmp_path / str(steps)
        for name, index in (("first", built.old), ("second", built.folder / "second")):
            shutil.copytree(index, folder / name)
        (folder / "state").mkdir()
        key = admin_key(folder / "state")
        process = processes.Process(target=swap_and_die, args=(folder, key, steps))
        process.start()
        process.join(60)
        exit_code = process.exitcode
        served.add(check_restart(folder, key))
        if exit_code != -signal.SIGKILL:
            break
        shutil.rmtree(folder)
    assert exit_code == 0
    assert served == {"first", "second"}
    assert steps > 30


def check_restart(folder: Path, key: str) -> str:
    """Looks what a restart serves, that it takes writes, and that a swap still loses none."""
    settings = Settings(_env_file=None, index=folder / "first", state=folder / "state")
    app = create_app(settings, encoder=ColourEncoder())
    service = current_service(app)
    try:
        service.startup.wait(30)
        client = app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
        check_acknowledged(client, folder)
        until(lambda: put(client, "after") == 201, timeout=5)
        index = Path(client.get("/admin/swap").json["current"]["index"])
        other = {"first": "second", "second": "first"}[index.name]
        assert swap(client, folder / other)["state"] == "switched"
        check_acknowledged(client, folder)
        assert client.get("/items/after").status_code == 200
        until(lambda: put(client, "later") == 201, timeout=5)
        return index.name
    finally:
        service.close()
