"""The batcher: full batches under load, no waiting when idle, no job lost or left hanging."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import CancelledError, wait

import pytest

from tests.serving import until
from wardrobe.errors import NotReadyError, QueueFullError
from wardrobe.serving.batcher import Batcher, Job


class Doubler:
    """Doubles numbers; waits at a gate, refuses 13, dies at 666, and remembers its batches."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.batches: list[list[int]] = []

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.batches.append(list(numbers))
        assert self.gate.wait(10)
        if 13 in numbers:
            raise ValueError("13 is bad")
        if 666 in numbers:
            raise SystemExit("the beast")
        return [2 * number for number in numbers]


@pytest.fixture
def doubler():
    return Doubler()


@pytest.fixture
def start(doubler):
    batchers = []

    def start_(**limits) -> Batcher[int, int]:
        batchers.append(Batcher(doubler, **{"max_batch_size": 4, "max_queue": 10} | limits))
        return batchers[-1]

    yield start_
    doubler.gate.set()
    for batcher in batchers:
        batcher.close()


def job(number: int, seconds: float = 10) -> Job[int, int]:
    return Job(time.monotonic() + seconds, number)


def submit_while_busy(batcher, doubler, jobs) -> None:
    """Holds a first job in the forward, queues the others behind it, then lets go."""
    doubler.gate.clear()
    first = job(0)
    batcher.submit(first)
    until(lambda: doubler.batches == [[0]])
    for each in jobs:
        batcher.submit(each)
    doubler.gate.set()
    assert first.future.result(10) == 0


def test_what_waits_becomes_the_next_batches_in_order(start, doubler) -> None:
    jobs = [job(number) for number in range(1, 10)]
    submit_while_busy(start(), doubler, jobs)
    assert [each.future.result(10) for each in jobs] == [2 * n for n in range(1, 10)]
    assert doubler.batches == [[0], [1, 2, 3, 4], [5, 6, 7, 8], [9]]


def test_an_idle_batcher_starts_at_once_and_a_delay_waits_for_more(start, doubler) -> None:
    batcher = start()
    one = job(1)
    batcher.submit(one)
    assert one.future.result(5) == 2

    patient = start(max_delay_s=0.8)
    early, late = job(2), job(3)
    patient.submit(early)
    time.sleep(0.05)
    patient.submit(late)
    assert early.future.result(10) == 4
    full = [job(number) for number in (4, 5, 6, 7)]
    started = time.monotonic()
    patient.submit(*full)
    wait([each.future for each in full])
    assert time.monotonic() - started < 0.7, "a full batch does not wait"
    assert doubler.batches == [[1], [2, 3], [4, 5, 6, 7]]


def test_a_bad_input_fails_alone(start, doubler) -> None:
    jobs = [job(number) for number in (1, 13, 3)]
    submit_while_busy(start(), doubler, jobs)
    assert jobs[0].future.result(10) == 2
    assert jobs[2].future.result(10) == 6
    with pytest.raises(ValueError, match="13 is bad"):
        jobs[1].future.result(10)


def test_a_wrong_number_of_outputs_is_noticed() -> None:
    batcher: Batcher[int, int] = Batcher(lambda numbers: [], max_batch_size=2, max_queue=2)
    one = job(1)
    batcher.submit(one)
    with pytest.raises(RuntimeError, match="1 inputs gave 0 outputs"):
        one.future.result(10)
    batcher.close()


def test_nobody_pays_for_what_nobody_waits_for(start, doubler) -> None:
    late, cancelled, good = job(1, seconds=0), job(2), job(3)
    cancelled.future.cancel()
    submit_while_busy(start(), doubler, [late, cancelled, good])
    assert good.future.result(10) == 6
    assert doubler.batches == [[0], [3]]
    with pytest.raises(CancelledError):
        late.future.result(10)


def test_a_full_queue_refuses_all_or_nothing(start, doubler) -> None:
    batcher = start(max_queue=3)
    doubler.gate.clear()
    batcher.submit(job(0))
    until(lambda: doubler.batches == [[0]])
    kept = [job(1), job(2)]
    batcher.submit(*kept)
    with pytest.raises(QueueFullError, match="2 inputs already wait .* the limit is 3"):
        batcher.submit(job(3), job(4))
    batcher.submit(job(5))
    with pytest.raises(QueueFullError, match="3 inputs already wait"):
        batcher.submit(job(6))
    doubler.gate.set()
    assert [each.future.result(10) for each in kept] == [2, 4]
    until(lambda: doubler.batches == [[0], [1, 2, 5]])


def test_the_death_of_the_thread_fails_everything_at_once(start, doubler) -> None:
    batcher = start(max_batch_size=1)
    batcher.check()
    jobs = [job(666), job(1)]
    submit_while_busy(batcher, doubler, jobs)
    for each in jobs:
        with pytest.raises(NotReadyError, match="encoding thread died: .*the beast"):
            each.future.result(10)
    with pytest.raises(NotReadyError, match="died"):
        batcher.check()
    with pytest.raises(NotReadyError, match="died"):
        batcher.submit(job(2))


def test_closing_finishes_what_waits_and_refuses_more(start, doubler) -> None:
    batcher = start()
    doubler.gate.clear()
    jobs = [job(number) for number in range(6)]
    for each in jobs:
        batcher.submit(each)
    closing = threading.Thread(target=batcher.close)
    closing.start()
    until(lambda: _refuses(batcher))
    doubler.gate.set()
    closing.join(10)
    assert [each.future.result(0) for each in jobs] == [2 * number for number in range(6)]


def _refuses(batcher: Batcher[int, int]) -> bool:
    try:
        batcher.check()
    except NotReadyError as error:
        return "stopping" in str(error)
    return False
