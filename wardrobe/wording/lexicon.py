"""English words and phrases → the labels they name."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from wardrobe.labels import LabelSpace
from wardrobe.wording.english import IRREGULAR, PLURAL_ONLY, SYNONYMS

Tags = tuple[str, ...]
"""`attribute=label`, as `LabelSpace.names` has them."""

LONGEST = 4
"""Words of a phrase that is looked up."""

_MISSPELT = 6  # letters from which one may be wrong: "short" is no misspelt "shirt"


class Lexicon:
    """What the labels of a label space are called, whatever the number, spelling or synonym."""

    def __init__(self, label_space: LabelSpace) -> None:
        self._tags: dict[str, list[str]] = defaultdict(list)
        self._kinds: dict[str, list[tuple[str, str]]] = defaultdict(list)
        same = {key: line for line in SYNONYMS for phrase in line for key in _keys(phrase)}
        for attribute in label_space.attributes:
            for label in attribute.labels:
                names = (label, *same.get(_singular(label), ()))
                tag = f"{attribute.name}={label}"
                for key in dict.fromkeys(key for name in names for key in _keys(name)):
                    self._tags[key].append(tag)
                which, _, kind = _singular(label).rpartition(" ")
                if which:
                    self._kinds[kind].append((which, tag))

    def tags(self, words: Sequence[str]) -> Tags:
        """Returns the tags that a whole phrase names, of each attribute with such a label."""
        key = _singular(" ".join(words))
        if key not in self._tags and len(key) >= _MISSPELT:
            close = process.extractOne(key, list(self._tags), scorer=OSA.distance, score_cutoff=1)
            if close and close[0][0] == key[0] and len(close[0]) >= _MISSPELT:
                key = close[0]
        return tuple(self._tags.get(key, ()))

    def kinds(self, words: Sequence[str], text: str) -> Tags:
        """Returns the tags of what a phrase is the kind of: a navy blue shirt is blue.

        Args:
            text: what is asked for; a kind that it names is left out.
        """
        named = set(_singular(text).split())
        kinds = self._kinds.get(_singular(" ".join(words)), ())
        return tuple(tag for which, tag in kinds if not named & set(which.split()))


@lru_cache(maxsize=8)
def lexicon_of(label_space: LabelSpace) -> Lexicon:
    """Returns the lexicon of a label space."""
    return Lexicon(label_space)


def _keys(phrase: str) -> Iterator[str]:
    """Yields what a phrase is looked up by; of what is striped also the stripe."""
    key = _singular(phrase)
    yield key
    stem = key.removesuffix("ed")
    if stem != key and len(stem) > 2:
        if stem[-1] == stem[-2]:
            yield stem[:-1]
        else:
            yield from (stem, stem + "e")


def _singular(phrase: str) -> str:
    words = re.split(r"[\s-]+", phrase.lower().replace("colored", "coloured").strip())
    return " ".join(map(_singular_word, words))


def _singular_word(word: str) -> str:
    word = re.sub(r"['’]s?$", "", word)
    if word in IRREGULAR:
        return IRREGULAR[word]
    if word in PLURAL_ONLY or word.endswith("ss"):
        return word
    if re.search(r"(?:ss|sh|ch|x)es$", word):
        return word[:-2]
    word = word.removesuffix("s")
    return word[:-2] + "y" if len(word) > 4 and word.endswith("ie") else word
