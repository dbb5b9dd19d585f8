"""The catalogue: what is written comes back, together or not at all, and damage is noticed."""

import dataclasses
import os
import sqlite3
import threading
from pathlib import Path

import numpy as np
import pytest

from wardrobe.errors import (
    IndexFolderError,
    NotReadyError,
    PreconditionError,
    UnknownItemError,
)
from wardrobe.index import CatalogueItem, Change, Entry, Written
from wardrobe.index.catalogue import Catalogue
from wardrobe.index.schema import PICTURES


def entry(item: CatalogueItem, seed: int = 0, probabilities: bool = True) -> Entry:
    random = np.random.default_rng(seed)
    vector = random.standard_normal(7).astype(np.float32)
    return Entry(
        item,
        vector / np.linalg.norm(vector),
        random.integers(0, 10_001, 5).astype(np.uint16) if probabilities else None,
        random.random((3, 4), np.float32),
    )


def put(item_id: str, caption: str = "", **conditions) -> Change:
    path = Path("/pictures") / f"{item_id}.png"
    return Change(item_id, entry(CatalogueItem(item_id, path, caption)), **conditions)


@pytest.fixture
def catalogue(tmp_path):
    Catalogue.create(tmp_path / "items.sqlite", [], Path("/pictures"))
    opened = Catalogue(tmp_path / "items.sqlite", Path("/pictures"))
    yield opened
    opened.close()


def same(found: Entry, written: Entry) -> bool:
    return (
        dataclasses.replace(found.item, etag="") == written.item
        and np.array_equal(found.vector, written.vector)
        and np.array_equal(found.colours, written.colours)
        and (found.probabilities is None) == (written.probabilities is None)
        and np.array_equal(found.probabilities, written.probabilities)
    )


@pytest.fixture
def various(tmp_path) -> list[Entry]:
    root = Path("/pictures")
    items = [
        CatalogueItem("a/ü 1", root / "a" / "ü 1.png", "x 'quoted'", {"colour": ["Red"]}),
        CatalogueItem("b", root / "b.png", tags={"colour": {"Blue": 0.75}}),
        CatalogueItem("c", root / "c.png", metadata={"price": 9.5, "sizes": ["S", {"x": None}]}),
        CatalogueItem("d\0e", tmp_path / PICTURES / "d.png", "\N{DRESS}\n;--"),
    ]
    (tmp_path / PICTURES).mkdir()
    (tmp_path / PICTURES / "d.png").touch()
    return [entry(item, seed, seed != 2) for seed, item in enumerate(items)]


def test_entries_come_back_as_they_were_created_or_written(tmp_path, various):
    Catalogue.create(tmp_path / "new.sqlite", various[:2], Path("/pictures"))
    catalogue = Catalogue(tmp_path / "new.sqlite", Path("/pictures"))
    outcomes = catalogue.apply([Change(e.item.id, e) for e in various[2:]])
    assert [outcome.status for outcome in outcomes] == ["created", "created"]
    for written in various:
        assert same(catalogue.entry(written.item.id), written)
    assert catalogue.entry(various[3].item.id).item.etag == outcomes[1].etag
    assert catalogue.rows_of(["c", "nothing", "a/ü 1"]) == {"c": 2, "a/ü 1": 0}
    items = catalogue.items([3, 0, 17])
    assert {row: item.id for row, item in items.items()} == {0: "a/ü 1", 3: "d\0e"}
    rows, vectors = catalogue.vectors(7)
    assert rows.tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(vectors, [e.vector for e in various])
    with pytest.raises(UnknownItemError, match="no item has the id 'nothing'"):
        catalogue.entry("nothing")
    catalogue.close()


def test_a_moved_folder_takes_its_uploaded_pictures_along(tmp_path, catalogue, various):
    catalogue.apply([Change(various[3].item.id, various[3])])
    moved = tmp_path.rename(tmp_path.with_name(f"{tmp_path.name}-moved"))
    found = Catalogue(moved / "items.sqlite", Path("/elsewhere"))
    assert found.entry("d\0e").item.image_path == moved / PICTURES / "d.png"
    found.close()


