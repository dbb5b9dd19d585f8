"""A thing to batch for: it doubles numbers."""

import threading
import time
from collections.abc import Sequence

from tests.serving import until
from wardrobe.serving.batcher import Job


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
