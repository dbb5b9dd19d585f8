"""`wardrobe doctor`: a deployment that is as it should be, and each thing that can be wrong."""

import argparse
import json
import os
import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from PIL import Image

from tests.fakes import ColourEncoder
from tests.redis_server import RedisServer, skip_without_redis
from tests.scripted_server import ScriptedServer, answer
from tests.swapping import write_serving
from tests.tiny_checkpoints import save_text_tower, save_wardrobe
from wardrobe.cli import main
from wardrobe.cli.doctor import server
from wardrobe.client import Wardrobe
from wardrobe.index import Change, Index
from wardrobe.index import folder as index_folder
from wardrobe.index.record import CATALOGUE, VECTORS
from wardrobe.index.sources import read_source
from wardrobe.indexing import build_index
from wardrobe.keys import KeyStore
from wardrobe.serving.doctor import artefacts, configuration, machine, state
from wardrobe.settings import Settings


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with pictures and their index."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "photos").mkdir()
    for colour in ("red", "green", "white"):
        Image.new("RGB", (8, 8), colour).save(folder / "photos" / f"{colour}.png")
    build_index(ColourEncoder(), read_source(folder / "photos"), folder / "index")
    return folder


@pytest.fixture
def deployment(built, tmp_path):
    """A copy of it that a test may spoil."""
    folder = tmp_path / "deployment"
    shutil.copytree(built, folder)
    record = folder / "index" / "index.json"
    record.write_text(record.read_text().replace(str(built), str(folder)))
    return folder


def settings_of(folder: Path, **given: object) -> Settings:
    usual = {"index": folder / "index", "state": folder / "state"}
    return Settings(_env_file=None, **usual | given)


def opened(settings: Settings):
    return artefacts.check_index(settings, ColourEncoder())


def test_all_is_well(deployment, monkeypatch) -> None:
    """Every check of files and machine, on a sound deployment."""
    monkeypatch.setattr(machine, "_memory_limit", lambda: 64 * 2**30)
    monkeypatch.setattr(machine, "available_cores", lambda: 2)
    settings = settings_of(deployment)
    index, finding = opened(settings)
    of_index = (artefacts.check_pictures, artefacts.check_writes, artefacts.check_compaction)
    with_index = [finding, *(check(index) for check in of_index)]
    index.close()
    KeyStore(deployment / "state").create("tests", "admin")
    checks = (
        artefacts.check_catalogue,
        configuration.check_exposure,
        machine.check_cores,
        machine.check_queue,
        machine.check_memory,
        state.check_folder,
        state.check_keys,
    )
    _, serving = state.check_serving(settings)
    for finding in [*with_index, *serving, *(check(settings) for check in checks)]:
        assert finding.status == "ok", finding
        assert str(finding) == f"✓ {finding.what}"


# Settings.


def test_a_misspelt_setting_is_recognised(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text("MAX_TOPK=5\nmax_queue=9\nSOMETHING_ELSE=1\n")
    _, findings = configuration.check_settings()
    assert [str(finding) for finding in findings[:2]] == [
        "! .env sets MAX_TOPK, which is no setting; did you mean MAX_TOP_K?",
        "! .env sets SOMETHING_ELSE, which is no setting",
    ]
    assert findings[2].status == "ok"


def test_settings_that_break_a_rule_end_the_examination(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text("PORT=99999\nPRECISION=int8\n")
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "✗ PORT is '99999': it must be less than or equal to 65535; change it" in out
    assert "✗ PRECISION is 'int8': " in out
    Path(".env").write_text("CACHE_URL=http://u:secret@h\n")
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("✗ CACHE_URL, not shown as it may hold a password, is no Redis URL")
    assert "secret" not in out


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"host": "0.0.0.0"}, "failure"),
        ({"host": "0.0.0.0", "open_reading": False}, "ok"),
        ({"host": "::", "open_on_public_bind": True}, "warning"),
    ],
)
def test_open_reading_on_a_public_address(tmp_path, given, status) -> None:
    assert configuration.check_exposure(settings_of(tmp_path, **given)).status == status


# Encoder and index.


