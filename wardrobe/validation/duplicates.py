"""Which pictures are the same photograph, up to scaling, compression and slight retouching."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from wardrobe.validation.pictures import Picture

HASH_DISTANCE = 14
"""Bits of 256. Measured: a recompressed or rescaled photograph differs in 0 to 14, one cropped by
1% in 14 to 34; other products in the same pose, of which catalogues are full, in 16 and more."""

COLOUR_DISTANCES = (20, 4, 4)
"""Levels of 256 in every cell of the colour grid: brightness, then the two of hue. The hash sees
no colour: without this limit the colourways of a product would pass for one photograph."""


def duplicate_groups(
    pictures: Sequence[Picture], distance: int = HASH_DISTANCE
) -> npt.NDArray[np.int64]:
    """Returns the group of every picture `(pictures,)`: the position of the group's first picture.

    Two pictures are near-duplicates when their perceptual hashes differ in at most `distance`
    bits and no cell of their colour grids by more than `COLOUR_DISTANCES`; groups are the connected
    pictures. An unreadable picture is a group of its own. All pairs are compared, so the time
    grows with the square of the number: a second for 8,000 pictures, a minute for 50,000.
    """
    groups = np.arange(len(pictures))
    readable = np.array([i for i, picture in enumerate(pictures) if picture.error is None], int)
    if len(readable) == 0:
        return groups
    hashes = np.array([pictures[i].phash for i in readable])
    colours = np.array([pictures[i].colours for i in readable])
    found = np.arange(len(readable))
    for i in tqdm(range(len(readable) - 1), "duplicates", unit="picture", leave=False):
        distances = np.bitwise_count(hashes[i + 1 :] ^ hashes[i]).sum(axis=1)
        close = i + 1 + np.flatnonzero(distances <= distance)
        close = close[found[close] != found[i]]
        same_colour = (np.abs(colours[close] - colours[i]) <= COLOUR_DISTANCES).all(axis=(1, 2))
        joined = np.append(found[close[same_colour]], found[i])
        if len(joined) > 1:
            found[np.isin(found, joined)] = joined.min()
    groups[readable] = readable[found]
    return groups
