"""What is understood of written queries: exclusions and changes, and nothing in plain words."""

from pathlib import Path

import pytest

from wardrobe.labels import Attribute, LabelSpace
from wardrobe.wording import Understood, understand

SHIPPED = LabelSpace.load(Path(__file__).parents[1] / "models" / "wardrobe-base" / "labels.json")

STRIPED, CHECKED, DOTTED, FLORAL = (
    f"pattern={label}" for label in ("Striped", "Checked", "Dotted", "Floral")
)
FORMAL, CASUAL = "usage=Formal", "usage=Casual"
BLACK, NAVY, TURQUOISE = "colour=Black", "colour=Navy Blue", "colour=Turquoise Blue"
DRESSES = ("sub_category=Dress", "article_type=Dresses", "garment=Dress")

# Query, what is left of it, tags excluded.
EXCLUDED = [
    ("dress without stripes", "dress", [STRIPED]),
    ("Dress Without Stripes", "Dress", [STRIPED]),
    ("shoes, not black", "shoes", [BLACK]),
    ("this minus formal", "", [FORMAL]),
    ("minus formal", "", [FORMAL]),
    ("t-shirt -checked", "t-shirt", [CHECKED]),
    ("non-floral dress", "dress", [FLORAL]),
    ("non floral dress", "dress", [FLORAL]),
    ("dress except floral", "dress", [FLORAL]),
    ("without stripes or dots", "", [STRIPED, DOTTED]),
    ("dress without stripes or dots", "dress", [STRIPED, DOTTED]),
    ("shirt without stripes and dots", "shirt", [STRIPED, DOTTED]),
    ("dress without stripes, dots", "dress", [STRIPED, DOTTED]),
    ("no stripes, no dots", "", [STRIPED, DOTTED]),
    ("shirt, neither striped nor checked", "shirt", [STRIPED, CHECKED]),
    ("not too formal", "", [FORMAL]),
    ("like this but less formal", "", [FORMAL]),
    ("less formal shoes", "shoes", [FORMAL]),
    ("not formal shoes", "shoes", [FORMAL]),
    ("not black shoes", "shoes", [BLACK]),
    ("I don't want black shoes", "shoes", [BLACK]),
    ("shoes that aren’t black", "shoes", [BLACK]),
    ("shirt that doesn't have stripes", "shirt", [STRIPED]),
    ("dress that is not striped", "dress", [STRIPED]),
    ("sneakers, anything but black", "sneakers", [BLACK]),
    ("everything but formal", "", [FORMAL]),
    ("blue dress instead of black", "blue dress", [BLACK]),
    ("avoid checks", "", [CHECKED]),
    ("something without polka dots", "", [DOTTED]),
    ("dress w/o polka-dots", "dress", [DOTTED]),
    ("shirt without plaid", "shirt", [CHECKED]),
    ("shirt without floral print", "shirt", [FLORAL]),
    ("women's top without flowers", "women's top", [FLORAL]),
    ("no stripes shirt", "shirt", [STRIPED]),
    ("dress without stripse", "dress", [STRIPED]),  # misspelt
    ("shoes not in gray", "shoes", ["colour=Grey"]),
    ("watch not for men", "watch", ["gender=Men"]),
    ("tops, no men's", "tops", ["gender=Men"]),
    ("kurta minus the sporty style", "kurta", ["usage=Sports"]),
    ("jacket not navy", "jacket", [NAVY]),
    ("jacket not navy blue", "jacket", [NAVY]),
    ("NOT STRIPED SHIRT", "SHIRT", [STRIPED]),
    ("black & white, not striped", "black & white", [STRIPED]),
    ("top without stripes in red", "top in red", [STRIPED]),
    ("dress without stripes, blue", "dress, blue", [STRIPED]),
    ("shoes not black, size 9", "shoes, size 9", [BLACK]),
    ("shirt without stripes and blue jeans", "shirt and blue jeans", [STRIPED]),
    ("non-iron shirt without stripes", "non-iron shirt", [STRIPED]),
    # Of one kind: navy is blue, unless it is what is asked for.
    ("bag, not blue", "bag", ["colour=Blue", NAVY, TURQUOISE]),
    ("navy bag, not blue", "navy bag", ["colour=Blue", TURQUOISE]),
    (
        "shoes not black, brown or grey",
        "shoes",
        [BLACK, "colour=Brown", "colour=Grey", "colour=Coffee Brown"],
    ),
    # A name that several attributes have.
    ("no ties", "", ["sub_category=Ties", "article_type=Ties"]),
]