def test_an_encoder_that_is_not_there(tmp_path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    encoder, (finding,) = artefacts.check_encoder(settings_of(tmp_path, encoder=str(folder)))
    assert encoder is None
    assert finding.status == "failure"
    assert f"{folder} is not a checkpoint" in finding.what


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoint")
    return save_wardrobe(folder / "tiny", save_text_tower(folder / "tower"))


def test_networks_that_were_never_exported(checkpoint, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(artefacts, "load_encoder", lambda *_, **__: ColourEncoder())
    settings = settings_of(tmp_path, encoder=str(checkpoint), networks=tmp_path / "networks")
    encoder, findings = artefacts.check_encoder(settings)
    assert [finding.status for finding in findings] == ["warning", "ok"]
    assert "the first start takes ten seconds longer" in findings[0].what
    assert encoder.name == "colour-encoder"


def test_a_checkpoint_that_was_never_tuned(checkpoint, tmp_path) -> None:
    folder = shutil.copytree(checkpoint, tmp_path / "checkpoint")
    settings = settings_of(tmp_path, encoder=str(folder))
    finding = artefacts.check_tuning(settings)
    assert finding.status == "warning"
    assert "no thresholds.json and no calibration.json and no relevance.json" in finding.what
    assert finding.advice == "run optimize_thresholds.py and calibrate_relevance.py"
    for name in ("thresholds.json", "calibration.json"):
        (folder / name).touch()
    assert artefacts.check_tuning(settings).advice == "run calibrate_relevance.py"
    (folder / "relevance.json").touch()
    assert artefacts.check_tuning(settings).status == "ok"


def test_an_index_that_is_missing_or_another_encoders(deployment) -> None:
    class Other(ColourEncoder):
        fingerprint = "other" * 12

    for settings, encoder in (
        (settings_of(deployment, index=deployment / "none"), ColourEncoder()),
        (settings_of(deployment), Other()),
    ):
        index, finding = artefacts.check_index(settings, encoder)
        assert (index, finding.status) == (None, "failure")
        assert "rebuild it: python build_index.py" in finding.what


def test_an_index_whose_vectors_changed(deployment) -> None:
    path = deployment / "index" / VECTORS
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    _, finding = opened(settings_of(deployment))
    assert finding.status == "failure"
    assert "vectors.faiss is damaged" in finding.what


def test_a_catalogue_that_sqlite_finds_damaged(deployment) -> None:
    path = deployment / "index" / CATALOGUE
    content = bytearray(path.read_bytes())
    content[4096:4196] = b"?" * 100
    path.write_bytes(content)
    finding = artefacts.check_catalogue(settings_of(deployment))
    assert finding.status == "failure"
    path.write_bytes(b"no database")
    assert "not a database" in artefacts.check_catalogue(settings_of(deployment)).what


def test_an_index_that_cannot_be_written_to(deployment, monkeypatch) -> None:
    index, _ = opened(settings_of(deployment))
    monkeypatch.setattr(Index, "writable", False)  # root may write anywhere
    finding = artefacts.check_writes(index)
    index.close()
    assert finding.status == "warning"
    assert "its items can be found, but not changed" in finding.what


def test_an_index_whose_place_another_has_taken(deployment) -> None:
    index, _ = opened(settings_of(deployment))
    with index.succession.closing("indexes/new"):
        pass
    finding = artefacts.check_writes(index)
    index.close()
    assert finding.status == "warning"
    assert finding.what.startswith("indexes/new has taken the place of ")


def test_an_index_that_a_build_left_aside(deployment) -> None:
    folder, building = deployment / "index", deployment / "index.building"
    building.mkdir()
    folder.rename(building / "old")
    index, finding = opened(settings_of(deployment))
    assert finding.status == "ok"
    finding = artefacts.check_writes(index)
    index.close()
    assert (finding.status, finding.advice) == ("warning", "run build_index.py again")


def test_writes_that_are_not_compacted(deployment, monkeypatch) -> None:
    index, _ = opened(settings_of(deployment))
    entry = index.entry("red")
    copies = [replace(entry, item=replace(entry.item, id=f"copy-{n}")) for n in range(4)]
    index.apply([Change(copy.item.id, copy) for copy in copies])
    index.close()
    index, finding = opened(settings_of(deployment))
    assert finding.what.endswith("is whole: 7 items, flat, this encoder's")
    finding = artefacts.check_compaction(index)
    assert finding.what == "versions of items in the base: 3, to be compacted: 4"
    assert finding.status == "ok"
    monkeypatch.setattr(index_folder, "_BURDEN", 3)
    assert artefacts.check_compaction(index).status == "warning"
    index.compact()
    assert artefacts.check_compaction(index).what.endswith("base: 7, to be compacted: 0")
    index.close()


def test_pictures_that_are_gone(deployment) -> None:
    (deployment / "photos" / "red.png").unlink()
    index, _ = opened(settings_of(deployment))
    finding = artefacts.check_pictures(index)
    index.close()
    assert finding.status == "failure"
    assert "the pictures of 1 of 3 items looked at are gone, such as" in finding.what
    assert "red.png" in finding.what


# The machine.


@pytest.mark.parametrize(("free", "status"), [(10, "failure"), (5000, "warning"), (2**40, "ok")])
def test_disk_space(deployment, monkeypatch, free, status) -> None:
    monkeypatch.setattr(
        machine.shutil, "disk_usage", lambda place: argparse.Namespace(free=free, place=place)
    )
    monkeypatch.setattr(machine, "_size_of", lambda folder: 1500)
    assert machine.check_disk(settings_of(deployment)).status == status


def test_more_threads_than_cores(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(machine, "available_cores", lambda: 2)
    finding = machine.check_cores(settings_of(tmp_path, compute_threads=8))
    assert finding.status == "failure"
    assert finding.advice == "set COMPUTE_THREADS=0"


def test_fewer_request_threads_than_places_in_the_queue(tmp_path) -> None:
    finding = machine.check_queue(settings_of(tmp_path, threads=16))
    assert (finding.status, finding.advice) == ("warning", "set THREADS above MAX_QUEUE")


@pytest.mark.parametrize(
    ("limit", "status"), [(2**29, "failure"), (700 * 2**20, "warning"), (2**32, "ok")]
)
def test_memory_that_a_container_allows(tmp_path, monkeypatch, limit, status) -> None:
    granted = tmp_path / "memory.max"
    granted.write_text(f"{limit}\n")
    monkeypatch.setattr(machine, "_CGROUP_MEMORY", (tmp_path / "none", granted))
    assert machine.check_memory(settings_of(tmp_path)).status == status
    granted.write_text("max\n")
    assert machine._memory_limit() > 2**30


def test_the_shared_cache(tmp_path) -> None:
    skip_without_redis()
    redis = RedisServer(tmp_path)
    settings = settings_of(tmp_path, cache_url=redis.url)
    assert machine.check_cache(settings).status == "ok"
    redis.close()
    finding = machine.check_cache(settings)
    assert finding.status == "failure"
    assert "(ConnectionError)" in finding.what


# The folder STATE.


def test_a_state_folder_that_cannot_be_written_to(tmp_path, monkeypatch) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(state.tempfile, "TemporaryFile", refuse)  # root may write anywhere
    finding = state.check_folder(settings_of(tmp_path))
    assert finding.status == "failure"
    assert "cannot be written to: Permission denied" in finding.what


def test_keys_that_others_can_read_or_that_are_damaged(tmp_path) -> None:
    KeyStore(tmp_path / "state").create("tests", "write")
    keys = tmp_path / "state" / "keys.json"
    keys.chmod(0o640)
    finding = state.check_keys(settings_of(tmp_path))
    assert (finding.status, finding.advice) == ("failure", f"chmod 600 {keys}")
    keys.chmod(0o600)
    keys.write_text("{}")
    finding = state.check_keys(settings_of(tmp_path))
    assert finding.status == "failure"
    assert "keys.json is damaged: keys: Field required" in finding.what


def test_keys_that_are_missing_or_expire(tmp_path) -> None:
    finding = state.check_keys(settings_of(tmp_path))
    assert finding.status == "ok"
    assert finding.what.endswith("has no key: nobody can write items or administer")
    store = KeyStore(tmp_path / "state")
    store.create("old", "read", expires_in=timedelta(days=-1))
    finding = state.check_keys(settings_of(tmp_path, open_reading=False))
    assert finding.status == "failure"
    assert finding.what.endswith("has no key: nobody is answered")

    store.create("shop", "write")
    store.create("shop", "read")
    assert state.check_keys(settings_of(tmp_path)).what.endswith("has keys: 1 read, 1 write")
    key, _ = store.create("batch", "read", expires_in=timedelta(days=3))
    finding = state.check_keys(settings_of(tmp_path))
    assert finding.status == "warning"
    assert finding.what == f"key {key.id} of batch expires on {key.expires:%Y-%m-%d}"


def test_what_a_swap_made_current_is_examined(tmp_path) -> None:
    settings = settings_of(tmp_path, encoder="models/a", index="indexes/a")
    named = {"encoder": "models/a", "index": "indexes/a"}
    content = {
        "encoder": "models/b",
        "index": "indexes/b",
        "previous": named,
        "settings": named,
        "since": "2026-01-01T00:00:00Z",
    }
    write_serving(tmp_path / "state", content)
    found, findings = state.check_serving(settings)
    assert (found.encoder, found.index) == ("models/b", Path("indexes/b"))
    assert [finding.status for finding in findings] == ["ok", "warning"]
    assert findings[0].what.endswith("made encoder models/b and index indexes/b current")
    assert findings[1].what == "a rollback would serve indexes/a, which is gone"

    found, (finding,) = state.check_serving(settings.model_copy(update={"encoder": "models/c"}))
    assert (found.encoder, finding.status) == ("models/c", "warning")
    assert "is left aside" in finding.what

    (tmp_path / "state" / "serving.json").write_text("{")
    _, (finding,) = state.check_serving(settings)
    assert finding.status == "failure"
    assert "or remove it to serve ENCODER and INDEX" in finding.what


def test_a_swap_that_failed_is_told(tmp_path) -> None:
    progress = {"state": "failed", "message": "no such index", "since": None, "target": None}
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "swap.json").write_text(json.dumps(progress))
    _, findings = state.check_serving(settings_of(tmp_path))
    assert str(findings[1]) == "! the last swap failed: no such index"


# The server.


def examined(settings: Settings, *, url: str | None, encoder=None, index: Index | None = None):
    return list(
        server.check_server(argparse.Namespace(url=url, key=None), settings, encoder, index)
    )


def test_a_server_that_is_well(colour_url, tmp_path) -> None:
    findings = examined(settings_of(tmp_path), url=colour_url, encoder=ColourEncoder())
    assert [finding.status for finding in findings] == ["ok", "ok", "ok", "ok"], findings
    assert findings[2].what == "it serves 5 items with encoder colour-encoder"


def test_a_server_with_another_index(colour_url, deployment) -> None:
    settings = settings_of(deployment)
    index, _ = opened(settings)
    findings = examined(settings, url=colour_url, encoder=ColourEncoder(), index=index)
    index.close()
    assert findings[2].status == "failure"
    assert "its number of items is 5, here it is 3" in findings[2].what


def test_the_server_of_the_settings_is_looked_for(colour_url, tmp_path) -> None:
    port = int(colour_url.rpartition(":")[2])
    assert examined(settings_of(tmp_path, port=port), url=None)[0].what.endswith("answers")
    (finding,) = examined(settings_of(tmp_path, port=1), url=None)
    assert (finding.status, finding.what) == (
        "warning",
        "nothing listens at http://127.0.0.1:1",
    )


def test_a_server_that_does_not_answer(tmp_path) -> None:
    (finding,) = examined(settings_of(tmp_path), url="http://127.0.0.1:1")
    assert finding.status == "failure"
    assert "does not answer" in finding.what


def test_a_server_that_is_not_ready(tmp_path) -> None:
    body = b'{"error": {"code": "not_ready", "message": "not ready yet: warming up"}}'
    scripted = ScriptedServer(answer("200 OK"), answer("503 Service Unavailable", body))
    findings = examined(settings_of(tmp_path), url=scripted.url)
    scripted.close()
    assert str(findings[-1]) == "✗ it is not ready: not ready yet: warming up"


def test_a_clock_that_is_off() -> None:
    now = datetime.now(UTC)
    assert server.check_clock(format_datetime(now, usegmt=True)).status == "ok"
    finding = server.check_clock(format_datetime(now - timedelta(minutes=2), usegmt=True))
    assert finding.status == "warning"
    assert re.search("12[01] s apart", finding.what), "a date has whole seconds"


def test_slow_and_failing_searches(colour_url, monkeypatch) -> None:
    with Wardrobe(colour_url) as wardrobe:
        health = wardrobe.health()
        monkeypatch.setattr(server, "_SLOW_MS", 0)
        assert server.check_latency(wardrobe, health).status == "warning"
    body = b'{"error": {"code": "unauthorized", "message": "reading needs an API key"}}'
    scripted = ScriptedServer(answer("401 Unauthorized", body))
    with Wardrobe(scripted.url) as wardrobe:
        finding = server.check_latency(wardrobe, health)
    scripted.close()
    assert finding.status == "failure"
    assert finding.advice == "set WARDROBE_KEY to a key that may read"


def test_the_whole_examination_of_a_deployment(
    checkpoint, tmp_path, kept_networks, monkeypatch, capsys
) -> None:
    """From the command line; nothing listens, the index is missing, and the rest is well."""
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text(f"ENCODER={checkpoint}\nINDEX=none\nPORT=1\nOPEN_READIN=false\n")
    assert main(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line[0] == "✗"] == [
        "✗ there is no index folder none; rebuild it: python build_index.py SOURCE --out none"
    ]
    assert lines[0] == "! .env sets OPEN_READIN, which is no setting; did you mean OPEN_READING?"
    assert lines[-1].startswith("! nothing listens at http://127.0.0.1:1; start a server with")
