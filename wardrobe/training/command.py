"""The command line of the training scripts."""

import logging
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from wardrobe.command import command
from wardrobe.training.recipe import Recipe, parse

_SMOKE_PICTURES = 400


def run(defaults: Recipe, description: str, argv: Sequence[str] | None = None) -> int:
    """Trains the recipe that the flags describe; returns the exit code."""

    @command
    def main(argv: Sequence[str] | None) -> None:
        recipe, options, smoke = parse(defaults, description, argv)
        # torch takes seconds to import: --help and a wrong flag need not wait for it.
        from wardrobe.rendering import write_catalogue
        from wardrobe.training.loop import train

        logging.basicConfig(level=logging.INFO, format="%(message)s")
        if smoke and not recipe.data:
            drawn = options.run / "drawn"
            write_catalogue(drawn, count=_SMOKE_PICTURES)
            recipe = replace(recipe, data=(str(drawn),))
        checkpoint = train(recipe, options)
        sys.stdout.write(_next_steps(checkpoint, recipe))

    return main(argv)


def _next_steps(checkpoint: Path, recipe: Recipe) -> str:
    root = recipe.data[0]
    return (
        f"checkpoint: {checkpoint}\n"
        f"next: python optimize_thresholds.py --checkpoint {checkpoint} --data {root}\n"
        f"      python eval_vit_multilabel.py --checkpoint {checkpoint} --data {root}\n"
    )
