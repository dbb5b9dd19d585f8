"""What the client and the command line do with the calls that write, browse and administer.

These run against `tests.fake_wardrobe`, because the server has none of these calls yet. To run
them against it, let the fixture `server` be a real one on an empty catalogue, with a `url`, and KEY
a key with the scope `admin`; only `test_verdicts_and_swaps_reach_the_server` looks inside the fake.
"""

import json
import threading
from dataclasses import replace

import pytest
from PIL import Image

from tests.fake_wardrobe import KEY, FakeWardrobe
from tests.serving import picture
from wardrobe.cli import main
from wardrobe.client import NewItem, Wardrobe, WardrobeApiError
from wardrobe.client.items import _BATCH_ITEMS


@pytest.fixture
def server():
    fake = FakeWardrobe()
    yield fake
    fake.close()


@pytest.fixture
def wardrobe(server):
    with Wardrobe(server.url, KEY, retries=0) as client:
        yield client


@pytest.fixture
def run(server, monkeypatch, capsys):
    """Runs `wardrobe …` and returns exit code, output and errors."""
    monkeypatch.setenv("WARDROBE_URL", server.url)
    monkeypatch.setenv("WARDROBE_KEY", KEY)

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
    assert wardrobe.picture("shop/ä b?#1") == picture("red")

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
    assert error.value.status == 401


def test_many_items_are_written_and_a_bad_one_fails_alone(wardrobe, tmp_path) -> None:
    good = [NewItem(id=f"item-{n:03d}", image=picture("red")) for n in range(150)]
    bad = [
        NewItem(id="broken", image=b"no picture"),
        NewItem(id="missing", image=tmp_path / "missing.png"),
    ]
    outcomes = {o.id: o for o in wardrobe.put_items([*good[:70], *bad, *good[70:], good[0]])}
    assert len(outcomes) == 152
    assert {o.error.code for o in outcomes.values() if o.error} == {"unreadable_picture"}
    assert outcomes["item-000"].status == "replaced", "the last of two versions counts"
    assert outcomes["item-149"].status == "created"
    assert outcomes["item-149"].etag == wardrobe.item("item-149").etag


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
    for id, colours in (("a", ["Red"]), ("b", ["Red", "Blue"]), ("c", ["Green"])):
        wardrobe.put_item(id, picture("red"), labels={"colour": colours})
    found = wardrobe.facets(["colour"], filters={"id": ["a", "b"]})
    assert [(one.value, one.count) for one in found.facets["colour"]] == [("Red", 2), ("Blue", 1)]


def test_verdicts_and_swaps_reach_the_server(server, wardrobe) -> None:
    wardrobe.feedback("x", "reject", tag="colour=Red")
    wardrobe.feedback("x", "accept", query={"text": "red dress"})
    assert server.told == [
        {
            "call": "POST /feedback",
            "kind": "tag",
            "tag": "colour=Red",
            "id": "x",
            "verdict": "reject",
        },
        {
            "call": "POST /feedback",
            "kind": "result",
            "query": {"text": "red dress"},
            "id": "x",
            "verdict": "accept",
        },
    ]
    server.told.clear()
    assert wardrobe.swap("indexes/new", "models/new") == {"state": "building"}
    wardrobe.swap_state()
    wardrobe.rollback()
    wardrobe.compact()
    assert server.told == [
        {"call": "POST /admin/swap", "index": "indexes/new", "encoder": "models/new"},
        {"call": "GET /admin/swap"},
        {"call": "POST /admin/rollback"},
        {"call": "POST /admin/compact"},
    ]


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
    assert "version" in err

    copy = tmp_path / "copy.png"
    code, out, _ = run("items", "get", "shirt", "--picture", copy)
    assert json.loads(out)["caption"] == "A shirt"
    assert copy.read_bytes() == picture("red")
    assert run("items", "delete", "shirt")[0] == 0
    assert run("items", "get", "shirt") == (1, "", "no item has the id 'shirt'\n")


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
    for id, colour in (("shop/1", "red"), ("2", "blue")):
        path = tmp_path / "picture.png"
        path.write_bytes(picture(colour))
        run("items", "put", id, path, "--label", f"colour={colour}", "--metadata", '{"n": 1}')
    out = tmp_path / "export" / "items.jsonl"
    code, said, _ = run("items", "export", out, "--pictures", tmp_path / "pictures")
    assert (code, said) == (0, f"{out} has 2 items\n")

    before = [replace(wardrobe.item(id), etag="") for id in ("shop/1", "2")]
    for id in ("shop/1", "2"):
        wardrobe.delete_item(id)
    assert run("items", "import", out)[:2] == (0, "2 created, 0 failed\n")
    assert [replace(wardrobe.item(id), etag="") for id in ("shop/1", "2")] == before
    assert wardrobe.picture("shop/1") == picture("red")


def test_a_key_without_the_right_is_an_error_not_a_list_of_failures(run, tmp_path) -> None:
    Image.new("RGB", (8, 8), "red").save(tmp_path / "a.jpg")
    code, out, err = run("items", "import", tmp_path, "--key", "wdr_other")
    assert (code, out) == (1, "")
    assert "writing needs an API key" in err
