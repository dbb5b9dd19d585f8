"""Artefacts in S3: pushed once, fetched whole or not at all, whatever goes wrong on the way."""

import hashlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import openvino
import pytest
from openvino import opset13
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from tests.aws_server import ADDRESS, BUCKET, of_file
from tests.fakes import ColourEncoder, write_checkpoint
from tests.gunicorn_server import ROOT
from tests.swapping import build_shop
from wardrobe.cloud import fetching
from wardrobe.cloud.artefacts import ANNOUNCEMENT, Artefacts, encoder_artefact, index_artefact
from wardrobe.cloud.fetching import Fetcher
from wardrobe.encoders import networks
from wardrobe.encoders.checkpoint import fingerprint
from wardrobe.encoders.networks import Networks
from wardrobe.errors import ArtefactError, CloudError, SettingError
from wardrobe.index import Index

WEIGHTS = os.urandom(3_000_000)


def quiet(_: str) -> None:
    """Hears of the progress."""


@pytest.fixture
def checkpoint(tmp_path):
    return write_checkpoint(tmp_path / "checkpoint", WEIGHTS)


@pytest.fixture
def artefacts(aws):
    return Artefacts(ADDRESS)


@pytest.fixture
def pushed(artefacts, checkpoint):
    return push_encoder(artefacts, checkpoint)


def push_encoder(artefacts: Artefacts, folder: Path) -> str:
    artefact = encoder_artefact(folder, fingerprint(folder), folder.parent / "networks")
    artefacts.push(artefact, quiet)
    return artefact.key


def push_index(artefacts: Artefacts, folder: Path) -> str:
    with index_artefact(folder) as artefact:
        artefacts.push(artefact, quiet)
    return artefact.key


@pytest.fixture
def fetcher(artefacts, tmp_path):
    return Fetcher(artefacts, tmp_path / "fetched")


def puts(aws) -> list[str]:
    return [path for method, path, _ in aws.asked if method == "PUT"]


def test_a_checkpoint_is_kept_under_its_fingerprint_and_sent_once(
    aws, artefacts, checkpoint, tmp_path
) -> None:
    key = push_encoder(artefacts, checkpoint)
    assert key.startswith(f"encoders/{fingerprint(checkpoint)}-")
    sent = puts(aws)
    assert [path.rpartition("/")[2] for path in sent] == [
        "config.json",
        "model.safetensors",
        "artefact.json",  # last
    ]
    assert push_encoder(artefacts, checkpoint) == key
    assert puts(aws) == sent
    (checkpoint / "thresholds.json").write_text("{}")
    other = push_encoder(artefacts, checkpoint)
    assert other != key
    assert other.startswith(key.rpartition("-")[0])


def test_a_push_that_was_interrupted_sends_only_the_rest(
    aws, artefacts, checkpoint, tmp_path
) -> None:
    aws.fault = of_file("PUT", ".safetensors", ("403 Forbidden", "AccessDenied"))
    with pytest.raises(CloudError) as error:
        push_encoder(artefacts, checkpoint)
    weights = checkpoint / "model.safetensors"
    (address,) = {path for path in puts(aws) if path.endswith(".safetensors")}
    assert error.value.message == (
        f"cannot send {weights} to s3:/{address}: AWS refuses PutObject (AccessDenied); allow it "
        "to this role or user as docs/deployment.md says under Permissions. S3 says the same of "
        "what does not exist to who may not s3:ListBucket"
    )
    aws.fault = None
    aws.asked.clear()
    push_encoder(artefacts, checkpoint)
    assert [path.rpartition("/")[2] for path in puts(aws)] == ["model.safetensors", "artefact.json"]


def test_what_is_fetched_is_what_was_pushed(pushed, fetcher, checkpoint, aws) -> None:
    place = fetcher.fetch(pushed, quiet)
    assert {p.name: p.read_bytes() for p in place.iterdir()} == {
        p.name: p.read_bytes() for p in checkpoint.iterdir()
    }
    aws.asked.clear()
    assert fetcher.fetch(pushed, quiet) == place
    assert not aws.asked, "it is there"


