"""Fixtures that several test files use."""

import os
from pathlib import Path

import pytest
from botocore.config import Config

from tests.doubling import Doubler
from tests.fakes import ColourEncoder
from tests.gunicorn_server import Server
from tests.serving import ContractClient
from tests.tiny_index import colour_index
from wardrobe.encoders import compiled_encoder
from wardrobe.encoders.networks import load_networks as load
from wardrobe.keys import KeyStore
from wardrobe.serving.app import create_app
from wardrobe.serving.batcher import Batcher
from wardrobe.serving.service import current_service
from wardrobe.settings import Settings

# OpenMP's threads wait for one another by spinning: several test processes, and the servers that
# they start, would take the cores from one another. It is read when torch or faiss is loaded.
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"

# What the tests are run from, such as the Makefile, exports settings of its own.
for _name in Settings.model_fields:
    os.environ.pop(_name.upper(), None)


@pytest.fixture(scope="session")
def real_data():
    """The folder of real pictures beside the project; a test that needs it skips without."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("WARDROBE_REAL_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no real pictures in {folder}; WARDROBE_REAL_DATA names another folder")
    return folder


@pytest.fixture(scope="session", autouse=True)
def kept_networks(tmp_path_factory):
    """Tiny checkpoints are the same in many tests: their networks are exported once a session."""
    kept = tmp_path_factory.mktemp("networks")
    os.environ["NETWORKS"] = str(kept)
    os.environ["STATE"] = str(tmp_path_factory.mktemp("state"))  # not what a swap here made current
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            compiled_encoder, "load_networks", lambda folder, kept_in: load(folder, kept_in or kept)
        )
        yield


@pytest.fixture
def serve(tmp_path):
    """Starts an application on the colour index and returns a client of it, ready to answer.

    The client has an API key that may do everything, unless it is not to be `keyed`.
    """
    services = []

    def start(encoder=None, *, keyed=True, **settings):
        folder = tmp_path / f"index-{len(services)}"
        folder.mkdir()
        app = create_app(
            Settings(
                _env_file=None,
                **{"state": tmp_path / "state", "page": tmp_path / "page", **settings},
            ),
            encoder=encoder or ColourEncoder(),
            index=colour_index(folder),
        )
        app.test_client_class = ContractClient
        services.append(current_service(app))
        services[-1].startup.wait(30)
        client = app.test_client()
        if keyed:
            _, key = KeyStore(services[-1].settings.state).create("tests", "admin")
            client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
        return client

    yield start
    for service in services:
        service.close()


@pytest.fixture(scope="session")
def colour_url(tmp_path_factory):
    """The address of a real server on the colour index, the same for many tests: they only read."""
    server = Server(tmp_path_factory.mktemp("server"))
    yield f"http://127.0.0.1:{server.port}"
    server.process.kill()
    server.process.wait()


@pytest.fixture
def doubler():
    return Doubler()


@pytest.fixture
def start(doubler):
    batchers = []

    def start_(**limits) -> Batcher[int, int]:
        usual = {"max_batch_size": 4, "max_batch_pixels": 1000, "max_queue": 10}
        batchers.append(Batcher(doubler, lambda number: number, **usual | limits))
        return batchers[-1]

    yield start_
    doubler.gate.set()
    for batcher in batchers:
        batcher.close()


@pytest.fixture(scope="session")
def aws_server():
    from tests.aws_server import AwsServer  # a second to import, for few tests

    server = AwsServer()
    yield server
    server.close()


@pytest.fixture
def aws(aws_server, monkeypatch):
    """A new, empty AWS with the bucket of `tests.aws_server`; retries do not wait."""
    from wardrobe.cloud import aws as clients

    for name, value in aws_server.environment.items():
        monkeypatch.setenv(name, value)
    retries = {"mode": "standard", "total_max_attempts": 2}
    monkeypatch.setattr(clients, "_CONFIG", clients._CONFIG.merge(Config(retries=retries)))
    aws_server.reset()
    yield aws_server
    aws_server.fault = None


@pytest.fixture
def ecs_service(aws, monkeypatch):
    """A client of ECS, where the service of `tests.rollouts` runs."""
    from tests.rollouts import create_service
    from wardrobe.cloud import ecs

    monkeypatch.setattr(ecs, "POLL_S", 0.01)
    monkeypatch.setenv("MOTO_ECS_SERVICE_RUNNING", "2")
    client = aws.client("ecs")
    create_service(client)
    return client


@pytest.fixture
def outcomes(ecs_service):
    """By default every image is rolled out well; `outcomes[image]` is how another one ends."""
    from tests.rollouts import rollouts

    with rollouts() as outcomes:
        yield outcomes
