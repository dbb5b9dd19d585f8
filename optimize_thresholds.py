"""Calibrate a checkpoint and tune its thresholds: best F1, a bound, or a guaranteed bound.

    python optimize_thresholds.py --checkpoint models/wardrobe-base --data multi_label_dataset/demo

Takes as long as encoding the split's pictures. Prints a line a label and a line an attribute, with
scores and calibration errors out of fold.
"""

import sys

from wardrobe.tuning import main

if __name__ == "__main__":
    sys.exit(main())
