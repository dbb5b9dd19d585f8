"""The line in the log by which ECS scales: the longest queue since the line before."""

import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from pythonjsonlogger.json import JsonFormatter

from tests.serving import GatedEncoder, picture, until
from tests.swapping import threads
from wardrobe.errors import NotReadyError
from wardrobe.serving import queue_log
from wardrobe.serving.queue_log import QueueLog


class Script:
    """An engine whose queue is as long as the script says, look by look; None is not ready yet."""

    def __init__(self, *lengths: int | None) -> None:
        self._lengths = iter(lengths)
        self.over = threading.Event()

    def get(self) -> "Script":
        length = next(self._lengths, "over")
        if length == "over":
            self.over.set()
        if length in (None, "over"):
            raise NotReadyError("starting")
        self.waiting = length
        return self


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch, caplog):
    monkeypatch.setattr(queue_log, "_EVERY_S", 0.005)
    caplog.set_level(logging.INFO, queue_log.__name__)


def lengths(caplog) -> list[int]:
    return [r.queue_inputs for r in caplog.records if r.name == queue_log.__name__]


def test_a_line_has_the_longest_queue_since_the_line_before(caplog) -> None:
    script = Script(None, 0, 5, 1, 0, 0, 0, None, 2, 3, None, 2, 9)
    log = QueueLog(script, every_s=3 * 0.005)
    assert script.over.wait(20)
    log.close()
    assert lengths(caplog) == [5, 0, 3], "three looks a line; while it is not ready, none counts"
    assert not threads("queue log")


def test_what_waits_for_the_encoder_is_logged_as_the_metric_filter_reads_it(serve, caplog) -> None:
    encoder = GatedEncoder()
    client = serve(encoder, log_queue_s=0.01, max_batch_size=1)
    until(lambda: lengths(caplog)[-1:] == [0])
    encoder.hold()
    with ThreadPoolExecutor(3) as pool:
        for colour in ("red", "green", "blue"):
            pool.submit(client.post, "/search", data=picture(colour), content_type="image/png")
        until(lambda: 2 in lengths(caplog))
        encoder.gate.set()
    until(lambda: lengths(caplog)[-1] == 0)
    record = next(r for r in caplog.records if getattr(r, "queue_inputs", 0) == 2)
    assert json.loads(JsonFormatter().format(record))["queue_inputs"] == 2
