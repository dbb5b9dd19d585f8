"""What a tag looked at: HiResCAM, the gradient of its logit times the features, place by place.

Draelos & Carin, "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional
neural networks" (2020). The features are the finest that still say what a place shows: of the
hybrid's stem those of stride 16, of another transformer the patch tokens that its last layer
mixes. Both were chosen by measurement, see docs/evaluation.md.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from transformers.modeling_layers import GradientCheckpointingLayer

from wardrobe.encoders.base import FloatArray
from wardrobe.encoders.hybrid_vit import HybridViTModel
from wardrobe.errors import UnsupportedQueryError

_FIRST_BLOCK_OF_STRIDE_32 = 12


def activation_maps(
    network: Any,
    forward: Callable[[torch.Tensor], torch.Tensor],
    pixels: torch.Tensor,
    labels: Sequence[int],
) -> FloatArray:
    """Returns where each label's logit comes from `(labels, height, width)`, from 0 to 1.

    A map's hottest place is 1, a place that speaks against the label is 0; a map without any
    place that speaks for it is 0 everywhere.

    Args:
        network: the vision model whose features are looked at.
        forward: pixels `(1, 3, height, width)` → logits `(1, labels)`, through that network.

    Raises:
        UnsupportedQueryError: the network is no vision transformer with a fixed grid of patches.
    """
    inputs: list[torch.Tensor] = []
    hook = _layer_above_features(network).register_forward_pre_hook(
        # The parameters are frozen: the gradients' graph begins here, not at the pixels.
        lambda layer, arguments: inputs.append(arguments[0].requires_grad_())
    )
    try:
        with torch.enable_grad():
            logits = forward(pixels)[0]
    finally:
        hook.remove()
    (features,) = inputs
    products = [
        features * torch.autograd.grad(logits[label], features, retain_graph=True)[0]
        for label in labels
    ]
    heat = _over_places(torch.cat(products).detach().float(), network, pixels).relu()
    hottest = heat.amax(dim=(1, 2), keepdim=True)
    maps: FloatArray = (heat / hottest.clamp_min(torch.finfo(heat.dtype).tiny)).numpy()
    return maps


def _layer_above_features(network: Any) -> nn.Module:
    if isinstance(network, HybridViTModel):
        block: nn.Module = network.stem.blocks[_FIRST_BLOCK_OF_STRIDE_32]
        return block
    layers = [part for part in network.modules() if isinstance(part, GradientCheckpointingLayer)]
    if not layers or not isinstance(getattr(network.config, "patch_size", None), int):
        raise UnsupportedQueryError(
            f"tags of a {type(network).__name__} cannot be explained: it is no vision transformer "
            "with a fixed grid of patches; leave out explain, or serve a hybrid ViT, ViT, CLIP, "
            "SigLIP or DINOv2"
        )
    return layers[-1]


def _over_places(products: torch.Tensor, network: Any, pixels: torch.Tensor) -> torch.Tensor:
    """Sums the channels of `(labels, channels, height, width)` or `(labels, tokens, channels)`."""
    if products.ndim == 4:
        return products.sum(dim=1)
    height, width = (side // network.config.patch_size for side in pixels.shape[-2:])
    # Class and register tokens come before the patches.
    patches: torch.Tensor = products.sum(dim=2)[:, -height * width :]
    return patches.reshape(-1, height, width)
