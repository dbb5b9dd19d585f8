"""What the report says beside its figures."""

_SHARED_GIL = (
    "LitServe encodes in a process of its own, which the Python of 16 requests cannot hold up; in "
    "Wardrobe both share one interpreter, which costs at the tail and saves memory and copies."
)
REASONS: dict[tuple[str, str], str] = {
    ("LitServe", "p95_ms"): _SHARED_GIL,
    ("LitServe", "p99_ms"): _SHARED_GIL,
    ("plain Flask", "p95_ms"): (
        "With one client there is nothing to batch, and a view that encodes by itself spares the "
        "two changes of thread to the encoder and back."
    ),
}
"""Why a peer wins, by the peer's name and the figure: `p50_ms`, `p95_ms`, `p99_ms` or `throughput`.

The report names every win; `python -m benchmarks.report` also names those without a reason here.
"""

PROFILE = """\
Flame graphs of a worker under 16 clients with distinct pictures (`py-spy record -p WORKER -f
flamegraph`): [before](flame_before.svg), when torch encoded, at commit 6cf5078, and
[after](flame_after.svg). Measured once, one after the other, on the machine below: 16 clients 40
and 109 pictures a second, one client p50 31.5 and 16.5 ms, from the start of the process to healthy
7.8 and 2.6 s, resident 695 and 434 MB.
"""

PEERS = """\
All systems serve the same checkpoint and index with the same decoding, preprocessing, search
and result fields (`benchmarks/peers/common.py`), the same number of encoder and request threads,
and the same bare picture as the body of `POST /search`. None logs requests.

- **LitServe** as its documentation shows it: one worker, `max_batch_size` as Wardrobe's, 5 ms
  `batch_timeout`. It gets the bare picture instead of its usual base64 in JSON, which is faster.
- **plain Flask**: a view that decodes, encodes and searches, under gunicorn's gthread with as many
  threads as Wardrobe; once with Wardrobe's encoder, which tells what the serving alone is worth,
  and once with the same checkpoint in torch, which is what its user would write.

Two more were tried and cannot load the checkpoint:

- **Infinity** (infinity_emb 0.0.78) loads models of pictures with `AutoModel` and wants both towers
  (`transformer/vision/torch_vision.py`): it refuses the checkpoint with "Transformers does not
  recognize this architecture", and once `wardrobe.encoders` has registered it with "AutoModel of
  models/wardrobe-base does not have get_text_features method"; a checkpoint has no text tower. Its
  requirements (numpy < 2, sentence-transformers < 4) resolve to transformers 4.57 and torch 2.8.
  Beside transformers 5.23 it loads a local CLIP, but fails on a picture:
  "'BaseModelOutputWithPooling' object has no attribute 'to'".
- **clip-retrieval** (2.45.0) reads models with `all_clip.load_clip`, whose loader for local folders
  is `CLIPModel.from_pretrained` and CLIP's tokenizer: no other architecture. It pins numpy < 2 and
  sentence-transformers < 3, and needs torchvision.
"""
