"""Build an index: encode and tag a folder of pictures or a dataset root, for the server to search.

    python build_index.py multi_label_dataset/demo --split train --out indexes/train

Takes about as long as encoding: a CPU core does tens of pictures a second. Killed, it goes on from
where it was; with nothing changed, it says so and exits.
"""

import sys

from wardrobe.indexing import main

if __name__ == "__main__":
    sys.exit(main())
