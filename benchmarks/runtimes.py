"""Which runtime computes the pictures fastest without changing what is found?

    pip install -r benchmarks/requirements.txt
    python -m benchmarks.runtimes --data multi_label_dataset/fashion-product-images   (ten minutes)

Torch eager and compiled, ONNX Runtime, and OpenVINO in fp32, bf16 (where the processor has it) and
int8 (quantised with NNCF on training pictures), all of one checkpoint and on the same threads. They
take turns, so that a slow minute hits them all; run nothing else meanwhile. Parity is the share of
the ten most similar pictures that each runtime has in common with torch eager in fp32. A runtime
that is missing or fails is named with the reason. Writes benchmarks/results/runtimes.json.
"""

import argparse
import copy
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openvino
import torch
from tqdm import tqdm

from benchmarks import machine
from wardrobe import images
from wardrobe.encoders.base import FloatArray, PixelArray
from wardrobe.encoders.compiled_encoder import CompiledEncoder
from wardrobe.encoders.export import tracing
from wardrobe.encoders.hardware import available_cores, wants_bf16
from wardrobe.encoders.networks import load_networks
from wardrobe.encoders.picture_network import PictureNetwork
from wardrobe.manifest import Manifest
from wardrobe.settings import Settings

Run = Callable[[PixelArray], FloatArray]

BATCHES = (1, 4, 8, 16)
ROUNDS = 25
CALIBRATION_PICTURES = 200


def main() -> int:
    """Measures, prints a table and writes the raw data."""
    arguments = _parse()
    torch.set_num_threads(available_cores())
    manifest = Manifest.load(arguments.data)
    encoder = CompiledEncoder(
        arguments.checkpoint, "runtimes", precision="fp32", threads=1, networks=None
    )

    def prepared(split: str, count: int) -> PixelArray:
        items = manifest.split(split)[:count]
        paths = tqdm([manifest.path_of(item) for item in items], f"reading {split}")
        side = encoder.picture_side
        return np.stack([encoder.prepare(images.read(path, draft_side=side)) for path in paths])

    gallery, queries = prepared("train", arguments.gallery), prepared("val", arguments.queries)
    network = PictureNetwork(arguments.checkpoint)
    runs, failed, seconds = _built(network, arguments.checkpoint, gallery[:CALIBRATION_PICTURES])
    found = {name: _most_similar(run, gallery, queries) for name, run in runs.items()}
    times = _time(runs, gallery)
    table = {
        name: {
            "seconds_to_build": seconds[name],
            "top_10_overlap": _overlap(found[name], found["torch eager fp32"]),
            "milliseconds_by_batch": times[name],
        }
        for name in runs
    }
    for name, row in table.items():
        medians = ", ".join(
            f"{batch}: {statistics.median(ms) / batch:.2f}" for batch, ms in times[name].items()
        )
        print(f"{name:24} overlap {row['top_10_overlap']:.4f}   ms a picture by batch {medians}")
    for name, reason in failed.items():
        print(f"{name:24} {reason}")
    machine.save("runtimes", {"runtimes": table, "failed": failed})
    return 0


def _built(
    network: PictureNetwork, checkpoint: Path, calibration: PixelArray
) -> tuple[dict[str, Run], dict[str, str], dict[str, float]]:
    model = load_networks(checkpoint, None).pictures
    builders: dict[str, Callable[[], Run]] = {
        "torch eager fp32": lambda: _torch(network),
        "torch compiled fp32": lambda: _torch_compiled(network),
        "onnxruntime fp32": lambda: _onnxruntime(network),
        "openvino fp32": lambda: _openvino(model, "f32"),
        "openvino bf16": lambda: _openvino(model, "bf16"),
        "openvino int8": lambda: _openvino(_quantised(model, calibration), "f32"),
    }
    if wants_bf16("auto"):
        builders["torch eager bf16"] = lambda: _torch(copy.deepcopy(network).bfloat16())
    runs, failed, seconds = {}, {}, {}
    for name, build in tqdm(builders.items(), "building", unit="runtime"):
        started = time.perf_counter()
        try:
            run = build()
            for batch in BATCHES:
                run(calibration[:batch])
        except Exception as error:  # a runtime that is not installed or refuses is a finding
            failed[name] = f"{type(error).__name__}: {str(error)[:300]}"
            continue
        runs[name], seconds[name] = run, time.perf_counter() - started
    return runs, failed, seconds


