"""Takes negations and changes out of a text, word by word."""

from wardrobe.wording import english
from wardrobe.wording.lexicon import LONGEST, Lexicon, Tags
from wardrobe.wording.phrases import Found, Negation, Phrases

_LONGEST_UNWANTED = 4  # words; more of them are prose


class Reader:
    """Goes over a text once: at each word begins a negation, a change, or it is kept.

    Attributes:
        must: groups of tags asked for; one of each.
        excluded: what is not wanted, with or without tags.
    """

    def __init__(self, text: str, lexicon: Lexicon) -> None:
        self.must: list[Tags] = []
        self.excluded: list[Found] = []
        self._phrases = Phrases(text, lexicon)
        self._words = self._phrases.words
        self._kept: list[int] = []

    def read(self) -> None:
        """Fills the attributes."""
        position = 0
        while position < len(self._words):
            after = self._exclude(position) or self._change(position)
            if after is None:
                self._kept.append(position)
            position = after or position + 1

    def rest(self) -> str:
        """Returns the words that were kept, as written, without those left hanging."""
        self._drop_hanging()
        words = [self._words[position] for position in self._kept]
        content = next((n for n, w in enumerate(words) if w not in english.REFERENCE), len(words))
        points = content == len(words) or english.POINTING.intersection(words[:content])
        kept = self._kept[content:] if points else self._kept
        while kept and self._words[kept[0]] in english.JOINS | english.CLOSING:
            kept = kept[1:]
        rest = ""
        for before, position in zip([-1, *kept], kept, strict=False):
            if before == position - 1 and rest:
                rest += self._phrases.gap(before)
            elif rest and self._words[position] not in english.CLOSING:
                rest += " "
            rest += self._phrases.written(position)
        return rest

    def _exclude(self, start: int) -> int | None:
        """Takes a negation with what it is about; returns the position after, or None."""
        negation = self._phrases.negation(start)
        found = self._thing(negation, negation.end) if negation else None
        if negation is None or found is None:
            return None
        if self._words[start] == "instead":
            self._take_swapped(found)
        self._drop_hanging()
        self.excluded.append(found)
        while following := self._joined(negation, found):
            self.excluded.append(following)
            found = following
        return found.end

    def _thing(self, negation: Negation, position: int) -> Found | None:
        """Returns what a negation is about, from a position on."""
        position = self._phrases.skip(english.FILLERS, position)
        end = self._phrases.phrase_end(position)
        if end == position:
            return None
        whole, label = self._phrases.whole(position, end), self._phrases.label(position, end)
        first = self._phrases.label(position, position + 1)
        if whole and first and not (negation.is_thing or self._kept):
            # "not formal shoes" asks for shoes, "not navy blue" does not ask for blue.
            return whole if whole.attributes & first.attributes else first
        # "without black collar" is about collars, "not black shoes" about black.
        describes = label and (label.is_plural or not negation.is_thing)
        return whole or (label if describes else self._unwanted(negation, position, end))

    def _unwanted(self, negation: Negation, position: int, end: int) -> Found | None:
        """Returns a phrase without a label, unless it is a name, a number or prose."""
        cue, first = self._words[negation.start], self._words[position]
        is_query = cue in ("no", "not") and not self._kept
        if (
            (is_query and not self._phrases.label(position, end))
            or cue in english.ONLY_LABELS
            or not first[0].isalpha()
            or end - position > _LONGEST_UNWANTED
            or self._phrases.is_name(negation.start, position)
        ):
            return None
        last = end - (self._words[end - 1] == "please")
        return Found(tuple(self._words[position:last]), (), end)

    def _joined(self, negation: Negation, before: Found) -> Found | None:
        """Returns the next of a list of things: "black, brown or grey"."""
        position = self._phrases.skip(english.JOINS, before.end)
        joins = set(self._words[before.end : position])
        if not joins or position == len(self._words) or self._phrases.negation(position):
            return None
        found = self._thing(negation, position)
        if found is None or joins & {"or", "nor", "/"}:
            return found
        is_thing = negation.is_thing and found.is_plural
        alike = is_thing or bool(found.attributes & before.attributes)
        if joins & {"and", "&"}:
            return found if alike or not (found.tags or before.tags) else None
        goes_on = self._words[found.end : found.end + 1]
        return found if is_thing or (alike and goes_on in (["or"], ["and"], ["nor"])) else None

    def _change(self, start: int) -> int | None:
        """Takes a change, all of it labels; returns the position after, or None."""
        after = self._phrases.after(english.CHANGES, start)
        before = self._words[:start]
        if after is None and (
            (self._words[start] == "but" and english.POINTING.intersection(before or ["this"]))
            or (self._words[start] in english.WITH and self._points())
        ):
            after = start + 1
        if after is not None:
            end = self._phrases.clause_end(after)
            if groups := self._phrases.groups(after, end):
                self.must += groups
                self._drop_hanging()
                return end
        return self._change_before(start) if self._words[start] == "instead" else None

    def _change_before(self, instead: int) -> int | None:
        """Takes the labels before "instead", back to "in", to punctuation or to the start."""
        first = len(self._kept)
        while first and self._words[self._kept[first - 1]] not in english.WITH | english.CLOSING:
            first -= 1
        taken = self._kept[first:]
        groups = self._phrases.groups(taken[0], instead) if taken else None
        if not groups:
            return None
        self.must += groups
        del self._kept[first:]
        self._drop_hanging()
        return instead + 1

    def _take_swapped(self, excluded: Found) -> None:
        """Takes a label that stands before "instead of" another one of its attribute."""
        for count in range(min(LONGEST, len(self._kept)), 0, -1):
            label = self._phrases.whole(self._kept[-count], self._kept[-1] + 1)
            if label and label.attributes & excluded.attributes:
                self.must.append(label.tags)
                del self._kept[-count:]
                return

    def _ends_with(self, words: frozenset[str]) -> bool:
        return bool(self._kept) and self._words[self._kept[-1]] in words

    def _drop_hanging(self) -> None:
        while self._ends_with(english.HANGING):
            self._kept.pop()

    def _points(self) -> bool:
        """Whether all words so far only point at another query: "something like this"."""
        words = {self._words[position] for position in self._kept}
        return words <= english.REFERENCE and bool(words & english.POINTING)

    def _has_content(self) -> bool:
        words = {self._words[position] for position in self._kept}
        return not words <= english.REFERENCE | english.HANGING
