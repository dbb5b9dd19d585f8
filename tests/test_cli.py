"""The command `wardrobe` as a person runs it, against a real server."""

import csv
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gunicorn_server import ROOT, ask, eventually
from tests.serving import picture
from wardrobe.cli import main
from wardrobe.cli.results import write_results
from wardrobe.client import FoundItem, SearchPage, Wardrobe

COMMANDS = ["serve", "index", "search", "tag", "items", "keys", "doctor", "openapi"]
ITEM_COMMANDS = [f"items {name}" for name in ("get", "put", "patch", "delete", "import", "export")]
KEY_COMMANDS = [f"keys {name}" for name in ("create", "list", "revoke")]


@pytest.fixture
def run(colour_url, monkeypatch, capsys):
    """Runs `wardrobe …` and returns exit code, output and errors."""
    monkeypatch.setenv("WARDROBE_URL", colour_url)

    def run_(*arguments: object) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run_


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for colour in ("red", "green"):
        (folder / f"{colour}.png").write_bytes(picture(colour))
    return folder


@pytest.mark.parametrize("command", ["", *COMMANDS, *ITEM_COMMANDS, *KEY_COMMANDS])
def test_every_help_shows_an_example(command, capsys) -> None:
    with pytest.raises(SystemExit) as exit_:
        main([*command.split(), "--help"])
    assert exit_.value.code == 0
    shown = capsys.readouterr().out
    if command:
        assert re.search(rf"examples?:\n  wardrobe {command}\b", shown)
    else:
        assert all(f"    {name} " in shown for name in COMMANDS)


def test_every_command_and_method_is_described() -> None:
    text = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
    for command in COMMANDS:
        assert f"| `wardrobe {command}" in text
    for method in vars(Wardrobe):
        assert method.startswith("_") or method == "close" or f"`{method}" in text, method


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["sarch"],
        ["search", "red", "--top-k", "0"],
        ["search", "--filters", "{"],
        ["search", "--filters", "[1]"],
        ["search", "red", "--json", "--html", "x.html"],
        ["search", "red", "--crop", "0", "0", "1"],
        ["search", "red", "--mode", "exact"],
        ["tag"],
        ["items", "put", "x"],
        ["items", "put", "x", "y.jpg", "--label", "Red"],
        ["index", "--kind", "best", "photos"],
    ],
)
def test_wrong_usage_is_exit_code_2(arguments, capsys) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert "usage: wardrobe" in capsys.readouterr().err


def test_a_search_is_a_table(run) -> None:
    code, out, err = run("search", "something red", "--top-k", 2)
    assert code == 0
    head, best, _ = out.splitlines()
    assert head.split() == ["score", "id", "labels"], "this server knows no relevance"
    assert best.split() == ["1.000", "shop/red", "Shirts,", "Red"]
    assert err.startswith("2 of 5 items in ")


def test_a_search_is_json(run, photos) -> None:
    code, out, _ = run("search", "--image", photos / "green.png", "--top-k", 1, "--json")
    assert code == 0
    assert [item["id"] for item in json.loads(out)["results"]] == ["shop/green"]


def test_a_search_is_a_page_with_pictures(run, tmp_path) -> None:
    path = tmp_path / "found" / "page.html"
    code, out, _ = run("search", "--id", "shop/red", "--top-k", 3, "--html", path)
    assert (code, out) == (0, f"{path} shows 3 of 4 items\n")
    page = path.read_text()
    assert page.count("data:image/jpeg;base64,") == 3
    assert "<b>shop/blue</b>" in page
    assert "<b>shop/red</b>" not in page


