"""What the tests of swaps share: index folders that tell their answers apart, and clients."""

import http.client
import itertools
import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from tests.fakes import ColourEncoder
from tests.serving import ContractClient, until
from wardrobe.encoders import Encoder
from wardrobe.index.sources import read_source
from wardrobe.indexing import build_index
from wardrobe.keys import KeyStore
from wardrobe.serving.app import create_app
from wardrobe.serving.service import current_service
from wardrobe.settings import Settings

SIZES = {"old": 6, "new": 5}
COLOURS = ("red", "green", "blue", "white", "black", "orange")

Ask = Callable[[str], tuple[int, Any]]
"""GET of a path → status and JSON."""

Connect = Callable[[], AbstractContextManager[Ask]]


def build_shop(
    folder: Path, shop: str, count: int, encoder: Encoder | None = None, into: str = ""
) -> Path:
    """Builds the index of a shop, whose items are `<shop>-<colour>`, and returns its folder."""
    pictures = folder / f"pictures of {shop}"
    shutil.rmtree(pictures, ignore_errors=True)
    pictures.mkdir(parents=True)
    for colour in COLOURS[:count]:
        Image.new("RGB", (8, 6), colour).save(pictures / f"{shop}-{colour}.png")
    out = folder / (into or shop)
    build_index(encoder or ColourEncoder(), read_source(pictures), out)
    return out


def build_shop_from(index: Path, out: Path, encoder: Encoder | None = None) -> Path:
    """Builds an index from another one."""
    build_index(encoder or ColourEncoder(), read_source(index), out)
    return out


class Shop:
    """Two index folders, and the servers that a test starts on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.old, self.new = (build_shop(folder, shop, size) for shop, size in SIZES.items())
        self.services = []

    def start(self, encoder=None, index: Path | None = None) -> ContractClient:
        """Starts a server, as another worker or after a restart: all share the state."""
        settings = Settings(_env_file=None, index=index or self.old, state=self.state)
        app = create_app(settings, encoder=encoder or ColourEncoder())
        app.test_client_class = ContractClient
        self.services.append(current_service(app))
        self.services[-1].startup.wait(30)
        client = app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {admin_key(self.state)}"
        return client


def swap(client, index: Path, **others: Any) -> dict:
    """Swaps, and returns the status once it is over."""
    response = client.post("/admin/swap", json={"index": str(index), **others})
    assert response.status_code == 202, response.text
    return finished(client)


def roll_back(client) -> dict:
    response = client.post("/admin/rollback")
    assert response.status_code == 202, response.text
    return finished(client)


def finished(client) -> dict:
    until(lambda: client.get("/admin/swap").json["state"] in ("switched", "failed"))
    return client.get("/admin/swap").json


def served(client) -> str:
    """Returns the shop whose item is found."""
    return client.get("/search?text=red&top_k=1").json["results"][0]["id"].rpartition("-")[0]


class Clients:
    """Clients that ask again and again, and look whether each answer is of one shop alone.

    Attributes:
        seen: how often each shop answered.
        failures: what was no answer, or a mixture.
    """

    def __init__(self, connect: Connect, sizes: dict[str, int], count: int = 4) -> None:
        self.seen = dict.fromkeys(sizes, 0)
        self.failures: list[str] = []
        self._sizes = sizes
        self._connect = connect
        self._numbers = itertools.count()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run) for _ in range(count)]

    def __enter__(self) -> "Clients":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def answered_by(self, shop: str) -> Callable[[], bool]:
        """Returns whether a shop has answered some more requests from now on."""
        before = self.seen[shop]
        return lambda: self.seen[shop] > before + 10

    def _run(self) -> None:
        try:
            with self._connect() as ask:
                while not self._stop.is_set():
                    self._ask(ask)
                    time.sleep(0.002)
        except Exception as error:  # whatever it is, a client has noticed
            self.failures.append(repr(error))

    def _ask(self, ask: Ask) -> None:
        # Another text each time, so that it is encoded and not found in the cache.
        status, content = ask(f"/search?text=red+{next(self._numbers)}&top_k=4")
        shop = _shop_of(content, self._sizes) if status == 200 else None
        with self._lock:
            if shop is None:
                self.failures.append(f"{status} {content}")
            else:
                self.seen[shop] += 1


def over_http(port: int) -> Connect:
    """Returns what makes clients with a kept-alive connection each."""

    @contextmanager
    def connect() -> Iterator[Ask]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

        def ask(path: str) -> tuple[int, Any]:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, json.loads(response.read())

        with closing(connection):
            yield ask

    return connect


def _shop_of(content: Any, sizes: dict[str, int]) -> str | None:
    shops = {item["id"].rpartition("-")[0] for item in content["results"]}
    if len(shops) != 1 or content["count"] != 4:
        return None
    (shop,) = shops
    return shop if content["total"] == sizes.get(shop) else None


def admin_key(state: Path) -> str:
    """Returns an API key that may do everything."""
    return KeyStore(state).create("tests", "admin")[1]


def threads(name: str) -> Sequence[threading.Thread]:
    """Returns the threads of this name that live."""
    return [thread for thread in threading.enumerate() if thread.name == name]


def write_serving(state: Path, content: Any) -> None:
    """Writes `serving.json` as an operator would, by hand."""
    state.mkdir(exist_ok=True)
    (state / "serving.json").write_text(json.dumps(content), encoding="utf-8")
