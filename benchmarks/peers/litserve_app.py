"""LitServe as its documentation shows it: batches of up to 16, collected for 5 ms at most.

It takes the bare picture, as Wardrobe does; its usual base64 in JSON would only slow it down.
"""

from collections.abc import Sequence
from typing import Annotated, Any

import litserve
from fastapi import Body

from benchmarks.peers.common import Pipeline
from wardrobe.settings import Settings

BATCH_TIMEOUT = 0.005  # seconds


class SearchAPI(litserve.LitAPI):  # type: ignore[misc]
    """Search by picture."""

    def setup(self, device: str) -> None:
        """Loads the model, in the inference worker."""
        self.pipeline = Pipeline.from_settings()

    def decode_request(
        self, request: Annotated[bytes, Body(media_type="application/octet-stream")]
    ) -> Any:
        """Returns the picture as the network's input."""
        return self.pipeline.prepare(request)

    def batch(self, inputs: Sequence[Any]) -> Sequence[Any]:
        """Leaves stacking to the pipeline."""
        return inputs

    def predict(self, inputs: Sequence[Any]) -> Any:
        """Returns one vector a picture."""
        return self.pipeline.encode(inputs)

    def unbatch(self, output: Any) -> list[Any]:
        """Returns the vectors one by one."""
        return list(output)

    def encode_response(self, output: Any) -> dict[str, Any]:
        """Returns the items most like the picture."""
        return self.pipeline.search(output)


def main() -> None:
    """Serves."""
    settings = Settings()
    api = SearchAPI(
        api_path="/search",
        max_batch_size=settings.max_batch_size,
        batch_timeout=BATCH_TIMEOUT,
    )
    server = litserve.LitServer(api, accelerator="cpu", healthcheck_path="/healthz")
    server.run(
        host=settings.host, port=settings.port, log_level="error", generate_client_file=False
    )


if __name__ == "__main__":
    main()