def test_a_search_as_a_shop_asks(run, photos) -> None:
    """Each flag reaches the server: what it does there is tested there."""
    red = (photos / "red.png", "--crop", 0, 0, 1, 1)
    for arguments, found in (
        (["--image", *red, "--must-not", "colour=Red"], "black"),
        (["--image", *red, "--filters", '{"tag": "colour=Blue"}'], "blue"),
        (["shirt", "--mode", "lexical", "--sort=-colour"], "white"),
        (["shirt", "--mode", "lexical", "--sort", "colour"], "black"),
        (["green", "--min-relevance", 0], "green"),
    ):
        code, out, err = run("search", *arguments, "--json")
        assert (code, err) == (0, "")
        assert json.loads(out)["results"][0]["id"] == f"shop/{found}"
    assert run("search", "--group-by", "article_type")[1].splitlines()[1:] == [
        "shop/red  Shirts, Red"
    ]


def test_facets_and_explanations_are_lines(run) -> None:
    facets = ("--facets", "article_type", "--facets", "metadata.price")
    code, out, _ = run("search", "red", "--top-k", 1, "--explain", *facets)
    assert code == 0
    assert out.splitlines()[1:] == [
        "1.000  shop/red  Shirts, Red",
        "    +1.000 text: red; colour=Red given",
        "article_type: Shirts 5",
        "metadata.price: no values",
    ]


def test_what_was_understood_is_said(run, tmp_path) -> None:
    _, out, err = run("search", "shirt, not green", "--top-k", 5)
    assert "shop/green" not in out
    assert err.startswith('understood: "shirt", not colour=Green\n')
    run("search", "shirt, not green", "--html", tmp_path / "page.html")
    assert "understood: &#34;shirt&#34;, not colour=Green" in (tmp_path / "page.html").read_text()


def test_relevance_is_shown_where_it_is_known(capsys) -> None:
    shape = {"offset": 0, "top_k": 10, "took_ms": 2}
    item = {"id": "a", "labels": (), "tags": {}, "caption": "", "image_url": "", "given": {}}
    found = FoundItem(**item, metadata={}, etag="1", score=0.3, relevance=0.85)
    write_results(SearchPage(results=(found,), count=1, total=1, **shape))
    assert capsys.readouterr().out.splitlines() == [
        "score  relevance  id",
        "0.300  0.850      a",
    ]
    write_results(SearchPage(results=(), count=0, total=1, **shape))
    assert capsys.readouterr().err.startswith("nothing is relevant enough; --min-relevance 0 shows")


def test_a_refusal_is_a_message_and_exit_code_1(run) -> None:
    assert run("search", "--id", "shop/pink")[0] == 1
    code, out, err = run("search", "red", "--top-k", 1000)
    assert (code, out) == (1, "")
    assert err == "top_k is 1000: it must be less than or equal to 100\n"


def test_nobody_there_is_a_message(run) -> None:
    code, _, err = run("search", "red", "--url", "http://127.0.0.1:1")
    assert code == 1
    assert "is a server running there?" in err


def test_a_setting_that_breaks_a_rule_is_a_message(run, monkeypatch) -> None:
    monkeypatch.setenv("PORT", "many")
    code, _, err = run("search", "red")
    assert code == 1
    assert err.startswith("PORT is 'many': it must be a valid integer")


def test_pictures_are_tagged_in_order(run, photos) -> None:
    (photos / "broken.jpg").write_bytes(b"no picture")
    code, out, _ = run("tag", photos, photos / "missing.png", photos / "red.png")
    assert code == 1
    lines = out.splitlines()
    names = ["broken.jpg", "green.png", "red.png", "missing.png", "red.png"]
    assert [line.partition(": ")[0] for line in lines] == [str(photos / name) for name in names]
    assert "are not a picture" in lines[0]
    assert "colour=Green 0.99" in lines[1]
    assert "No such file" in lines[3]
    assert run("tag", photos / "red.png")[0] == 0


def test_tags_are_json_lines(run, photos) -> None:
    code, out, _ = run("tag", photos / "red.png", photos / "missing.png", "--json")
    assert code == 1
    red, missing = map(json.loads, out.splitlines())
    assert red["path"] == str(photos / "red.png")
    assert red["tags"]["colour"][0]["label"] == "Red"
    assert len(red["tags"]["colour"]) == 3, "every label, not only the selected ones"
    assert missing["error"]["code"] == "unreadable_picture"