def test_writes_say_what_became_of_them_and_etags_tell_versions_apart(catalogue):
    (created,) = catalogue.apply([put("a", "one")])
    (unchanged,) = catalogue.apply([put("a", "one")])
    (replaced,) = catalogue.apply([put("a", "two")])
    assert (created.status, unchanged, replaced.status) == (
        "created",
        Written("unchanged", created.etag),
        "replaced",
    )
    assert created.etag != replaced.etag
    assert catalogue.entry("a").item.caption == "two"
    (deleted,) = catalogue.apply([Change("a", None)])
    assert deleted == Written("deleted")
    (unknown,) = catalogue.apply([Change("a", None)])
    assert isinstance(unknown, UnknownItemError)
    (again,) = catalogue.apply([put("a", "two")])
    assert again == Written("created", replaced.etag)


def test_any_difference_gives_another_etag(tmp_path, catalogue):
    item = CatalogueItem(
        "a", Path("/pictures/a.png"), "c", {"x": ["y"]}, {"x": {"y": 0.5}}, {"m": 1}
    )
    plain = entry(item)
    others = [
        dataclasses.replace(plain, item=dataclasses.replace(item, **change))
        for change in (
            {"image_path": Path("/pictures/b.png")},
            {"caption": "d"},
            {"labels": {"x": ["z"]}},
            {"tags": {"x": {"y": 0.25}}},
            {"metadata": {"m": 2}},
        )
    ]
    others.append(dataclasses.replace(plain, vector=-plain.vector))
    others.append(dataclasses.replace(plain, probabilities=None))
    others.append(dataclasses.replace(plain, colours=plain.colours + 1))
    etags = {catalogue.apply([Change("a", one)])[0].etag for one in [plain, *others]}
    assert len(etags) == 9


def test_conditions_are_checked_alone_within_a_batch(catalogue):
    (first,) = catalogue.apply([put("a", "one")])
    outcomes = catalogue.apply(
        [
            put("a", "two", if_match="stale"),
            put("a", "two", if_new=True),
            put("b", if_match="*"),
            Change("a", None, if_match="stale"),
            put("a", "three", if_match=first.etag),
            put("a", "four", if_match="*"),
            put("c", if_new=True),
        ]
    )
    kinds = [getattr(outcome, "status", type(outcome)) for outcome in outcomes]
    refused = [PreconditionError] * 4
    assert kinds == [*[412] * 4, "replaced", "replaced", "created"]
    assert [type(outcome) for outcome in outcomes[:4]] == refused
    assert str(outcomes[0]) == (
        f"item 'a' is not the version stale of If-Match: it is now {first.etag}; "
        "read it and try again"
    )
    assert "exists already" in str(outcomes[1])
    assert "there is none" in str(outcomes[2])
    assert catalogue.entry("a").item.caption == "four"


def test_of_many_writers_with_one_etag_a_single_one_gets_through(tmp_path, catalogue):
    (first,) = catalogue.apply([put("a", "start")])
    others = [Catalogue(tmp_path / "items.sqlite", Path("/pictures")) for _ in range(4)]
    outcomes, lock = [], threading.Lock()

    def write(number: int) -> None:
        (found,) = others[number % 4].apply([put("a", str(number), if_match=first.etag)])
        with lock:
            outcomes.append((found, str(number)))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    through = [(found, caption) for found, caption in outcomes if isinstance(found, Written)]
    assert len(outcomes) == 12
    assert len(through) == 1
    item = catalogue.entry("a").item
    assert (item.etag, item.caption) == (through[0][0].etag, through[0][1])
    for other in others:
        other.close()


def test_a_batch_that_fails_in_the_middle_leaves_nothing(catalogue, tmp_path):
    catalogue.apply([put("a", "before")])
    before = catalogue.clock()
    lost = CatalogueItem("c", tmp_path / PICTURES / "gone.png")
    with pytest.raises(NotReadyError, match="the picture of item 'c' was removed"):
        catalogue.apply([put("a", "after"), put("b"), Change("c", entry(lost))])
    with pytest.raises(UnicodeEncodeError):
        catalogue.apply([put("b"), put("d", "half a surrogate pair: \ud800")])
    assert catalogue.entry("a").item.caption == "before"
    assert catalogue.rows_of(["a", "b", "c", "d"]) == {"a": 0}
    assert catalogue.clock() == before
    assert catalogue.apply([put("b")])[0].status == "created", "and it can be written to again"


