"""What ends a batch, what it waits for, and how /metrics explains it."""

import time
from concurrent.futures import wait

import pytest

from tests.doubling import job, submit_while_busy
from tests.serving import metric, until
from wardrobe.serving import telemetry


def released() -> dict[str, float]:
    """Batches so far by reason."""
    text = telemetry.exposition().decode()
    name = "wardrobe_batches_total"
    return {reason: metric(text, name, reason=reason) for reason in telemetry.BATCHES}


def since(before: dict[str, float]) -> dict[str, float]:
    return {reason: n - before[reason] for reason, n in released().items() if n > before[reason]}


def oldest_wait() -> float:
    return metric(telemetry.exposition().decode(), "wardrobe_queue_oldest_wait_seconds")


@pytest.mark.parametrize(
    ("pixels", "batches"),
    [
        ([30, 30, 30, 30, 30], [[30, 30, 30], [30, 30]]),
        ([50, 50, 50], [[50, 50], [50]]),
        ([10, 500, 10, 10], [[10], [500], [10, 10]]),
        ([500, 500, 1], [[500], [500], [1]]),
        ([100, 0, 0, 1], [[100, 0, 0], [1]]),
        ([20, 20, 20, 20, 20], [[20, 20, 20, 20], [20]]),
    ],
    ids=["some fit", "exactly full", "too large goes alone", "first too", "texts", "count first"],
)
def test_pixels_bound_a_batch_and_order_is_kept(start, doubler, pixels, batches) -> None:
    jobs = [job(number) for number in pixels]
    submit_while_busy(start(max_batch_pixels=100), doubler, jobs)
    assert [each.future.result(10) for each in jobs] == [2 * number for number in pixels]
    assert doubler.batches == [[0], *batches]


def test_every_batch_says_why_it_was_released(start, doubler) -> None:
    before = released()
    submit_while_busy(start(), doubler, jobs := [job(number) for number in range(1, 7)])
    wait([each.future for each in jobs])
    assert since(before) == {"idle": 1, "full": 1, "drained": 1}

    before = released()
    batcher = start(max_batch_pixels=10)
    doubler.batches.clear()
    submit_while_busy(batcher, doubler, jobs := [job(number) for number in (6, 6, 20, 3)])
    wait([each.future for each in jobs])
    assert doubler.batches == [[0], [6], [6], [20], [3]]
    assert since(before) == {"idle": 1, "pixels": 3, "drained": 1}

    before = released()
    patient = start(max_delay_s=0.05)
    patient.submit(lonely := job(1))
    assert lonely.future.result(10) == 2
    assert since(before) == {"delay": 1}

    before = released()
    patient = start(max_delay_s=60)
    patient.submit(last := job(1, seconds=100))
    patient.close()
    assert last.future.result(0) == 2, "closing does not wait for more"
    assert since(before) == {"closing": 1}


def test_the_oldest_wait_grows_while_the_encoder_is_stuck(start, doubler) -> None:
    batcher = start(max_batch_size=1)
    assert oldest_wait() == 0
    doubler.gate.clear()
    batcher.submit(job(0))
    until(lambda: doubler.batches == [[0]])
    assert oldest_wait() == 0, "what is being encoded does not wait"
    began = time.monotonic()
    batcher.submit(first := job(1))
    time.sleep(0.1)
    batcher.submit(second := job(2))
    assert 0.1 <= oldest_wait() <= time.monotonic() - began
    time.sleep(0.1)
    assert 0.2 <= oldest_wait() <= time.monotonic() - began
    doubler.gate.set()
    wait([first.future, second.future])
    assert oldest_wait() == 0


def test_a_delay_counts_from_the_arrival_of_the_oldest(start, doubler) -> None:
    batcher = start(max_delay_s=0.3)
    doubler.gate.clear()
    batcher.submit(*[job(0) for _ in range(4)])
    until(lambda: len(doubler.batches) == 1)
    batcher.submit(late := job(1))
    time.sleep(0.35)
    before, began = released(), time.monotonic()
    doubler.gate.set()
    assert late.future.result(10) == 2
    assert time.monotonic() - began < 0.25, "it had waited long enough when the encoder was free"
    assert since(before) == {"drained": 1}


@pytest.mark.parametrize(
    "numbers", [[60, 40], [60, 60], [150]], ids=["full", "the next does not fit", "too large"]
)
def test_a_batch_full_of_pixels_does_not_wait(start, doubler, numbers) -> None:
    batcher = start(max_delay_s=60, max_batch_pixels=100)
    batcher.submit(*[job(number, seconds=100) for number in numbers])
    until(lambda: bool(doubler.batches), timeout=5)
    batcher.close()


def test_no_more_is_waited_for_than_the_queue_can_hold(start, doubler) -> None:
    batcher = start(max_delay_s=60, max_queue=2)
    batcher.submit(first := job(1, seconds=100), job(2, seconds=100))
    assert first.future.result(5) == 2
    assert doubler.batches == [[1, 2]]


def test_a_delay_makes_nobody_late(start, doubler) -> None:
    batcher = start(max_delay_s=20)
    batcher.submit(patient := job(1, seconds=100))
    batcher.submit(urgent := job(2, seconds=5))
    assert urgent.future.result(4) == 4
    assert patient.future.result(0) == 2