def test_tags_are_a_table(run, photos) -> None:
    _, out, _ = run(
        "tag", photos / "missing.png", photos / "red.png", photos / "green.png", "--csv"
    )
    missing, red, green = csv.DictReader(io.StringIO(out))
    assert (red["colour"], red["tone"], green["colour"]) == ("Red", "reddish", "Green")
    assert (missing["colour"], "No such file" in missing["error"]) == ("", True)


def test_a_server_that_is_away_ends_tagging(run, photos) -> None:
    code, out, err = run("tag", photos, "--url", "http://127.0.0.1:1")
    assert (code, out) == (1, "")
    assert err.count("is a server running there?") == 1


def test_an_empty_folder_is_named(run, tmp_path) -> None:
    code, _, err = run("tag", tmp_path)
    assert code == 1
    assert f"no picture in {tmp_path}" in err


def test_an_index_is_built_as_by_the_script(tmp_path) -> None:
    """Building is tested elsewhere; here, that the words reach it and what it says comes back."""
    result = wardrobe(tmp_path, "index", "missing", "--out", "out", "--kind", "flat")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        "there is no folder missing; name a folder of pictures or a dataset root\n"
    )


def test_it_starts_without_what_only_servers_need(tmp_path) -> None:
    program = (
        "import sys\nfrom wardrobe.cli import main\n"
        "main(['search', 'red', '--url', 'http://127.0.0.1:1'])\nprint(*sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    heavy = {"torch", "faiss", "flask", "numpy", "openvino", "transformers", "PIL", "gunicorn"}
    assert not heavy & set(result.stdout.split())


def test_the_openapi_document_is_that_of_the_defaults_wherever_it_is_written(
    serve, tmp_path, monkeypatch
) -> None:
    """And it is what a server with the defaults gives."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / ".env").write_text("MAX_TOP_K=7\nPORT=99999\n")
    monkeypatch.setenv("MAX_FILES", "3")
    monkeypatch.setenv("OPEN_READING", "false")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    command = [sys.executable, "-m", "wardrobe", "openapi"]
    result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder)
    written = json.loads(result.stdout)
    for name in ("MAX_FILES", "OPEN_READING"):
        monkeypatch.delenv(name)
    assert written == serve().get("/openapi.json").json


def test_a_reader_that_stops_early_is_no_error(run, tmp_path, colour_url) -> None:
    command = [sys.executable, "-m", "wardrobe", "search", "red", "--json"]
    environment = os.environ | {"WARDROBE_URL": colour_url}
    shell = subprocess.run(
        f"{' '.join(command)} | head -n 1; exit ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert (shell.returncode, shell.stdout, shell.stderr) == (0, "{\n", "")


def test_serving_from_another_folder_with_flags_that_win_over_its_settings(tmp_path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / ".env").write_text("PORT=1\n")
    arguments = ["serve", "--port", str(port), "--", "tests.colour_server:app"]
    with subprocess.Popen(
        [sys.executable, "-m", "wardrobe", *arguments],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            eventually(lambda: ask(port, "GET", "/healthz")[0] == 200 or process.poll())
            assert json.loads(ask(port, "GET", "/healthz")[1])["encoder"] == "colour-encoder"
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
        finally:
            process.kill()


def test_serving_with_a_wrong_flag_says_so_at_once(tmp_path) -> None:
    result = wardrobe(tmp_path, "serve", "--port", "99999")
    assert result.returncode == 1
    assert result.stderr == "PORT is '99999': it must be less than or equal to 65535\n"


def wardrobe(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Runs the command in a folder, as installed."""
    return subprocess.run(
        [sys.executable, "-m", "wardrobe", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