def test_words_find_captions_and_labels_in_any_form(catalogue):
    shirt = CatalogueItem("s", Path("/pictures/s"), "Linen shirts", {"colour": ["Off White"]})
    catalogue.apply([Change("s", entry(shirt)), put("t", "a red café dress")])
    assert catalogue.words('"shirt"', 10) == catalogue.words('"white"', 10) == [0]
    assert catalogue.words('"cafe" "DRESSES"', 10) == [1]
    assert catalogue.words('"shirt" OR "dress"', 1) != []
    catalogue.apply([Change("t", None)])
    catalogue.purge(-1)
    assert catalogue.words('"dress"', 10) == []


def test_purging_forgets_what_died_long_ago_and_nothing_else(catalogue):
    catalogue.apply([put(item_id, caption) for item_id in "ab" for caption in ("one", "two")])
    catalogue.apply([Change("b", None)])
    assert catalogue.purgeable(3600) == 0
    catalogue.purge(3600)
    assert catalogue.rows_ever_of(["a", "b"]) == [0, 1, 2, 3]
    now, purged = catalogue.clock()
    assert (now, purged) == (4, -1)
    assert catalogue.purgeable(-1) == 3
    catalogue.purge(-1)
    assert catalogue.rows_ever_of(["a", "b"]) == [1]
    assert catalogue.clock() == (4, 4)
    assert catalogue.entry("a").item.caption == "two"
    catalogue.apply([put("b")])
    assert catalogue.rows_of(["b"]) == {"b": 5}, "rows are never used again"
    catalogue.check()


def test_only_uploaded_pictures_that_no_version_has_are_removed(tmp_path, catalogue):
    pictures = tmp_path / PICTURES
    pictures.mkdir()
    for name in ("old", "new", "nobody's"):
        (pictures / name).touch()
    catalogue.apply([Change("a", entry(CatalogueItem("a", pictures / "old")))])
    catalogue.apply([Change("a", entry(CatalogueItem("a", pictures / "new")))])
    catalogue.remove_pictures(["old", "new", "nobody's", "gone"])
    assert {path.name for path in pictures.iterdir()} == {"old", "new"}
    catalogue.purge(-1)
    catalogue.remove_pictures(["old", "new"])
    assert {path.name for path in pictures.iterdir()} == catalogue.pictures() == {"new"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE items SET id = 'b'",
        "UPDATE items SET image_path = 'b.png'",
        "UPDATE items SET caption = 'else'",
        'UPDATE items SET labels = \'{"colour":["Red"]}\'',
        'UPDATE items SET tags = \'{"colour":{"Red":1}}\'',
        "UPDATE items SET metadata = '{\"price\":1}'",
        "UPDATE items SET probabilities = NULL",
        "UPDATE items SET colours = zeroblob(48)",
        "UPDATE vectors SET vector = zeroblob(28)",
        "DELETE FROM vectors",
    ],
)
def test_an_entry_that_is_not_as_it_was_written_is_refused(catalogue, statement):
    catalogue.apply([put("a", "one")])
    with catalogue.database.writing() as connection:
        connection.execute(statement)
    with pytest.raises(IndexFolderError, match="row 0.* is damaged"):
        catalogue.entry("b" if "'b'" in statement else "a")


def test_a_write_while_another_process_writes_waits_and_says_when_it_cannot(
    tmp_path, catalogue, monkeypatch
):
    monkeypatch.setattr("wardrobe.index.database._BUSY_S", 0.05)
    hasty = Catalogue(tmp_path / "items.sqlite", Path("/pictures"))
    with (
        catalogue.database.writing(),
        pytest.raises(NotReadyError, match=r"cannot write to .*items\.sqlite: database is locked"),
    ):
        hasty.apply([put("a")])
    assert hasty.apply([put("a")])[0].status == "created"
    hasty.close()


def test_every_write_reaches_the_disk_before_it_is_acknowledged(tmp_path, catalogue):
    # 2 is FULL: in WAL mode, a sync at each commit.
    with catalogue.database.writing() as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_file_that_is_no_catalogue_is_refused(tmp_path):
    with pytest.raises(IndexFolderError, match=r"cannot read .*none\.sqlite: No such file"):
        Catalogue(tmp_path / "none.sqlite", tmp_path)
    sqlite3.connect(tmp_path / "empty.sqlite").close()
    os.truncate(tmp_path / "empty.sqlite", 0)
    with pytest.raises(IndexFolderError, match="SQLite cannot read .*no such table: clock"):
        Catalogue(tmp_path / "empty.sqlite", tmp_path)
