"""English words that a text query is understood by, as data."""

SYNONYMS: tuple[tuple[str, ...], ...] = (
    # pattern
    ("striped", "stripy", "stripey", "pinstripe", "pinstriped"),
    ("dotted", "dotty", "spotted", "spotty", "polka dot", "polka dotted", "polka"),
    ("checked", "checkered", "chequered", "plaid", "tartan", "gingham"),
    ("floral", "flowery", "flowered", "flower"),
    ("solid", "plain", "unpatterned", "single colour"),
    # colour
    ("grey", "gray"),
    ("navy blue", "navy"),
    ("turquoise blue", "turquoise"),
    ("off white", "offwhite", "ivory"),
    ("purple", "violet"),
    ("gold", "golden"),
    ("silver", "silvery"),
    ("multi", "multicolour", "multicoloured", "multi colour", "multi coloured", "colourful"),
    # usage and season
    ("sports", "sporty", "athletic"),
    ("ethnic", "traditional"),
    ("fall", "autumn", "autumnal"),
    ("summer", "summery"),
    ("winter", "wintry", "wintery"),
    # gender and age
    ("men", "man", "male", "masculine", "gent", "guy"),
    ("women", "woman", "female", "feminine", "lady"),
    ("kids", "child", "children"),
    ("unisex", "gender neutral"),
    # kinds of thing
    ("tshirt", "t shirt", "tee", "tee shirt"),
    ("trousers", "pants"),
    ("sweater", "jumper", "pullover"),
    ("longsleeve", "long sleeve"),
    ("outwear", "outerwear"),
    ("sports shoes", "trainer", "running shoes"),
    ("jewellery", "jewelry"),
)
"""Lines of words and phrases that mean the same; plurals and nouns of -ed words follow by rule."""

PLURAL_ONLY = frozenset({"shorts", "tights", "flats", "briefs"})
"""Words that without their s mean something else."""

IRREGULAR = {"scarves": "scarf", "mens": "men", "womens": "women", "childrens": "children"}
"""Plurals and possessives that no rule gives."""


def _phrases(text: str) -> tuple[tuple[str, ...], ...]:
    found = (tuple(phrase.split()) for phrase in text.split(","))
    return tuple(sorted(found, key=len, reverse=True))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


WITHOUT = _phrases(
    "without, w/o, minus, except, except for, excluding, avoid, apart from, other than, no,"
    "rather than, instead of, anything but, everything but, all but, free of, free from"
)
"""What follows is a thing that is not wanted: "without stripes"; the longest phrases first."""

NOT = _phrases(
    "not, non, neither, less, isn't, aren't, is not, are not, don't want, do not want,"
    "doesn't have, don't have, does not have, do not have"
)
"""What follows may be a property of what is wanted: "not black shoes"."""

ONLY_LABELS = _words("non less")
"""Of those, what is no negation of other things: "non-slip", "less expensive"."""

CHANGES = _phrases(
    "make it, make them, instead, but in, but for, but with, but more, but make it, but make them"
)
"""What follows is a change, if all of it is labels: "but in blue"."""

WITH = _words("in for with")

IDIOM_AFTER = _words(
    "all any at available bad boundaries doubt even fan fear idea if iron just limits longer matter"
    " more my name necessarily nonsense only problem quite show slip sure thanks way yet your"
)
"""After "no" or "not", these make it another thing: "not only", "no show socks"."""

FILLERS = _words(
    "a all also an any are be being for going have having in is it just made more of on one ones"
    " only overly please quite rather really so some that the them too version very wearing with"
)
"""Words between a negation or change and what it is about."""

TAILS = _words(
    "color colored colour coloured colours design designs one ones pattern patterned patterns"
    " please print prints style styles thing things version wear"
)
"""Words that say nothing after a label: "floral print"."""

ENDS = _words("and at below but by for from in nor of on or over that to under which with")
"""Words that end a phrase."""

JOINS = _words("and or nor / & ,")

SAY_NOTHING = FILLERS | TAILS | JOINS | {"instead"}
"""Words of a change beside its labels."""

CLOSING = _words(", . ; : ! ? )")
"""Punctuation that ends a clause; no space before it."""

HANGING = CLOSING | _words(
    "and are but do does for has have i in is it or should that to want which with - –"
)
"""Words that hang in the air where what followed is taken out: "dress that is"."""

REFERENCE = _words(
    "a an anything as exactly find item like me one ones same show similar something that the these"
    " this those to ,"
)
"""Words of a phrase that only points at another query: "something like this"."""

POINTING = _words("like same similar these this those")
"""Of those, the words without which a phrase points at nothing."""
