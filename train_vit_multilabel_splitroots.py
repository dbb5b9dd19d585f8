"""Trains dataset roots with different attributes as one; what a root does not ask is masked.

    python train_vit_multilabel_splitroots.py --run runs/shipped

Without --data this makes the encoder that ships, of the three roots that docs/training.md prepares.
About 80 minutes on 2 cores (11,960 pictures an epoch, 24 epochs that grow from 96 to 160 px);
expect a macro mAP of 0.83 over the Fashion Product Images tags with at least 5 validation pictures
and a garment accuracy of 0.87 on the phone photographs.

Each root is drawn as often as --root-weights say, and judged alone after every epoch. An
interrupted run goes on when the command is repeated. --smoke checks the whole path on a drawn
catalogue within a minute.
"""

import sys

from wardrobe.training.command import run
from wardrobe.training.recipe import SPLITROOTS

if __name__ == "__main__":
    sys.exit(run(SPLITROOTS, __doc__))