# Query, what is left of it, groups of tags asked for, tags excluded.
CHANGED = [
    ("like this but blue", "", [["colour=Blue"]], []),
    ("but in blue", "", [["colour=Blue"]], []),
    ("in blue instead", "", [["colour=Blue"]], []),
    ("instead in blue", "", [["colour=Blue"]], []),
    ("this in blue", "", [["colour=Blue"]], []),
    ("make it blue", "", [["colour=Blue"]], []),
    ("dress in blue instead", "dress", [["colour=Blue"]], []),
    ("the same dress but in navy", "dress", [[NAVY]], []),
    ("this shirt but striped", "shirt", [[STRIPED]], []),
    ("similar to this but with stripes", "", [[STRIPED]], []),
    ("like this but more formal", "", [[FORMAL]], []),
    ("like this but for women", "", [["gender=Women"]], []),
    ("like this but blue and for men", "", [["colour=Blue"], ["gender=Men"]], []),
    ("like this but in red or green", "", [["colour=Red", "colour=Green"]], []),
    ("a blue dress instead", "", [["colour=Blue"], list(DRESSES)], []),
    ("navy instead of black", "", [[NAVY]], [BLACK]),
    ("dress in navy instead of black", "dress", [[NAVY]], [BLACK]),
    ("like this, but in blue, not navy", "", [["colour=Blue"]], [NAVY]),
    ("like this but casual without stripes", "", [[CASUAL]], [STRIPED]),
]

# Query, what is left of it, phrases excluded.
UNWANTED = [
    ("shirt no logo", "shirt", ["logo"]),
    ("Shirt No Logo", "Shirt", ["logo"]),
    ("dress without a hood", "dress", ["hood"]),
    ("jacket without a hood for men", "jacket for men", ["hood"]),
    ("this one without the collar", "", ["collar"]),
    ("bag without a logo or straps", "bag", ["logo", "straps"]),
    ("dress without any visible buttons please", "dress", ["visible buttons"]),
    ("shirt without black collar", "shirt", ["black collar"]),
    ("without white stripes", "", ["white stripes"]),
    ("jeans not ripped, not skinny", "jeans", ["ripped", "skinny"]),
    ("dress not too short", "dress", ["short"]),  # not shorts
    ("bag other than leather", "bag", ["leather"]),
    ("backpack without wheels", "backpack", ["wheels"]),  # no misspelt heels
    ("dress not belted", "dress", ["belted"]),  # no article of the type Belts
]

PLAIN = [
    "red dress", "plain white shirt", "black-and-white shirt", "knot", "knotted belt", "nothing",
    "nothing fancy", "note", "notebook bag", "no. 5", "Chanel No. 5", "no 5 perfume",
    "No More brand", "No More t-shirt", "no fear t-shirt", "T-Shirt No Fear print", "t-shirt",
    "v-neck", "off-shoulder", "buttoned shirt", "dress without", "without", "dress, not", "not",
    "no", "but", "-", "like this", "like this but", "like this but cheaper", "instead",
    "with or without stripes", "dress with or without sleeves", "no show socks", "no-show socks",
    "non-slip shoes", "non-iron shirt", "less expensive shoes", "simple but elegant dress",
    "smart but casual shirt", "formal but comfortable shoes", "not only black dresses",
    "casual shirt - blue", "size -5", "jacket for minus 10 degrees", "in blue", "for women",
    "shirt  in   blue", "", "   ", "☃", "robe sans rayures",
]  # fmt: skip


@pytest.mark.parametrize(("query", "text", "must_not"), EXCLUDED)
def test_labels_are_excluded(query, text, must_not):
    assert understand(query, SHIPPED) == Understood(text, must_not=tuple(must_not))


@pytest.mark.parametrize(("query", "text", "must", "must_not"), CHANGED)
def test_changes_ask_for_labels(query, text, must, must_not):
    expected = Understood(text, tuple(map(tuple, must)), tuple(must_not))
    assert understand(query, SHIPPED) == expected


@pytest.mark.parametrize(("query", "text", "unwanted"), UNWANTED)
def test_what_has_no_label_is_left_as_a_phrase(query, text, unwanted):
    assert understand(query, SHIPPED) == Understood(text, unwanted=tuple(unwanted))


@pytest.mark.parametrize("query", PLAIN)
def test_plain_texts_pass_unchanged(query):
    assert understand(query, SHIPPED) == Understood(query)


def test_labels_and_phrases_are_excluded_together():
    understood = understand("shirt, no logo, not formal", SHIPPED)
    assert understood == Understood("shirt", must_not=(FORMAL,), unwanted=("logo",))


def test_labels_come_from_the_label_space():
    space = LabelSpace((Attribute("details", "multi", ("Hooded", "Printed", "Ruffles")),))
    assert understand("jacket without a hood", space).must_not == ("details=Hooded",)
    assert understand("shirt, no prints", space).must_not == ("details=Printed",)
    assert understand("top minus ruffle", space).must_not == ("details=Ruffles",)
    assert understand("dress without stripes", space).unwanted == ("stripes",)


def test_without_labels_everything_excluded_is_a_phrase():
    understood = understand("dress without stripes or dots", LabelSpace(()))
    assert understood == Understood("dress", unwanted=("stripes", "dots"))


@pytest.mark.parametrize("label", SHIPPED.names)
def test_every_label_can_be_excluded_by_its_name(label):
    name = label.partition("=")[2]
    assert label in understand(f"something, but not {name}", SHIPPED).must_not