def _torch(network: Any) -> Run:
    network = network.eval()

    @torch.inference_mode()
    def run(pixels: PixelArray) -> FloatArray:
        vectors: FloatArray = network(torch.from_numpy(pixels))[0].float().numpy()
        return vectors

    return run


def _torch_compiled(network: PictureNetwork) -> Run:
    import torch._inductor.config as inductor

    inductor.freezing = True  # folds batch normalisation and packs weights, as the others do
    return _torch(torch.compile(copy.deepcopy(network)))


def _onnxruntime(network: PictureNetwork) -> Run:
    import onnxruntime

    size = network.processor.size
    example = torch.zeros((2, size["height"], size["width"], 3), dtype=torch.uint8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = available_cores()
    with tempfile.TemporaryDirectory() as folder, tracing():
        path = f"{folder}/pictures.onnx"
        torch.onnx.export(network, (example,), path, dynamic_shapes=({0: "pictures"},), dynamo=True)
        session = onnxruntime.InferenceSession(path, options)
    name = session.get_inputs()[0].name
    return lambda pixels: session.run(None, {name: pixels})[0]


def _openvino(model: Any, precision: str) -> Run:
    compiled = openvino.Core().compile_model(
        model,
        "CPU",
        {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": available_cores(),
            "INFERENCE_PRECISION_HINT": precision,
        },
    )
    if compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name() != precision:
        raise RuntimeError(f"this processor has no {precision}")
    request = compiled.create_infer_request()
    return lambda pixels: request.infer({0: pixels}, share_inputs=True)[0]


def _quantised(model: Any, pictures: PixelArray) -> Any:
    import nncf

    calibration = nncf.Dataset([picture[None] for picture in pictures])
    kind = nncf.ModelType.TRANSFORMER
    return nncf.quantize(model.clone(), calibration, model_type=kind, subset_size=len(pictures))


def _most_similar(run: Run, gallery: PixelArray, queries: PixelArray) -> np.ndarray:
    """Returns the rows of the ten most similar pictures of the gallery `(queries, 10)`."""

    def encode(pictures: PixelArray) -> FloatArray:
        starts = tqdm(range(0, len(pictures), 16), "encoding", leave=False)
        return np.concatenate([run(pictures[start : start + 16]) for start in starts])

    return np.argsort(-(encode(queries) @ encode(gallery).T), axis=1)[:, :10]


def _overlap(rows: np.ndarray, expected: np.ndarray) -> float:
    pairs = zip(rows, expected, strict=True)
    return float(np.mean([len(set(a) & set(b)) / len(b) for a, b in pairs]))


def _time(runs: dict[str, Run], pictures: PixelArray) -> dict[str, dict[int, list[float]]]:
    times: dict[str, dict[int, list[float]]] = {n: {b: [] for b in BATCHES} for n in runs}
    for round_ in tqdm(range(ROUNDS), "timing", unit="round"):
        for name, run in runs.items():
            for batch in BATCHES:
                pixels = pictures[(round_ * batch) % len(pictures) :][:batch]
                run(pixels)  # of this size once before, as in serving under load
                started = time.perf_counter()
                run(pixels)
                times[name][batch].append((time.perf_counter() - started) * 1000)
    return times


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--checkpoint", type=Path, default=Path(Settings().encoder))
    parser.add_argument("--data", type=Path, required=True, metavar="ROOT")
    parser.add_argument("--gallery", type=int, default=2000, help="training pictures")
    parser.add_argument("--queries", type=int, default=500, help="validation pictures")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
