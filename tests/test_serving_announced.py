"""A server that follows what is announced in S3."""

import threading

import pytest

from tests.aws_server import ADDRESS, BUCKET, of_file
from tests.fakes import ColourEncoder
from tests.serving import metric, until
from tests.swapping import SIZES, build_shop, served
from wardrobe.cloud.artefacts import Artefacts, index_artefact
from wardrobe.serving import building
from wardrobe.serving.app import create_app
from wardrobe.serving.service import current_service
from wardrobe.settings import Settings


class Announcer:
    """Pushes shops, and announces them with an encoder of their fingerprint."""

    def __init__(self, folder) -> None:
        self.artefacts = Artefacts(ADDRESS)
        self._folder = folder

    def push(self, shop: str, count: int) -> str:
        index = build_shop(self._folder, shop, count)
        with index_artefact(index) as artefact:
            self.artefacts.push(artefact, lambda _: None)
        return artefact.key

    def announce(self, index: str) -> None:
        found = self.artefacts.announcement()
        self.artefacts.announce(self.encoder_like(index), index, was=found[1] if found else None)

    def encoder_like(self, index: str) -> str:
        """The colour encoder has no files; those of any artefact do, as the loader is a fake."""
        name = index.partition("/")[2]
        manifest = self.artefacts.manifest(index)
        for file in manifest.files:
            found = self.artefacts.bucket.stream(f"{index}/{file.path}", 0, None)[1]
            key = f"prod/encoders/{name}/{file.path}"
            self.artefacts.bucket._client.put_object(Bucket=BUCKET, Key=key, Body=b"".join(found))
        if not self.artefacts.bucket.read(f"encoders/{name}/artefact.json"):
            content = manifest.model_dump_json().encode()
            self.artefacts.bucket.write(f"encoders/{name}/artefact.json", content)
        return f"encoders/{name}"


@pytest.fixture
def shops(aws, tmp_path, monkeypatch):
    monkeypatch.setattr(building, "load_encoder", lambda *_, **__: ColourEncoder())
    return Announcer(tmp_path)


@pytest.fixture
def start(tmp_path, aws):
    services = []

    def start_(*, wait=True, state="state"):
        settings = Settings(
            _env_file=None,
            state=tmp_path / state,
            artefacts=ADDRESS,
            artefacts_folder=tmp_path / state / "artefacts",
            artefacts_poll_s=0.1,
        )
        app = create_app(settings)
        services.append(current_service(app))
        if wait:
            services[-1].startup.wait(30)
        return app.test_client()

    yield start_
    aws.fault = None
    for service in services:
        service.close()


def goes_over_to(client, shop: str) -> None:
    """Waits until a shop is served; asks the engine, as asking the server takes the core."""
    current = current_service(client.application).current
    # The record is in memory: the engine may be closed between the two.
    until(lambda: current.get().index.record.count == SIZES[shop])
    assert served(client) == shop


def value(client, name: str, **labels: str) -> float:
    return metric(client.get("/metrics").text, name, **labels)


def test_it_starts_with_what_is_announced_and_swaps_to_the_next(shops, start, tmp_path) -> None:
    old, new = shops.push("old", 6), shops.push("new", 5)
    shops.announce(old)
    client = start()
    assert served(client) == "old"
    shops.announce(new)
    goes_over_to(client, "new")
    assert client.get("/healthz").json["index"]["count"] == 5
    again = start()  # a restart fetches nothing anew
    assert served(again) == "new"
    shops.announce(old)
    goes_over_to(client, "old")
    goes_over_to(again, "old")


def test_without_an_announcement_health_says_what_to_do(shops, start) -> None:
    client = start(wait=False)
    until(lambda: current_service(client.application).startup.finished)
    response = client.get("/healthz")
    assert response.status_code == 503
    assert "nothing is announced yet; do so with `wardrobe artefacts push" in response.text


def test_while_it_fetches_health_says_so(shops, start, aws) -> None:
    shops.announce(shops.push("old", 6))

    seen = threading.Event()

    def wait(request) -> None:
        if request["PATH_INFO"].endswith("vectors.faiss"):
            seen.wait(20)

    aws.fault = wait
    client = start(wait=False)
    until(lambda: f"fetching {ADDRESS}/" in client.get("/healthz").text)
    seen.set()
    current_service(client.application).startup.wait(30)
    assert client.get("/healthz").status_code == 200


def test_what_cannot_be_fetched_leaves_the_old_one_serving(shops, start, aws, caplog) -> None:
    old, new = shops.push("old", 6), shops.push("new", 5)
    shops.announce(old)
    client = start()
    failed = value(client, "wardrobe_artefact_fetches_total", outcome="failed")
    aws.fault = of_file("GET", "current.json", ("400 Bad Request", "ExpiredToken"))
    until(lambda: "credentials have expired" in caplog.text, timeout=10)
    assert served(client) == "old"
    aws.fault = None
    shops.announce(new)
    goes_over_to(client, "new")
    assert value(client, "wardrobe_artefact_fetches_total", outcome="failed") > failed


def test_it_serves_on_without_its_bucket(shops, start, aws, caplog) -> None:
    shops.announce(shops.push("old", 6))
    client = start()
    aws.client("s3").delete_object(Bucket=BUCKET, Key="prod/current.json")
    looks = len(aws.gets("current.json"))
    until(lambda: len(aws.gets("current.json")) > looks + 2)
    assert "what is announced is not served" not in caplog.text, "nothing else is announced"
    aws.fault = of_file("GET", "current.json", ("404 Not Found", "NoSuchBucket"))
    until(lambda: "there is no such bucket; look at ARTEFACTS" in caplog.text)
    assert served(client) == "old"
    assert client.get("/healthz").status_code == 200


def test_a_damaged_artefact_is_tried_once_and_the_next_announcement_counts(
    shops, start, aws, caplog
) -> None:
    old, bad, new = shops.push("old", 6), shops.push("bad", 4), shops.push("new", 5)
    shops.announce(old)
    client = start()
    shops.encoder_like(bad)
    aws.client("s3").put_object(Bucket=BUCKET, Key=f"prod/{bad}/errors.jsonl", Body=b"x")
    aws.client("s3").put_object(Bucket=BUCKET, Key=f"prod/{bad}/index.json", Body=b"{" * 700)
    found = shops.artefacts.announcement()
    shops.artefacts.announce(bad.replace("indexes", "encoders"), bad, was=found[1])
    until(lambda: "is damaged" in caplog.text or "gone or not what" in caplog.text, timeout=10)
    asked, looks = len(aws.gets("index.json")), len(aws.gets("current.json"))
    until(lambda: len(aws.gets("current.json")) > looks + 3)
    assert len(aws.gets("index.json")) == asked
    assert served(client) == "old"
    shops.announce(new)
    goes_over_to(client, "new")