def test_an_index_is_pushed_as_of_one_moment_and_opens_elsewhere(
    artefacts, fetcher, tmp_path
) -> None:
    folder = build_shop(tmp_path, "shop", 5)
    living = Index.open(folder, ColourEncoder())  # with its write-ahead log beside
    key = push_index(artefacts, folder)
    assert key.startswith(f"indexes/{ColourEncoder.fingerprint}-")
    assert push_index(artefacts, folder) == key
    assert not list(tmp_path.glob(".push-*"))
    fetched = Index.open(fetcher.fetch(key, quiet), ColourEncoder())
    assert fetched.count == living.count == 5
    fetched.close()
    living.close()


def test_a_body_that_ends_too_early_is_resumed_with_the_missing_bytes(aws, pushed, fetcher) -> None:
    cuts = iter([1_000_000, 500_000])

    def cut(request) -> int | None:
        return next(cuts, None) if request["PATH_INFO"].endswith(".safetensors") else None

    aws.fault = cut
    place = fetcher.fetch(pushed, quiet)
    assert (place / "model.safetensors").read_bytes() == WEIGHTS
    assert aws.gets(".safetensors") == ["", "bytes=1000000-", "bytes=1500000-"]


def test_a_fetch_that_was_given_up_goes_on_from_there(aws, pushed, fetcher, monkeypatch) -> None:
    monkeypatch.setattr(fetching.time, "sleep", lambda _: None)
    first = iter([1_000_000])
    aws.fault = lambda request: (
        next(first, 0) if request["PATH_INFO"].endswith(".safetensors") else None
    )
    with pytest.raises(ArtefactError) as error:
        fetcher.fetch(pushed, quiet)
    assert error.value.message == (
        f"{ADDRESS}/{pushed}/model.safetensors came only in part, 1000000 of 3000000 bytes, in 5 "
        "attempts: 0 read, but total bytes expected is 2000000; what "
        "came is kept, and the next attempt goes on from there. Look at the network, and whether "
        "the object has this size"
    )
    assert not fetcher.place(pushed).exists()
    aws.fault = None
    aws.asked.clear()
    place = fetcher.fetch(pushed, quiet)
    assert aws.gets(".safetensors") == ["bytes=1000000-"]
    assert (place / "model.safetensors").read_bytes() == WEIGHTS


def test_a_wrong_checksum_is_refused_and_nothing_of_it_kept(aws, pushed, fetcher) -> None:
    key = f"prod/{pushed}/model.safetensors"
    damaged = bytes([WEIGHTS[0] ^ 1]) + WEIGHTS[1:]
    aws.client("s3").put_object(Bucket=BUCKET, Key=key, Body=damaged)
    with pytest.raises(ArtefactError) as error:
        fetcher.fetch(pushed, quiet)
    has, should = (hashlib.sha256(data).hexdigest()[:12] for data in (damaged, WEIGHTS))
    assert error.value.message == (
        f"{ADDRESS}/{pushed}/model.safetensors is damaged: its SHA-256 is {has}…, the manifest "
        f"says {should}…; delete the artefact {ADDRESS}/{pushed} and push it again"
    )
    assert not fetcher.place(pushed).exists()
    aws.client("s3").put_object(Bucket=BUCKET, Key=key, Body=WEIGHTS)
    assert fetcher.fetch(pushed, quiet).is_dir()


def test_a_part_that_is_not_of_this_object_is_fetched_again(pushed, fetcher) -> None:
    place = fetcher.place(pushed)
    part = place.with_name(f".{place.name}.part")
    part.mkdir(parents=True)
    (part / "model.safetensors").write_bytes(b"nonsense")
    assert (fetcher.fetch(pushed, quiet) / "model.safetensors").read_bytes() == WEIGHTS


def test_a_manifest_that_leads_elsewhere_is_refused(aws, pushed, fetcher) -> None:
    content = {"files": [{"path": "../../evil", "size": 1, "sha256": "0"}]}
    aws.client("s3").put_object(
        Bucket=BUCKET, Key=f"prod/{pushed}/artefact.json", Body=json.dumps(content)
    )
    with pytest.raises(ArtefactError, match="leads out of the artefact"):
        fetcher.fetch(pushed, quiet)


