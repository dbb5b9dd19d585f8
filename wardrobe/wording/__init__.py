"""What a text query excludes or changes: "dress without stripes", "like this but blue".

English only. A text in which nothing is understood passes unchanged: plain words, such as those
of "red dress", never become filters.
"""

from dataclasses import dataclass

from wardrobe.labels import LabelSpace
from wardrobe.wording.lexicon import Tags, lexicon_of
from wardrobe.wording.reader import Reader


@dataclass(frozen=True)
class Understood:
    """What a text query says.

    Attributes:
        text: what is left to search for; may be empty.
        must: groups of tags; what is wanted has one or more of each group.
        must_not: tags that nothing wanted has.
        unwanted: phrases for what should not be there and has no label.
    """

    text: str
    must: tuple[Tags, ...] = ()
    must_not: Tags = ()
    unwanted: tuple[str, ...] = ()


def understand(text: str, label_space: LabelSpace) -> Understood:
    """Returns what an English text excludes or changes, and the rest of it."""
    lexicon = lexicon_of(label_space)
    reader = Reader(text, lexicon)
    reader.read()
    if not (reader.must or reader.excluded):
        return Understood(text)
    rest = reader.rest()
    must_not = [tag for found in reader.excluded for tag in found.tags]
    for found in reader.excluded:  # a navy blue shirt is blue, but not for whoever asks for navy
        must_not += lexicon.kinds(found.words, rest)
    asked_for = {tag for group in reader.must for tag in group}
    return Understood(
        rest,
        tuple(dict.fromkeys(reader.must)),
        tuple(dict.fromkeys(tag for tag in must_not if tag not in asked_for)),
        tuple(dict.fromkeys(" ".join(found.words) for found in reader.excluded if not found.tags)),
    )
