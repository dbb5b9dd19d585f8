"""From a picture's bytes to the answer; what the peers and the in-process loop all call."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from wardrobe import images
from wardrobe.encoders import Encoder, load_encoder
from wardrobe.index import Index
from wardrobe.index.vector_index import FloatArray
from wardrobe.searcher import Searcher
from wardrobe.settings import Settings

TOP_K = 10


class Pipeline:
    """An encoder and an index made with it."""

    def __init__(self, encoder: Encoder, index: Index) -> None:
        self._encoder = encoder
        self._searcher = Searcher(index)

    @classmethod
    def from_settings(cls) -> "Pipeline":
        """Loads what the server would load."""
        settings = Settings()
        encoder = load_encoder(
            settings.encoder,
            precision=settings.precision,
            compute_threads=settings.compute_threads,
            labels=settings.labels,
        )
        return cls(encoder, Index.open(settings.index, encoder))

    def prepare(self, data: bytes) -> Any:
        """Returns a picture as the network's input."""
        return self._encoder.prepare(images.decode(data, draft_side=self._encoder.picture_side))

    def encode(self, prepared: Sequence[Any]) -> FloatArray:
        """Returns the vectors of prepared pictures `(pictures, dimension)`, in one forward."""
        pixels = torch.from_numpy(np.stack(prepared))  # until the interface is numpy's
        return self._encoder.encode_pictures(pixels).vectors

    def search(self, vector: FloatArray) -> dict[str, Any]:
        """Returns the answer to a search, with the fields of Wardrobe's."""
        hits = self._searcher.search(vector, top_k=TOP_K)
        results = [
            {
                "id": hit.item.id,
                "score": hit.score,
                "labels": hit.item.label_names,
                "tags": {
                    attribute: [{"label": label, "probability": p} for label, p in labels.items()]
                    for attribute, labels in hit.item.tags.items()
                },
                "caption": hit.item.caption,
                "image_url": f"/items/{hit.item.id}/image",
            }
            for hit in hits
        ]
        return {"results": results, "count": len(results), "top_k": TOP_K}
