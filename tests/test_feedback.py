"""The feedback store: complete, in order, safe between threads and processes, durable."""

import multiprocessing
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from wardrobe.corrections import corrected
from wardrobe.errors import FeedbackError
from wardrobe.feedback import FeedbackStore, ResultJudgement, TagJudgement
from wardrobe.labels import Attribute, LabelSpace

SPACE = LabelSpace(
    (
        Attribute("colour", "single", ("Red", "Green", "Blue")),
        Attribute("details", "multi", ("Belt", "Hood", "Pockets")),
    )
)


def judged(tag: str, *, accepted: bool, picture: str = "a", **others) -> TagJudgement:
    attribute, _, label = tag.partition("=")
    return TagJudgement(
        item_id=f"shop/{picture}",
        image_path=Path(f"/shop/{picture}.png"),
        sha256=picture * 64,
        accepted=accepted,
        fingerprint="f" * 64,
        attribute=attribute,
        label=label,
        **others,
    )


@pytest.fixture
def store(tmp_path):
    store = FeedbackStore(tmp_path / "state" / "feedback.sqlite")
    yield store
    store.close()


def test_a_judgement_comes_back_as_it_was(store) -> None:
    row = np.array([0, 1, 9999, 10_000], np.uint16)
    given = judged("colour=Navy Blue", accepted=False, probability=0.75, probabilities=row)
    assert store.add_tag(given) == 1
    (found,) = store.latest_tags()
    assert found.probabilities.dtype == np.uint16
    assert found.probabilities.tolist() == row.tolist()
    assert {**vars(found), "probabilities": 0} == {**vars(given), "probabilities": 0}
    result = ResultJudgement(
        item_id="shop/b",
        image_path=Path("/shop/b.png"),
        sha256="b" * 64,
        accepted=True,
        fingerprint="f" * 64,
        key_id="k1",
        query={"text": "robe d'été", "filters": {"tag": "colour=Red"}, "top_k": 5},
    )
    assert store.add_result(result) == 2
    assert store.add_result(result) == 3
    assert list(store.results()) == [result, result]
    assert store.count() == 3


def test_the_last_judgement_of_a_tag_counts_whoever_gave_it(store) -> None:
    for judgement in (
        judged("colour=Red", accepted=True, key_id="k1"),
        judged("colour=Red", accepted=True, picture="b", key_id="k1"),
        judged("colour=Blue", accepted=False, key_id="k1"),
        judged("colour=Red", accepted=False, key_id="k2"),
    ):
        store.add_tag(judgement)
    latest = [(found.item_id, found.name, found.accepted) for found in store.latest_tags()]
    assert latest == [
        ("shop/b", "colour=Red", True),
        ("shop/a", "colour=Blue", False),
        ("shop/a", "colour=Red", False),
    ]
    assert store.count() == 4


def test_threads_share_a_store(store) -> None:
    def add(thread: int) -> None:
        for number in range(25):
            store.add_tag(judged(f"colour={thread}.{number}", accepted=True))

    threads = [threading.Thread(target=add, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = {found.name for found in store.latest_tags()}
    assert names == {f"colour={thread}.{number}" for thread in range(8) for number in range(25)}


def _add_many(path: Path, process: int, barrier) -> None:
    store = FeedbackStore(path)
    barrier.wait(60)
    for number in range(20):
        store.add_tag(judged(f"colour={process}.{number}", accepted=True))
    store.close()


def test_processes_that_start_together_share_a_store(store, tmp_path) -> None:
    path = tmp_path / "state" / "feedback.sqlite"
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(4)
    processes = [spawn.Process(target=_add_many, args=(path, n, barrier)) for n in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
        assert process.exitcode == 0
    assert len(list(store.latest_tags())) == 80


def test_what_was_acknowledged_survives_a_kill(tmp_path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from tests.test_feedback import FeedbackStore, judged\n"
        "store = FeedbackStore(Path(sys.argv[1]))\n"
        "while True: print(store.add_tag(judged('colour=Red', accepted=True)), flush=True)\n"
    )
    path = tmp_path / "feedback.sqlite"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    ) as process:
        for line in process.stdout:
            if int(line) == 30:
                process.send_signal(signal.SIGKILL)
                break
        rest = [int(line) for line in process.stdout.read().splitlines()]
    with closing(FeedbackStore(path)) as store:
        assert store.count() >= max([30, *rest])
        assert store.add_tag(judged("colour=Red", accepted=True)) == store.count()


def test_what_is_no_store_of_this_version_is_refused_and_left_alone(tmp_path) -> None:
    newer, foreign, text = (tmp_path / name for name in ("newer", "foreign", "text"))
    with closing(FeedbackStore(newer)) as store:
        store.add_tag(judged("colour=Red", accepted=True))
    for path, statement in (
        (newer, "PRAGMA user_version = 9"),
        (foreign, "CREATE TABLE items (id TEXT)"),
    ):
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(statement)
    text.write_text("not a database, but long enough to have a header" * 10)
    before = [path.read_bytes() for path in (newer, foreign, text)]
    for path, complaint in (
        (newer, "has version 9, this Wardrobe reads 1; update Wardrobe"),
        (foreign, "is an SQLite file, but holds no feedback"),
        (text, "file is not a database"),
    ):
        store = FeedbackStore(path)
        with pytest.raises(FeedbackError, match=complaint):
            store.add_tag(judged("colour=Red", accepted=True))
        with pytest.raises(FeedbackError, match=complaint):
            store.count()
    assert [path.read_bytes() for path in (newer, foreign, text)] == before


def test_reading_makes_no_store(store, tmp_path) -> None:
    with pytest.raises(FeedbackError, match=r"no feedback in .*first POST /feedback"):
        list(store.latest_tags())
    assert not (tmp_path / "state").exists()


A, R = True, False


@pytest.mark.parametrize(
    ("given", "judgements", "left"),
    [
        ({"colour": ("Red",)}, [], {"colour": ("Red",)}),
        ({"colour": ("Red",)}, [("colour=Red", A)], {"colour": ("Red",)}),
        ({"colour": ("Red",)}, [("colour=Blue", A)], {"colour": ("Blue",)}),
        ({}, [("colour=Blue", A)], {"colour": ("Blue",)}),
        ({"colour": ("Red",)}, [("colour=Red", R)], {}),
        ({"colour": ("Red",)}, [("colour=Blue", R)], {"colour": ("Red",)}),
        ({"colour": ("Red",)}, [("colour=Red", R), ("colour=Blue", A)], {"colour": ("Blue",)}),
        ({"colour": ("Red",)}, [("colour=Blue", A), ("colour=Red", R)], {"colour": ("Blue",)}),
        ({}, [("colour=Blue", A), ("colour=Red", A)], {"colour": ("Red",)}),
        ({"details": ("Belt",)}, [("details=Hood", A)], {"details": ("Belt", "Hood")}),
        ({"details": ("Hood", "Belt")}, [("details=Hood", A)], {"details": ("Hood", "Belt")}),
        ({"details": ("Belt", "Hood")}, [("details=Belt", R)], {"details": ("Hood",)}),
        ({"details": ("Belt",)}, [("details=Belt", R)], {}),
        (
            {"details": ("Belt",)},
            [("details=Belt", R), ("details=Hood", A)],
            {"details": ("Hood",)},
        ),
        ({}, [("details=Hood", A)], {}),
    ],
)
def test_judgements_correct_labels(given, judgements, left) -> None:
    verdicts = [judged(tag, accepted=accepted) for tag, accepted in judgements]
    assert corrected(given, verdicts, SPACE) == left
