"""From a picture's bytes to the answer; what the peers and the in-process loop all call."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from wardrobe import images
from wardrobe.encoders import Encoder, load_encoder
from wardrobe.encoders.hardware import available_cores
from wardrobe.index import Index
from wardrobe.index.vector_index import FloatArray
from wardrobe.query import Part, Query
from wardrobe.searcher import Searcher
from wardrobe.settings import Settings

TOP_K = 10


class Pipeline:
    """An encoder and an index made with it."""

    def __init__(self, encoder: Encoder, index: Index) -> None:
        self._encoder = encoder
        self._searcher = Searcher(index, encoder.relevance)

    @classmethod
    def from_settings(cls) -> Self:
        """Loads what the server would load."""
        settings = Settings()
        encoder = load_encoder(
            settings.encoder,
            precision=settings.precision,
            compute_threads=settings.compute_threads,
            labels=settings.labels,
            networks=settings.networks,
        )
        return cls(encoder, Index.open(settings.index, encoder))

    def prepare(self, data: bytes) -> Any:
        """Returns a picture as the network's input."""
        return self._encoder.prepare(images.decode(data, draft_side=self._encoder.picture_side))

    def encode(self, prepared: Sequence[Any]) -> FloatArray:
        """Returns the vectors of prepared pictures `(pictures, dimension)`, in one forward."""
        return self._encoder.encode_pictures(np.stack(prepared)).vectors

    def search(self, vector: FloatArray) -> dict[str, Any]:
        """Returns the answer to a search, with the fields of Wardrobe's."""
        query = Query((Part("picture", "image", vector),), top_k=TOP_K)
        results = [
            {
                "id": hit.item.id,
                "score": hit.score,
                "relevance": hit.relevance,
                "labels": hit.item.label_names,
                "given": hit.item.labels,
                "tags": {
                    attribute: [{"label": label, "probability": p} for label, p in labels.items()]
                    for attribute, labels in hit.item.tags.items()
                },
                "caption": hit.item.caption,
                "metadata": hit.item.metadata,
                "image_url": f"/items/{hit.item.id}/image",
                "etag": hit.item.etag,
            }
            for hit in self._searcher.search(query).hits
        ]
        return {"results": results, "count": len(results), "top_k": TOP_K}


class TorchPipeline(Pipeline):
    """The same checkpoint and index, computed by torch as it comes, in fp32."""

    @classmethod
    def from_settings(cls) -> Self:
        import torch  # here, so that no other peer pays for it

        from wardrobe.encoders.picture_network import PictureNetwork

        pipeline = super().from_settings()
        torch.set_num_threads(Settings().compute_threads or available_cores())
        pipeline._network = PictureNetwork(Path(Settings().encoder))
        return pipeline

    def encode(self, prepared: Sequence[Any]) -> FloatArray:
        import torch

        with torch.inference_mode():
            vectors: FloatArray = self._network(torch.from_numpy(np.stack(prepared)))[0].numpy()
        return vectors
