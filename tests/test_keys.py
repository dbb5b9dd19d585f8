"""API keys: made once, kept as hashes, found by id, revoked at once; and `wardrobe keys`."""

import argparse
import hashlib
import hmac
import json
import re
import subprocess
import sys
import traceback
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from wardrobe import keys as keys_module
from wardrobe.cli.keys import add_parser
from wardrobe.errors import KeyFileError, UnknownKeyError
from wardrobe.keys import KeyStore

ROOT = Path(__file__).parents[1]


@pytest.fixture
def store(tmp_path):
    return KeyStore(tmp_path / "state")


def test_a_key_is_told_once_and_only_its_hash_is_kept(store, tmp_path) -> None:
    key, whole = store.create("back office", "write", rate=5)
    assert re.fullmatch(rf"wdr_{key.id}_[\w-]{{43,}}", whole), "32 bytes in base64"
    file = tmp_path / "state" / "keys.json"
    assert file.stat().st_mode & 0o777 == 0o600
    text = file.read_text()
    assert whole not in text
    assert whole.split("_", 2)[2] not in text
    assert hashlib.sha256(whole.encode()).hexdigest() in text
    assert list(file.parent.iterdir()) == [file], "nothing else is left there"
    assert store.verify(whole) == key
    assert (key.name, key.scope, key.rate, key.expires) == ("back office", "write", 5, None)


def test_no_two_keys_are_alike(store) -> None:
    made = dict(store.create("x", "read") for _ in range(5))
    assert len(set(made.values())) == 5
    assert [key.id for key in store.all()] == [key.id for key in made]
    for key, whole in made.items():
        assert store.verify(whole) == key


@pytest.mark.parametrize(
    "change",
    [
        lambda whole: whole[:-1],
        lambda whole: whole + "x",
        lambda whole: whole.replace("wdr_", "abc_"),
        lambda whole: whole.split("_", 2)[2],
        lambda whole: f"wdr_00000000_{whole.split('_', 2)[2]}",
        lambda whole: "_".join(whole.split("_")[:2]),
        lambda whole: f"{whole}, Bearer {whole}",
        lambda whole: "",
        lambda whole: "wdr__",
        lambda whole: "käse_\x00_\xff",
    ],
)
def test_anything_but_the_whole_key_is_unknown(store, change) -> None:
    _, whole = store.create("x", "read")
    with pytest.raises(UnknownKeyError, match="the API key is unknown"):
        store.verify(change(whole))


def test_secrets_are_compared_in_constant_time_whether_or_not_the_id_is_known(
    store, monkeypatch
) -> None:
    _, whole = store.create("x", "read")
    compared = []

    def compare(one, other):
        compared.append((one, other))
        return hmac_compare(one, other)

    hmac_compare = hmac.compare_digest
    monkeypatch.setattr(keys_module.hmac, "compare_digest", compare)
    store.verify(whole)
    for wrong in (f"{whole[:-1]}!", f"wdr_00000000_{'x' * 43}", "no key"):
        with pytest.raises(UnknownKeyError):
            store.verify(wrong)
    assert len(compared) == 4
    assert {len(part) for pair in compared for part in pair} == {64}, "all digests"


def test_a_known_id_with_the_digest_of_nobody_lets_nobody_in(store, monkeypatch) -> None:
    monkeypatch.setattr(keys_module, "_NOBODY", hashlib.sha256(b"wdr_0_x").hexdigest())
    with pytest.raises(UnknownKeyError):
        store.verify("wdr_0_x")


@pytest.mark.parametrize(
    ("scope", "allowed"), [("read", 1), ("write", 2), ("admin", 3)], ids=lambda value: str(value)
)
def test_a_scope_includes_those_before_it(store, scope, allowed) -> None:
    key, _ = store.create("x", scope)
    assert [key.allows(s) for s in ("read", "write", "admin")] == [n < allowed for n in range(3)]


def test_a_key_expires(store, tmp_path) -> None:
    key, whole = store.create("x", "read", expires_in=timedelta(days=2))
    assert key.expires - key.created == timedelta(days=2)
    assert store.verify(whole) == key
    file = tmp_path / "state" / "keys.json"
    content = json.loads(file.read_text())
    content["keys"][0]["expires"] = "2020-01-02T03:04:00Z"
    file.write_text(json.dumps(content))
    with pytest.raises(UnknownKeyError, match=f"key {key.id} expired at 2020-01-02 03:04 UTC"):
        store.verify(whole)


def test_another_process_sees_a_change_at_its_next_look(store, tmp_path) -> None:
    server = KeyStore(tmp_path / "state")
    assert server.all() == []
    for _ in range(20):  # as fast as they can follow one another
        key, whole = store.create("x", "read")
        assert server.verify(whole) == key
        assert store.revoke(key.id) == key
        with pytest.raises(UnknownKeyError):
            server.verify(whole)
    (tmp_path / "state" / "keys.json").unlink()
    assert server.all() == []


