"""Prints an image's layers, from `buildah inspect --type image` on standard input.

python layers.py STORAGE DRIVER < inspected.json
"""

import json
import sys
from pathlib import Path


def main() -> None:
    """Prints digest, megabytes and instruction of each layer, and their sum."""
    storage, driver = Path(sys.argv[1]), sys.argv[2]
    image = json.load(sys.stdin)["OCIv1"]
    stored = json.loads((storage / f"{driver}-layers" / "layers.json").read_text())
    sizes = {layer["diff-digest"]: layer["diff-size"] for layer in stored if "diff-digest" in layer}
    made = [step for step in image["history"] if not step.get("empty_layer")]
    total = 0
    for digest, step in zip(image["rootfs"]["diff_ids"], made, strict=True):
        total += sizes[digest]
        words = step.get("created_by", "").removeprefix("/bin/sh -c ").split("|")[0]
        sys.stdout.write(f"{digest[7:23]}  {sizes[digest] / 1e6:7.1f} MB  {words[:80]}\n")
    sys.stdout.write(f"{'in all':16}  {total / 1e6:7.1f} MB\n")


if __name__ == "__main__":
    main()
