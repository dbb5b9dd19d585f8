"""A server that shares its encodings, and counts what it does."""

import io
import time

from tests.fakes import ColourEncoder
from tests.serving import GatedEncoder, metric, picture

BOUND_S = 2.0
"""A request must be answered in this, on a busy machine; the time-outs of redis-py are 5 s."""


class CountingEncoder(GatedEncoder):
    """Counts texts, too."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def encode_texts(self, texts):
        self.texts.extend(texts)
        return ColourEncoder().encode_texts(texts)


class Replica:
    """A client of an application of its own, with what its encoder and metrics counted since."""

    def __init__(self, serve, url: str, encoder: GatedEncoder | None = None, **settings) -> None:
        self.encoder = encoder or CountingEncoder()
        self.client = serve(self.encoder, cache_url=url, **settings)
        self.encoder.batches.clear()
        if isinstance(self.encoder, CountingEncoder):
            self.encoder.texts.clear()
        self._before = self.metrics()

    def metrics(self) -> str:
        return self.client.get("/metrics").text

    def count(self, name: str, **labels: str) -> float:
        """Returns how much a counter, which all replicas of a test share, has grown."""
        now, before = (metric(text, name, **labels) for text in (self.metrics(), self._before))
        return now - before

    def lookups(self) -> dict[str, float]:
        name = "wardrobe_cache_lookups_total"
        results = ("hit", "remote_hit", "miss", "shared")
        counts = {result: self.count(name, result=result) for result in results}
        return {result: count for result, count in counts.items() if count}

    def errors(self, operation: str) -> float:
        return self.count("wardrobe_remote_cache_errors_total", operation=operation)

    def search(self, colour, size=(20, 16)):
        """Returns the results, within the bound."""
        started = time.monotonic()
        data = picture(colour, size)
        answer = self.client.post("/search", data=data, content_type="image/png")
        assert time.monotonic() - started < BOUND_S
        assert answer.status_code == 200, answer.text
        return answer.json["results"]

    def predict(self, *colours):
        files = [(io.BytesIO(picture(colour)), "a.png") for colour in colours]
        answer = self.client.post("/predict", data={"files": files})
        assert answer.status_code == 200, answer.text
        return answer.json["results"]

    def text(self, words: str):
        answer = self.client.get("/search", query_string={"text": words})
        assert answer.status_code == 200, answer.text
        return answer.json["results"]
