"""The words of a text, and what stands where in them."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from wardrobe.wording import english
from wardrobe.wording.lexicon import LONGEST, Lexicon, Tags

_TOKEN = re.compile(r"w/o\b|\bnon(?=-)|[^\W_]+(?:['’.&-][^\W_]+)*|[^\w\s]", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """A phrase, its tags if it is a label, and the position after it."""

    words: tuple[str, ...]
    tags: Tags
    end: int

    @property
    def attributes(self) -> set[str]:
        """The attributes of its tags."""
        return {tag.partition("=")[0] for tag in self.tags}

    @property
    def is_plural(self) -> bool:
        """Whether it is a thing of its own: "stripes", where "striped" describes another."""
        return bool(self.tags) and bool(re.search("[^s]s$", self.words[-1]))


@dataclass(frozen=True)
class Negation:
    """Where a negation stands, and whether what follows is a thing: after "without", not "not"."""

    start: int
    end: int
    is_thing: bool


class Phrases:
    """A text's words by position, in lower case; the label phrases and negations among them."""

    def __init__(self, text: str, lexicon: Lexicon) -> None:
        self.text = text
        self._lexicon = lexicon
        self._tokens = list(_TOKEN.finditer(text))
        self.words = [token[0].lower().replace("’", "'") for token in self._tokens]

    def written(self, position: int) -> str:
        """Returns a word as it was written."""
        return self._tokens[position][0]

    def gap(self, position: int) -> str:
        """Returns what is written between a word and the next one."""
        return self.text[self._tokens[position].end() : self._tokens[position + 1].start()]

    def after(self, phrases: Sequence[Sequence[str]], start: int) -> int | None:
        """Returns the position after the first of some phrases that stands at a position."""
        for phrase in phrases:
            if tuple(self.words[start : start + len(phrase)]) == tuple(phrase):
                return start + len(phrase)
        return None

    def skip(self, words: Collection[str], position: int) -> int:
        """Returns the first position from one on that has none of some words."""
        while position < len(self.words) and self.words[position] in words:
            position += 1
        return position

    def negation(self, start: int) -> Negation | None:
        """Returns the negation that begins at a position; None is none, or an idiom."""
        if self._is_minus(start):
            return Negation(start, start + 1, is_thing=False)
        for phrases, is_thing in ((english.WITHOUT, True), (english.NOT, False)):
            end = self.after(phrases, start)
            if end is not None and not self._is_idiom(start, end):
                hyphen = self.words[start] == "non" and self.words[end : end + 1] == ["-"]
                return Negation(start, end + hyphen, is_thing)
        return None

    def phrase_end(self, position: int) -> int:
        """Returns the position after the words of one phrase."""
        label = self.label(position, len(self.words))  # may hold "and": "Necklace and Chains"
        position = label.end if label else position
        while position < len(self.words) and self.words[position][0].isalnum():
            if self.words[position] in english.ENDS or self.negation(position):
                break
            position += 1
        return position

    def clause_end(self, position: int) -> int:
        """Returns the position of the next punctuation or negation, or of the end."""
        while position < len(self.words) and self.words[position] not in english.CLOSING:
            if self.negation(position):
                break
            position += 1
        return position

    def whole(self, position: int, end: int) -> Found | None:
        """Returns the label that is all of some words, but for those that say nothing."""
        last = end
        while last > position + 1 and self.words[last - 1] in english.TAILS:
            last -= 1
        return self._found(position, last, end)

    def label(self, position: int, end: int) -> Found | None:
        """Returns the longest label at a position, with words after it that say nothing."""
        for after in range(min(position + LONGEST, end), position, -1):
            if found := self._found(position, after, min(self.skip(english.TAILS, after), end)):
                return found
        return None

    def groups(self, position: int, end: int) -> list[Tags] | None:
        """Returns the labels of words that are labels or say nothing, alternatives together.

        None where a word says something else.
        """
        groups: list[Tags] = []
        is_alternative = False
        while position < end:
            if label := self.label(position, end):
                if is_alternative:
                    groups[-1] += label.tags
                else:
                    groups.append(label.tags)
                is_alternative, position = False, label.end
            elif self.words[position] in english.SAY_NOTHING:
                is_alternative = bool(groups) and self.words[position] == "or"
                position += 1
            else:
                return None
        return groups

    def _found(self, position: int, last: int, end: int) -> Found | None:
        words = tuple(self.words[position:last])
        tags = self._lexicon.tags(words) if len(words) <= LONGEST else ()
        return Found(words, tags, end) if tags else None

    def is_name(self, *positions: int) -> bool:
        """Whether words are capitals among others that are not: "No Fear t-shirt"."""
        capitals = all(self.written(position)[0].isupper() for position in positions)
        return capitals and any(token[0][0].islower() for token in self._tokens)

    def _is_idiom(self, start: int, end: int) -> bool:
        before = tuple(self.words[max(0, start - 2) : start])
        after = self.words[end] if end < len(self.words) else ""
        return (
            before == ("with", "or")
            or before[-1:] in (("if",), ("why",))
            or (self.words[end - 1] in ("no", "not") and after in english.IDIOM_AFTER)
        )

    def _is_minus(self, position: int) -> bool:
        """Whether there is a minus before a word, as for a search engine: "t-shirt -checked"."""
        if self.words[position] != "-" or position + 1 == len(self.words):
            return False
        before = self.gap(position - 1) if position else " "
        return before.isspace() and not self.gap(position) and self.words[position + 1].isalpha()