def test_a_full_disk_is_noticed_before(pushed, fetcher, monkeypatch, aws) -> None:
    usage = fetching.shutil.disk_usage("/")._replace(free=1000)
    monkeypatch.setattr(fetching.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(ArtefactError, match=r"has 0.0 MB free, but .* needs \d+.\d MB; make room"):
        fetcher.fetch(pushed, quiet)
    assert not aws.gets(".safetensors")


def test_of_two_who_announce_one_is_told(artefacts, pushed, aws) -> None:
    index = "indexes/" + pushed.partition("/")[2]
    manifest = artefacts.bucket.read(f"{pushed}/artefact.json")[0]
    artefacts.bucket.write(f"{index}/artefact.json", manifest)
    etag = artefacts.announce(pushed, index, was=None)
    assert artefacts.announcement()[0].encoder == pushed
    assert artefacts.announcement(unless=etag) is None, "it has not changed"
    for was in (None, '"0123"'):
        with pytest.raises(ArtefactError, match="written by somebody else meanwhile"):
            artefacts.announce(pushed, index, was=was)


def test_an_encoder_and_an_index_of_another_are_not_announced(artefacts, pushed, tmp_path) -> None:
    index = push_index(artefacts, build_shop(tmp_path, "shop", 2))
    with pytest.raises(ArtefactError, match="build the index with that encoder"):
        artefacts.announce(pushed, index, was=None)
    assert artefacts.bucket.read(ANNOUNCEMENT) is None


@pytest.mark.parametrize("address", ["bucket/prefix", "s3://", "https://bucket", "s3://UPPER/x"])
def test_an_address_that_is_none_is_refused(aws, address) -> None:
    with pytest.raises(SettingError, match="must be s3://bucket/prefix"):
        Artefacts(address)


def test_a_killed_fetch_leaves_no_folder_and_goes_on(aws, pushed, fetcher, tmp_path) -> None:
    place = fetcher.place(pushed)
    code = (
        "import sys; from pathlib import Path\n"
        "from wardrobe.cloud.artefacts import Artefacts\n"
        "from wardrobe.cloud.fetching import Fetcher\n"
        "Fetcher(Artefacts(sys.argv[1]), Path(sys.argv[2])).fetch(sys.argv[3], lambda _: None)\n"
    )
    command = [sys.executable, "-c", code, ADDRESS, str(tmp_path / "fetched"), pushed]
    parts = itertools.count(1)
    stuck, killed = threading.Event(), threading.Event()

    def stop_after_a_part(request) -> int | None:
        if not request["PATH_INFO"].endswith(".safetensors"):
            return None
        if next(parts) == 2:
            stuck.set()
            killed.wait(60)
        return 400_000

    aws.fault = stop_after_a_part
    child = subprocess.Popen(command, cwd=ROOT)
    assert stuck.wait(60)
    child.send_signal(signal.SIGKILL)
    child.wait()
    killed.set()
    assert not place.exists()
    aws.fault = None
    assert Path(fetcher.fetch(pushed, quiet), "model.safetensors").read_bytes() == WEIGHTS
    assert aws.gets(".safetensors")[-1] == "bytes=400000-"


def test_only_what_is_kept_stays(pushed, fetcher) -> None:
    place = fetcher.fetch(pushed, quiet)
    half = place.with_name(".other.part")
    half.mkdir()
    fetcher.tidy({place})
    assert (place.exists(), half.exists()) == (True, False)
    fetcher.tidy(set())
    assert not place.exists()


def tiny_networks(_: Path) -> Networks:
    """An export that needs no torch."""
    number = opset13.parameter([1], dtype=np.float32)
    network = openvino.Model([opset13.relu(number)], [number])
    return Networks(network, network, Tokenizer(WordLevel({"a": 0}, unk_token="a")))


def test_a_wardrobe_checkpoint_brings_its_networks_so_no_task_exports_them(
    artefacts, fetcher, checkpoint, tmp_path, monkeypatch
) -> None:
    (checkpoint / "config.json").write_text('{"model_type": "wardrobe"}')
    monkeypatch.setattr(networks, "_export", tiny_networks)
    place = fetcher.fetch(push_encoder(artefacts, checkpoint), quiet)
    monkeypatch.setattr(networks, "_export", lambda _: pytest.fail("exported"))
    assert networks.load_networks(place, None).tokenizer.get_vocab() == {"a": 0}
    assert fingerprint(place) == fingerprint(checkpoint)
