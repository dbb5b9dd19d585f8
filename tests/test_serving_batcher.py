"""The batcher: full batches under load, no waiting when idle, no job lost or left hanging."""

import math
import threading
import time
from concurrent.futures import CancelledError, wait

import pytest

from tests.doubling import job, submit_while_busy
from tests.serving import until
from wardrobe.errors import NotReadyError, QueueFullError
from wardrobe.serving.batcher import Batcher


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
    batcher: Batcher[int, int] = Batcher(
        lambda numbers: [], lambda _: 0, max_batch_size=2, max_batch_pixels=1, max_queue=2
    )
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


def test_late_and_cancelled_jobs_leave_no_gap_in_a_batch(start, doubler) -> None:
    jobs = [job(number, seconds=10 if number % 2 else 0) for number in range(1, 9)]
    jobs.insert(0, cancelled := job(99))
    cancelled.future.cancel()
    submit_while_busy(start(), doubler, jobs)
    assert [each.future.result(10) for each in jobs[1::2]] == [2, 6, 10, 14]
    assert doubler.batches == [[0], [1, 3, 5, 7]]


def test_late_jobs_give_their_place_to_new_ones_while_the_encoder_is_busy(start, doubler) -> None:
    batcher = start(max_queue=3)
    doubler.gate.clear()
    batcher.submit(job(0))
    until(lambda: doubler.batches == [[0]])
    batcher.submit(in_time := job(1), late := job(2, seconds=0), job(3, seconds=0))
    batcher.submit(new := job(4), newer := job(5))
    assert late.future.cancelled()
    assert not batcher.extend(late, math.inf), "who comes now must submit another"
    assert batcher.extend(in_time, math.inf)
    with pytest.raises(QueueFullError, match="3 inputs already wait"):
        batcher.make_room()
    doubler.gate.set()
    assert [each.future.result(10) for each in (in_time, new, newer)] == [2, 8, 10]
    assert doubler.batches == [[0], [1, 4, 5]]


def test_a_job_whose_deadline_is_extended_is_encoded(start, doubler) -> None:
    batcher = start()
    doubler.gate.clear()
    batcher.submit(job(0))
    until(lambda: doubler.batches == [[0]])
    batcher.submit(shared := job(1, seconds=0.05))
    assert batcher.extend(shared, time.monotonic() + 10)
    assert batcher.extend(shared, 0), "nobody shortens it"
    time.sleep(0.1)
    doubler.gate.set()
    assert shared.future.result(10) == 2


def test_a_callback_may_use_the_batcher_whatever_becomes_of_the_job(start, doubler) -> None:
    batcher = start(max_queue=2)
    follow_ups = []

    def ask_again(_) -> None:
        follow_ups.append(job(7))
        batcher.submit(follow_ups[-1])
        raise ValueError("a callback that fails")

    done, late = job(1), job(2, seconds=0)
    done.future.add_done_callback(ask_again)
    late.future.add_done_callback(ask_again)
    submit_while_busy(batcher, doubler, [late, done])
    until(lambda: len(follow_ups) == 2)
    assert [each.future.result(10) for each in follow_ups] == [14, 14]


def test_jobs_cancelled_at_any_moment_never_kill_the_thread(start) -> None:
    batcher = start(max_queue=1000)
    for number in range(200):
        jobs = [job(number % 3) for _ in range(4)]
        batcher.submit(*jobs)
        cancelled = [each for each in jobs if each.future.cancel()]
        for each in jobs:
            if each not in cancelled:
                assert each.future.result(10) == 2 * (number % 3)
    batcher.check()


def test_a_full_queue_says_how_long_it_needs(start, doubler) -> None:
    batcher = start(max_queue=200, max_batch_size=1)
    for _ in range(10):  # a mean of about 0.09 s an input
        doubler.gate.clear()
        batcher.submit(slow := job(0))
        time.sleep(0.1)
        doubler.gate.set()
        slow.future.result(10)
    doubler.gate.clear()
    batcher.submit(job(0))
    until(lambda: len(doubler.batches) == 11)
    batcher.submit(*[job(0) for _ in range(200)])
    with pytest.raises(QueueFullError) as refused:
        batcher.submit(job(0))
    assert 0.08 * 200 <= refused.value.detail["retry_after_s"] <= 0.5 * 200


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
    jobs = [job(666), cancelled := job(3), job(1)]
    cancelled.future.cancel()
    submit_while_busy(batcher, doubler, jobs)
    for each in jobs[::2]:
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
