"""What is searched while it is written to, against a plain dict and numpy."""

import numpy as np
import pytest

from tests.fakes import ColourEncoder
from tests.living import DIMENSION, EVERYTHING, NOTHING, create, draw, put
from tests.tiny_index import entry_of, index_of
from wardrobe.errors import ExpiredCursorError, IndexFolderError
from wardrobe.index import CatalogueItem, Change, Index
from wardrobe.index.compaction import compact
from wardrobe.index.filters import parse_filter


class Model:
    """What an index should hold: rows and vectors by id, now and at every moment before."""

    def __init__(self, vectors: np.ndarray) -> None:
        self.alive = {f"i{row}": (row, vector) for row, vector in enumerate(vectors)}
        self.history = {len(vectors) - 1: dict(self.alive)}

    def write(self, index: Index, changes: list[Change]) -> None:
        known = set(self.alive)
        for change, outcome in zip(changes, index.apply(changes), strict=True):
            if change.entry is None:
                expected = "deleted" if change.id in known else "no item has the id"
                assert expected in (getattr(outcome, "message", None) or outcome.status)
                self.alive.pop(change.id, None)
                known.discard(change.id)
            else:
                assert outcome.status == ("replaced" if change.id in known else "created")
                known.add(change.id)
                self.alive[change.id] = (-1, change.entry.vector)
        rows = index.current_rows([change.id for change in changes])
        assert rows.keys() == {change.id for change in changes} & self.alive.keys()
        for item_id, row in rows.items():
            self.alive[item_id] = (row, self.alive[item_id][1])
        self.history[index.snapshot().clock] = dict(self.alive)

    def check(self, index: Index, numbers: np.random.Generator, moment: int | None = None) -> None:
        """Compares everything that can be asked with what should be answered."""
        snapshot = index.snapshot(moment)
        expected = self.alive if moment is None else self.history[moment]
        rows, vectors = _by_row(expected)
        slots = np.flatnonzero(snapshot.alive)
        assert snapshot.rows[slots].tolist() == rows.tolist()
        assert snapshot.count == len(rows)
        np.testing.assert_allclose(snapshot.vectors_of(slots), vectors, atol=1e-6)
        assert snapshot.slots_of([*rows, 10**9]).tolist() == slots.tolist()
        wanted = sorted(expected)[:: max(1, len(expected) // 5)]
        if wanted:
            mask = snapshot.columns.mask(parse_filter({"id": wanted}), len(snapshot.rows))
            found = snapshot.rows[np.flatnonzero(mask & snapshot.alive)]
            assert sorted(found) == sorted(expected[item_id][0] for item_id in wanted)
        keep = numbers.random(len(rows)) < numbers.random()
        for some in (np.ones(len(rows), np.bool_), keep):
            allowed = np.zeros(len(snapshot.rows), np.bool_)
            allowed[slots[some]] = True
            k = int(numbers.integers(1, len(rows) + 5))
            query = draw(numbers, 1)
            scores, found_slots = snapshot.search(query, k, allowed)
            cosines = (vectors[some] @ query[0]).round(5)
            best = np.lexsort((rows[some], -cosines))[:k]
            assert snapshot.rows[found_slots[0]].tolist() == rows[some][best].tolist()
            np.testing.assert_allclose(scores[0], cosines[best], atol=2e-5)


def _by_row(alive: dict[str, tuple[int, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    found = sorted(alive.values(), key=lambda item: item[0])
    rows = np.array([row for row, _ in found], np.int64)
    return rows, np.array([v for _, v in found], np.float32).reshape(-1, DIMENSION)


@pytest.mark.parametrize(
    ("kind", "count", "seed"), [("flat", 40, 1), ("hnsw", 40, 2), ("flat", 0, 3)]
)
def test_any_order_of_writes_reads_and_compactions_gives_what_a_dict_gives(
    tmp_path, kind, count, seed
):
    index, vectors = create(tmp_path, count, kind, seed)
    # Another one has the folder open, writes too, and only sometimes looks.
    others = [index, Index.open(tmp_path, ColourEncoder())]
    model, numbers = Model(vectors), np.random.default_rng(seed)
    purged, compactions = -1, 0
    for step in range(120):
        one = others[int(numbers.integers(2))]
        doing = numbers.random()
        if doing < 0.6:
            names = [f"i{n}" for n in numbers.integers(0, count + 30, numbers.integers(1, 6))]
            changes = [
                Change(name, None)
                if numbers.random() < 0.4
                else put(tmp_path, name, draw(numbers, 1)[0], step)
                for name in dict.fromkeys(names)
            ]
            model.write(one, changes)
        elif doing < 0.7:
            forgets = bool(numbers.random() < 0.5)
            compact(tmp_path, kept_s=EVERYTHING if forgets else NOTHING)
            purged, compactions = (max(model.history) if forgets else purged), compactions + 1
        elif doing < 0.8:
            one.maintain()
        else:
            model.check(one, numbers)
            for moment in numbers.choice(sorted(model.history), 3):
                if moment >= purged:
                    model.check(one, numbers, int(moment))
    assert compactions > 3
    for one in others:
        one.maintain()
        model.check(one, numbers)
        assert not one.snapshot().slots.tail_length > 200
        one.close()
    reopened = Index.open(tmp_path, ColourEncoder())
    model.check(reopened, numbers)
    reopened.close()


def test_a_moment_whose_dead_are_forgotten_cannot_be_gone_back_to(tmp_path):
    index, vectors = create(tmp_path, 5)
    model, numbers = Model(vectors), np.random.default_rng(0)
    moments = []
    for item_id in ("i0", "i1", "i2"):
        moments.append(index.snapshot().clock)
        model.write(index, [Change(item_id, None)])
    compact(tmp_path, kept_s=EVERYTHING)
    for moment in (*moments, 10**6):
        with pytest.raises(ExpiredCursorError, match="ask for the first page again"):
            index.snapshot(moment)
    model.check(index, numbers)
    model.check(index, numbers, index.snapshot().clock)
    index.maintain()
    model.check(index, numbers)
    index.close()


def test_one_who_did_not_look_while_the_dead_were_forgotten_reads_anew(tmp_path):
    idle, vectors = create(tmp_path, 20)
    busy = Index.open(tmp_path, ColourEncoder())
    model, numbers = Model(vectors), np.random.default_rng(0)
    before = idle.snapshot()
    for n in range(10):
        model.write(busy, [Change(f"i{n}", None), put(tmp_path, f"j{n}", draw(numbers, 1)[0])])
    compact(tmp_path, kept_s=EVERYTHING)
    model.write(busy, [Change("j3", None)])
    model.check(idle, numbers)
    assert before.count == 20, "what was being looked at stays"
    idle.maintain()
    model.check(idle, numbers)
    for index in (idle, busy):
        index.close()


def test_a_request_goes_on_with_what_it_began_with(tmp_path):
    index, vectors = create(tmp_path, 30)
    snapshot, query = index.snapshot(), vectors[7:8]
    expected = [found.tolist() for found in snapshot.search(query, 10)]
    numbers = np.random.default_rng(0)
    for n in range(100):
        index.apply([Change(f"i{n % 30}", None), put(tmp_path, f"j{n}", draw(numbers, 1)[0])])
        index.snapshot()
        if n % 40 == 0:
            compact(tmp_path, kept_s=EVERYTHING)
            index.maintain()
        assert [found.tolist() for found in snapshot.search(query, 10)] == expected
    index.close()


def test_a_row_that_is_damaged_later_is_refused_and_what_follows_is_not_taken_in_twice(tmp_path):
    index, _ = create(tmp_path, 5)
    index.snapshot()
    numbers = np.random.default_rng(0)
    other = Index.open(tmp_path, ColourEncoder())
    other.apply([put(tmp_path, f"j{n}", draw(numbers, 1)[0]) for n in range(3)])
    with other._catalogue.database.writing() as connection:
        connection.execute("UPDATE items SET caption = 'x' WHERE id = 'j1'")
    for _ in range(3):
        with pytest.raises(IndexFolderError, match="row 6 of the catalogue, item 'j1', is damaged"):
            index.snapshot()
    with other._catalogue.database.writing() as connection:
        connection.execute("UPDATE items SET caption = '' WHERE id = 'j1'")
    assert index.snapshot().rows.tolist() == list(range(8))
    for one in (index, other):
        one.close()


def test_equals_come_in_the_order_they_were_written_wherever_their_vectors_are(tmp_path):
    """In the base or the tail, a graph or an array: else pages would overlap."""
    numbers = np.random.default_rng(5)
    vectors = np.repeat(numbers.standard_normal((1, 384)), 90, axis=0).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    query = numbers.standard_normal((1, 384)).astype(np.float32)
    query /= np.linalg.norm(query)

    class Wide(ColourEncoder):
        dimension = 384

    items = [CatalogueItem(f"i{n}", tmp_path / f"{n}") for n in range(90)]
    index = index_of(tmp_path, items, vectors, Wide(), "hnsw")
    young = [CatalogueItem(f"j{n}", tmp_path / f"{n}") for n in range(37)]
    index.apply([Change(item.id, entry_of(item, vectors[0])) for item in young])
    for k in (1, 5, 64, 89, 90, 91, 127):
        scores, slots = index.snapshot().search(query, k)
        assert len({*scores[0].tolist()}) == 1
        assert slots[0].tolist() == list(range(k))
    index.compact()
    assert index.snapshot().search(query, 100)[1][0].tolist() == list(range(100))
    index.close()
