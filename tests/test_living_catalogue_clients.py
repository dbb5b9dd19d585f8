"""What the client and the command line do with the calls that write, browse and administer."""

import json
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace

import pytest
from PIL import Image

from tests.gunicorn_server import Server, eventually
from tests.serving import picture
from tests.swapping import build_shop
from wardrobe.cli import main
from wardrobe.client import NewItem, Wardrobe, WardrobeApiError
from wardrobe.client.items import _BATCH_ITEMS
from wardrobe.keys import KeyStore


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A real server on an index that may be written to, and a key that may do everything."""
    folder = tmp_path_factory.mktemp("writable")
    index = build_shop(folder, "shop", 1)
    server = Server(folder, app="tests.swap_server:app", INDEX=str(index))
    server.url = f"http://127.0.0.1:{server.port}"
    server.key = KeyStore(folder / "state").create("tests", "admin")[1]
    yield server
    server.process.kill()
    server.process.wait()


@pytest.fixture
def wardrobe(server):
    """A client of the server, which has no items."""
    with Wardrobe(server.url, server.key, retries=0) as client:
        for item in list(client.search_all(top_k=100)):
            client.delete_item(item.id)
        yield client


@pytest.fixture
def run(server, wardrobe, monkeypatch, capsys):
    """Runs `wardrobe …` and returns exit code, output and errors."""
    monkeypatch.setenv("WARDROBE_URL", server.url)
    monkeypatch.setenv("WARDROBE_KEY", server.key)

    def run_(*arguments: object) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run_


def test_an_item_is_written_read_changed_and_removed(wardrobe) -> None:
    written = wardrobe.put_item(
        "shop/ä b?#1",
        picture("red"),
        labels={"colour": ["Red"]},
        caption="a shirt",
        metadata={"price": 10, "size": {"eu": 40}},
    )
    assert wardrobe.item("shop/ä b?#1") == written
    assert written.given == {"colour": ("Red",)}
    assert written.metadata == {"price": 10, "size": {"eu": 40}}
    assert [tag.label for tag in written.tags["colour"]] == ["Red"]
    assert wardrobe.picture("shop/ä b?#1") == picture("red")
    assert [item.id for item in wardrobe.search("red")] == ["shop/ä b?#1"]

    patched = wardrobe.patch_item(
        "shop/ä b?#1", labels={"colour": None, "pattern": ["Solid"]}, metadata={"price": None}
    )
    assert (patched.caption, patched.given) == ("a shirt", {"pattern": ("Solid",)})
    assert patched.metadata == {"size": {"eu": 40}}
    assert patched.etag != written.etag

    wardrobe.delete_item("shop/ä b?#1")
    with pytest.raises(WardrobeApiError) as error:
        wardrobe.item("shop/ä b?#1")
    assert (error.value.status, error.value.code) == (404, "unknown_item")


def test_a_version_that_is_not_the_last_is_refused(wardrobe) -> None:
    first = wardrobe.put_item("x", picture("red"))
    wardrobe.put_item("x", picture("blue"), if_match=first.etag)
    for write in (
        lambda: wardrobe.put_item("x", picture("green"), if_match=first.etag),
        lambda: wardrobe.put_item("x", picture("green"), only_new=True),
        lambda: wardrobe.patch_item("x", caption="late", if_match=first.etag),
        lambda: wardrobe.delete_item("x", if_match=first.etag),
    ):
        with pytest.raises(WardrobeApiError) as error:
            write()
        assert error.value.status == 412
    assert wardrobe.picture("x") == picture("blue")


def test_writing_without_a_key_is_refused(server) -> None:
    with Wardrobe(server.url) as stranger, pytest.raises(WardrobeApiError) as error:
        stranger.put_item("x", picture("red"))
    assert (error.value.status, error.value.code) == (401, "key_required")


def test_many_items_are_written_and_a_bad_one_fails_alone(wardrobe, tmp_path) -> None:
    good = [NewItem(id=f"item-{n:03d}", image=picture("red")) for n in range(150)]
    bad = [
        NewItem(id="broken", image=b"no picture"),
        NewItem(id="missing", image=tmp_path / "missing.png"),
    ]
    again = NewItem(id="item-000", image=picture("blue"))
    items = [*good[:70], *bad, *good[70:], again]
    outcomes = {outcome.id: outcome for outcome in wardrobe.put_items(items)}
    assert len(outcomes) == 152
    assert {o.error.code for o in outcomes.values() if o.error} == {"unreadable_picture"}
    assert outcomes["item-000"].status == "replaced", "the last of two versions counts"
    assert wardrobe.picture("item-000") == picture("blue")
    assert outcomes["item-149"].status == "created"
    assert outcomes["item-149"].etag == wardrobe.item("item-149").etag
    assert wardrobe.search(top_k=1).total == 150


def test_many_items_are_read_no_faster_than_they_are_written(wardrobe) -> None:
    taken = []

    def endless():
        while True:
            taken.append(f"item-{len(taken)}")
            yield NewItem(id=taken[-1], image=picture("red"))

    outcomes = wardrobe.put_items(endless())
    for _ in range(3 * _BATCH_ITEMS):
        next(outcomes)
    assert len(taken) <= 4 * _BATCH_ITEMS
    outcomes.close()


def test_pages_follow_one_another(wardrobe) -> None:
    list(wardrobe.put_items(NewItem(id=f"{n}", image=picture("red")) for n in range(7)))
    page = wardrobe.search(top_k=3)
    assert (len(page), page.total, page.cursor is None) == (3, 7, False)
    assert [item.id for item in wardrobe.search_all(top_k=3)] == list("0123456")
    assert [item.id for item in wardrobe.search_all(filters={"id": ["2", "5"]})] == ["2", "5"]


def test_facets_are_counted(wardrobe) -> None:
    for id, colours in (("a", ["Red"]), ("b", ["Red", "Blue"]), ("c", ["Red", "Green"])):
        wardrobe.put_item(id, picture("red"), labels={"colour": colours})
    found = wardrobe.facets(["colour"], filters={"id": ["a", "b"]})
    assert found.total == 2
    assert [(one.value, one.count) for one in found.facets["colour"]] == [("Red", 2), ("Blue", 1)]
    found = wardrobe.facets(["colour", "metadata.price"], must_not=["colour=Blue"], limit=1)
    assert [(one.value, one.count) for one in found.facets["colour"]] == [("Red", 2)]
    assert (found.total, found.facets["metadata.price"]) == (2, ())


def test_verdicts_are_kept(server, wardrobe) -> None:
    wardrobe.put_item("x", picture("red"))
    wardrobe.feedback("x", "reject", tag="colour=Red")
    wardrobe.feedback("x", "accept", query={"text": "red dress"})
    with closing(sqlite3.connect(server.folder / "state" / "feedback.sqlite")) as store:
        kept = store.execute("SELECT kind, verdict, item_id, attribute, label, query FROM feedback")
        assert kept.fetchall() == [
            ("tag", "reject", "x", "colour", "Red", None),
            ("result", "accept", "x", None, None, '{"text": "red dress"}'),
        ]


def test_a_swap_and_the_way_back(server, wardrobe) -> None:
    wardrobe.put_item("x", picture("red"))
    new = build_shop(server.folder, "new", 2)

    def ends_as(state: str) -> str:
        eventually(lambda: wardrobe.swap_state()["state"] in ("switched", "failed"))
        assert wardrobe.swap_state()["state"] == state
        return wardrobe.swap_state()["message"]

    wardrobe.swap(str(new))
    assert "discard_writes" in ends_as("failed")
    state = wardrobe.swap(str(new), discard_writes=True)
    assert state["target"]["index"] == str(new)
    ends_as("switched")
    assert {item.id for item in wardrobe.search_all()} == {"new-red", "new-green"}
    wardrobe.rollback()
    ends_as("switched")
    assert [item.id for item in wardrobe.search_all()] == ["x"]
    assert wardrobe.compact() == {"kind": "flat", "count": 1}


def test_threads_share_a_client(wardrobe) -> None:
    failures = []

    def write(number: int) -> None:
        try:
            for repeat in range(10):
                id = f"{number}-{repeat}"
                wardrobe.put_item(id, picture("red"), caption=id)
                assert wardrobe.item(id).caption == id
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_items_from_the_command_line(run, tmp_path) -> None:
    path = tmp_path / "shirt.png"
    path.write_bytes(picture("red"))
    labels = ["--label", "colour=Red", "--label", "details=Zip", "--label", "details=Buttons"]
    code, out, _ = run("items", "put", "shirt", path, *labels, "--metadata", '{"price": 10}')
    assert code == 0
    assert json.loads(out)["given"] == {"colour": ["Red"], "details": ["Zip", "Buttons"]}
    etag = json.loads(out)["etag"]

    code, out, _ = run("items", "patch", "shirt", "--label", "details=", "--caption", "A shirt")
    assert json.loads(out)["given"] == {"colour": ["Red"]}
    code, _, err = run("items", "patch", "shirt", "--caption", "no", "--if-match", etag)
    assert code == 1
    assert "'shirt'" in err

    copy = tmp_path / "copy.png"
    code, out, _ = run("items", "get", "shirt", "--picture", copy)
    assert json.loads(out)["caption"] == "A shirt"
    assert copy.read_bytes() == picture("red")
    assert run("items", "delete", "shirt")[0] == 0
    assert run("items", "get", "shirt") == (1, "", "no item has the id 'shirt'\n")


def test_a_colour_is_found_from_the_command_line(run, wardrobe) -> None:
    for colour in ("red", "green"):
        wardrobe.put_item(colour, picture(colour))
    out = run("search", "--colour", "#008000", "--top-k", 1)[1]
    assert out.splitlines()[1].split() == ["1.000", "green", "Green"]


def test_a_folder_is_imported_and_its_failures_are_listed(run, wardrobe, tmp_path) -> None:
    for name in ("a", "b"):
        Image.new("RGB", (8, 8), "red").save(tmp_path / f"{name}.jpg")
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    code, out, err = run("items", "import", tmp_path)
    assert code == 1
    assert out == "2 created, 1 failed\n"
    assert "broken: " in err
    assert {item.id for item in wardrobe.search_all()} == {"a", "b"}


def test_a_table_is_imported(run, wardrobe, tmp_path) -> None:
    (tmp_path / "a.png").write_bytes(picture("red"))
    table = tmp_path / "items.csv"
    table.write_text(
        "image_path,id,caption,colour,details,metadata.brand\n"
        "a.png,first,One,Red,Zip;Buttons,Acme\n"
        "a.png,,,,,\n"
    )
    assert run("items", "import", table)[:2] == (0, "2 created, 0 failed\n")
    first, second = wardrobe.item("first"), wardrobe.item("a")
    assert first.given == {"colour": ("Red",), "details": ("Zip", "Buttons")}
    assert (first.caption, first.metadata) == ("One", {"brand": "Acme"})
    assert (second.given, second.metadata) == ({}, {})


def test_lines_that_are_no_items_are_listed_by_number(run, tmp_path) -> None:
    (tmp_path / "a.png").write_bytes(picture("red"))
    lines = tmp_path / "items.jsonl"
    lines.write_text('{"id": "a", "image_path": "a.png"}\n[]\n{"id": "b"}\nno JSON\n')
    code, out, err = run("items", "import", lines)
    assert (code, out) == (1, "1 created, 3 failed\n")
    for number in (2, 3, 4):
        assert f"items.jsonl, line {number}: " in err


def test_an_export_can_be_imported_again(run, wardrobe, tmp_path) -> None:
    nested = {"n": 1, "size": {"eu": [38, 40]}, "sale": False, "text": "für"}
    wardrobe.put_item("shop/1", picture("red"), labels={"colour": ["Red", "Blue"]}, caption="Öne")
    wardrobe.put_item("2", picture("green"), labels={"fit": ["Slim"]}, metadata=nested)
    wardrobe.put_item("bare", picture("blue"))
    out = tmp_path / "export" / "items.jsonl"
    code, said, _ = run("items", "export", out, "--pictures", tmp_path / "pictures")
    assert (code, said) == (0, f"{out} has 3 items\n")

    ids = ("shop/1", "2", "bare")
    before = [replace(wardrobe.item(id), etag="") for id in ids]
    pictures = [wardrobe.picture(id) for id in ids]
    for id in ids:
        wardrobe.delete_item(id)
    assert run("items", "import", out)[:2] == (0, "3 created, 0 failed\n")
    assert [replace(wardrobe.item(id), etag="") for id in ids] == before
    assert [wardrobe.picture(id) for id in ids] == pictures
    assert [item.id for item in wardrobe.search_all()] == list(ids), "in the same order"


def test_an_export_of_some_items(run, wardrobe, tmp_path) -> None:
    for id in ("a", "b"):
        wardrobe.put_item(id, picture("red"))
    out = tmp_path / "items.jsonl"
    assert run("items", "export", out, "--filters", '{"id": ["b"]}')[0] == 0
    assert [json.loads(line) for line in out.read_text().splitlines()] == [{"id": "b"}]


def test_a_key_without_the_right_is_an_error_not_a_list_of_failures(run, tmp_path) -> None:
    Image.new("RGB", (8, 8), "red").save(tmp_path / "a.jpg")
    code, out, err = run("items", "import", tmp_path, "--key", "wdr_other")
    assert (code, out) == (1, "")
    assert "the API key is unknown" in err


def test_an_index_is_imported(run, wardrobe, tmp_path) -> None:
    index = build_shop(tmp_path, "other", 2)
    assert run("items", "import", index)[:2] == (0, "2 created, 0 failed\n")
    assert {item.id for item in wardrobe.search_all()} == {"other-red", "other-green"}
