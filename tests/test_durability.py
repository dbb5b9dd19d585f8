"""kill -9 while several processes write and compact; benchmarks/durability.py does it 200 times."""

from tests.durability import KilledWriters, Ledger


def test_after_kills_every_acknowledged_write_is_there_and_no_half_of_another(tmp_path):
    writers = KilledWriters(tmp_path, seed=1)
    for _ in range(4):
        assert writers.kill_once() == []
    assert writers.writes > 20
    assert writers.refused == []


def test_a_ledger_tells_what_is_lost_left_over_and_half_there():
    ledger = Ledger()
    ledger.begin({"a": 1, "b": 1})
    ledger.end()
    ledger.begin({"a": None, "c": 2})
    for found in ({"a": 1, "b": 1}, {"b": 1, "c": 2}):
        copy = Ledger()
        copy.acknowledged, copy.pending = dict(ledger.acknowledged), dict(ledger.pending)
        assert copy.settle(found) == []
        assert copy.settle(found) == []
    for found, wrong in (
        ({"a": 1}, "b has version None; acknowledged 1, asked for 1"),
        ({"a": 1, "b": 1, "c": 2}, "half of a batch"),
        ({"b": 1}, "half of a batch"),
        ({"a": 3, "b": 1}, "a has version 3; acknowledged 1, asked for None"),
        ({"a": 1, "b": 1, "d": 1}, "d has version 1; acknowledged None, asked for None"),
    ):
        copy = Ledger()
        copy.acknowledged, copy.pending = dict(ledger.acknowledged), dict(ledger.pending)
        assert wrong in copy.settle(found)[0]