def test_keys_made_at_the_same_time_are_all_kept(store, tmp_path) -> None:
    program = (
        "import sys; from pathlib import Path; from wardrobe.keys import KeyStore\n"
        "store = KeyStore(Path(sys.argv[1]))\n"
        "for _ in range(10): store.create('x', 'read')\n"
    )
    command = [sys.executable, "-c", program, tmp_path / "state"]
    processes = [subprocess.Popen(command, cwd=ROOT) for _ in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert len(store.all()) == 30


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "Invalid JSON"),
        ("{}", "keys: Field required"),
        ('{"keys": [{"id": "a"}]}', "keys: 0: name: Field required"),
    ],
)
def test_a_damaged_file_lets_nobody_in_and_is_not_overwritten(
    store, tmp_path, content, problem
) -> None:
    _, whole = store.create("x", "read")
    file = tmp_path / "state" / "keys.json"
    file.write_text(content)
    for attempt in (lambda: store.verify(whole), lambda: store.create("y", "read")):
        with pytest.raises(KeyFileError, match=rf"keys\.json is damaged: {problem}"):
            attempt()
    assert file.read_text() == content


def test_a_folder_that_cannot_be_made_is_an_error_that_names_it(tmp_path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(KeyFileError, match=f"{tmp_path}/state"):
        KeyStore(tmp_path / "state").create("x", "read")


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("STATE", str(tmp_path / "state"))
    parser = argparse.ArgumentParser(prog="wardrobe")
    add_parser(parser.add_subparsers())

    def run_(*argv: str) -> str:
        arguments = parser.parse_args(["keys", *argv])
        arguments.run(arguments)
        return capsys.readouterr().out

    return run_


def test_the_command_makes_lists_and_revokes(run, store) -> None:
    plain = run("create", "--name", "shop", "--scope", "read").strip()
    full = ["--name", "back office", "--scope", "admin", "--rate", "2.5", "--expires-days", "30"]
    bounded = run("create", *full).strip()
    shop, office = store.verify(plain), store.verify(bounded)
    assert (shop.name, shop.scope, shop.rate, shop.expires) == ("shop", "read", None, None)
    assert (office.name, office.scope, office.rate) == ("back office", "admin", 2.5)
    assert timedelta(days=29) < office.expires - datetime.now(UTC) <= timedelta(days=30)

    listing = run("list")
    rows = [re.split(r" {2,}", line) for line in listing.splitlines()]
    assert rows == [
        ["ID", "SCOPE", "RATE", "CREATED", "EXPIRES", "NAME"],
        [shop.id, "read", "any", f"{shop.created:%Y-%m-%d}", "never", "shop"],
        [
            office.id,
            "admin",
            "2.5/s",
            *(f"{office.created:%Y-%m-%d} {office.expires:%Y-%m-%d}").split(),
            "back office",
        ],
    ]
    assert plain not in listing
    assert shop.sha256 not in listing

    assert run("revoke", shop.id) == f"revoked key {shop.id} of shop\n"
    assert store.all() == [office]
    with pytest.raises(UnknownKeyError, match="no key has the id .* `wardrobe keys list`"):
        run("revoke", shop.id)


@pytest.mark.parametrize(
    ("argv", "problem"),
    [
        (["--scope", "read"], "--name"),
        (["--name", "x", "--scope", "all"], "invalid choice: 'all'"),
        (["--name", " ", "--scope", "read"], "one line of 1 to 100 characters"),
        (["--name", "a\nb", "--scope", "read"], "one line of 1 to 100 characters"),
        (["--name", "x", "--scope", "read", "--rate", "0"], "must be a number above 0"),
        (["--name", "x", "--scope", "read", "--rate", "nan"], "must be a number above 0"),
        (["--name", "x", "--scope", "read", "--rate", "fast"], "must be a number above 0"),
        (["--name", "x", "--scope", "read", "--expires-days", "0"], "at least 1"),
    ],
)
def test_the_command_refuses_what_makes_no_key(run, store, capsys, argv, problem) -> None:
    with pytest.raises(SystemExit):
        run("create", *argv)
    assert problem in capsys.readouterr().err
    assert store.all() == []


def test_a_secret_seeds_the_keys_of_a_new_state_and_what_changes_later_stays(
    store, tmp_path
) -> None:
    _, seeded = store.create("shop", "read")
    secret = (tmp_path / "state" / "keys.json").read_text()
    task = KeyStore(tmp_path / "task")
    task.begin_with(secret)
    assert task.verify(seeded).name == "shop"
    assert (tmp_path / "task" / "keys.json").stat().st_mode & 0o777 == 0o600

    made, whole = task.create("later", "write")
    task.revoke(task.verify(seeded).id)
    KeyStore(tmp_path / "task").begin_with(secret)  # the task's server starts again
    assert task.all() == [made]
    assert task.verify(whole) == made
    task.revoke(made.id)
    task.begin_with(secret)
    assert task.all() == [], "no key is left, which is not the same as none yet"


def test_no_secret_seeds_nothing(tmp_path) -> None:
    KeyStore(tmp_path / "task").begin_with("")
    assert not (tmp_path / "task").exists()


@pytest.mark.parametrize(
    ("secret", "problem"),
    [
        ("wdr_1_hidden", "Invalid JSON: expected value at line 1 column 1"),
        ('{"key": "wdr_1_hidden"}', "keys: Field required"),
        ('{"keys": [{"id": "wdr_1_hidden"}]}', "keys: 0: name: Field required"),
    ],
)
def test_a_damaged_secret_is_refused_and_not_shown(store, tmp_path, secret, problem) -> None:
    with pytest.raises(KeyFileError) as error:
        store.begin_with(secret)
    assert error.value.message == (
        f"KEYS_JSON is damaged: {problem}; it must be all of a keys.json, as "
        "`wardrobe keys create` writes it"
    )
    assert "hidden" not in "".join(traceback.format_exception(error.value)), "the log has it"
    assert not (tmp_path / "state" / "keys.json").exists()
