"""The encoder of a Wardrobe checkpoint: its networks on OpenVINO, without torch."""

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import openvino  # type: ignore[import-untyped]
from PIL import Image

from wardrobe.encoders import checkpoint
from wardrobe.encoders.base import Encoder, FloatArray, PictureEncoding, PixelArray
from wardrobe.encoders.hardware import NO_TORCH
from wardrobe.encoders.networks import load_networks
from wardrobe.errors import CheckpointError, UnsupportedQueryError
from wardrobe.labels import LabelSpace
from wardrobe.relevance import relevance_in

if TYPE_CHECKING:
    from wardrobe.encoders.picture_network import PictureNetwork


class CompiledEncoder(Encoder):
    """A Wardrobe checkpoint: vectors in the text tower's space, and tag logits.

    Only explanations need torch, for its gradients; `load_explanations` imports it.
    """

    has_text = True

    def __init__(
        self, folder: Path, name: str, *, precision: str, threads: int, networks: Path | None
    ) -> None:
        """Loads a checkpoint folder.

        Args:
            precision: `bf16`, `fp32`, or `auto`: bf16 where the processor has it.
            threads: of a forward.
            networks: folder that keeps exported networks; None exports them anew.

        Raises:
            CheckpointError: a file is missing, damaged or does not fit the network.
        """
        self.name, self._folder, self._threads = name, folder, threads
        self.fingerprint = checkpoint.fingerprint(folder)
        self.label_space = LabelSpace.load(folder / checkpoint.LABELS)
        loaded = load_networks(folder, networks)
        core = openvino.Core()
        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads,
            # Pinned threads wait where a request's thread has their core, beside an idle one.
            "ENABLE_CPU_PINNING": False,
        }
        hint = {"INFERENCE_PRECISION_HINT": _hint(core, precision)}
        pictures = core.compile_model(loaded.pictures, "CPU", settings | hint)
        found = pictures.get_property("INFERENCE_PRECISION_HINT")
        self.precision = "bf16" if found == openvino.Type.bf16 else "fp32"
        self._pictures = pictures.create_infer_request()
        exact = {"INFERENCE_PRECISION_HINT": "f32"}
        self._texts = core.compile_model(loaded.texts, "CPU", settings | exact)
        self._text_request = self._texts.create_infer_request()
        self._tokenizer = loaded.tokenizer
        outputs = pictures.output("logits").partial_shape[1].get_length()
        if len(self.label_space) != outputs:
            raise CheckpointError(
                f"{folder}: labels.json has {len(self.label_space)} labels, "
                f"the network has {outputs} outputs; they belong to different checkpoints"
            )
        self.dimension = pictures.output("vectors").partial_shape[1].get_length()
        self.thresholds = checkpoint.thresholds_in(folder, self.label_space)
        self.temperatures = checkpoint.temperatures_in(folder, self.label_space)
        self.relevance = relevance_in(folder, self.dimension)
        processor = json.loads((folder / checkpoint.PREPROCESSOR).read_text(encoding="utf-8"))
        self._size = (processor["size"]["width"], processor["size"]["height"])
        self._filter = Image.Resampling(processor["resample"])
        self.picture_side = min(self._size)
        self._running = threading.Lock()  # a request infers for one caller at a time
        self._explaining = threading.Lock()
        self._network: PictureNetwork | None = None

    def prepare(self, picture: Image.Image) -> PixelArray:
        return np.array(picture.resize(self._size, self._filter))

    def encode_pictures(self, pixels: PixelArray) -> PictureEncoding:
        with self._running:
            outputs = self._pictures.infer({0: pixels}, share_inputs=True)
        logits: FloatArray = outputs["logits"]
        if self.temperatures is not None:
            logits /= self.temperatures
        return PictureEncoding(outputs["vectors"], logits)

    def encode_texts(self, texts: Sequence[str]) -> FloatArray:
        encodings = self._tokenizer.encode_batch(list(texts))
        arrays = {
            "input_ids": [encoding.ids for encoding in encodings],
            "attention_mask": [encoding.attention_mask for encoding in encodings],
            "token_type_ids": [encoding.type_ids for encoding in encodings],
        }
        inputs = {
            name: np.array(arrays[name], np.int64)
            for name in (port.any_name for port in self._texts.inputs)
        }
        with self._running:
            vectors: FloatArray = self._text_request.infer(inputs)[0]
        return vectors

    def load_explanations(self) -> None:
        with self._explaining:
            if self._network is None:
                try:
                    import torch
                except ModuleNotFoundError as error:
                    raise UnsupportedQueryError(
                        f"this server cannot explain tags, {NO_TORCH}"
                    ) from error

                from wardrobe.encoders.picture_network import PictureNetwork

                torch.set_num_threads(self._threads)
                self._network = PictureNetwork(self._folder)

    def explain(self, pixels: PixelArray, labels: Sequence[int]) -> FloatArray:
        self.load_explanations()
        assert self._network is not None  # just loaded
        with self._explaining:
            return self._network.explain(pixels, labels)


def _hint(core: openvino.Core, precision: str) -> Any:
    if precision == "auto":
        native = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        return openvino.Type.bf16 if native else openvino.Type.f32
    return openvino.Type.bf16 if precision == "bf16" else openvino.Type.f32
