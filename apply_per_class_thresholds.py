"""Apply a thresholds.json to a file of predictions or to a checkpoint; takes seconds.

python apply_per_class_thresholds.py preds.jsonl --thresholds thresholds.json --out new.jsonl
python apply_per_class_thresholds.py models/wardrobe-base --thresholds thresholds.json
"""

import sys

from wardrobe.applying import main

if __name__ == "__main__":
    sys.exit(main())
