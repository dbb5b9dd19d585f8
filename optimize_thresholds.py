"""Tune a checkpoint's thresholds: best F1 a label, or a precision or recall of at least a bound.

    python optimize_thresholds.py --checkpoint models/wardrobe-base --data multi_label_dataset/demo

Takes as long as encoding the split's pictures. Prints a line a label, with scores out of fold.
"""

import sys

from wardrobe.tuning import optimize_main

if __name__ == "__main__":
    sys.exit(optimize_main())
