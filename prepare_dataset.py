"""Import pictures with labels, split them, find their faults: → multi_label_dataset/<name>/.

    python prepare_dataset.py fashion-product-images ~/data/fashion-product-images

The 8,083 products take about 15 seconds on two cores; a second look at what was imported is
`python prepare_dataset.py validate multi_label_dataset/fashion-product-images`.
"""

import sys

from wardrobe.preparation import main

if __name__ == "__main__":
    sys.exit(main())
