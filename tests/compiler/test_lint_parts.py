"""Parts of lints that stand alone: which answers need no reading, which texts begin others."""

import pytest

from taskc.compiler.lints.ambiguous_extractor import is_plain
from taskc.compiler.lints.option_is_prefix import prefix_among
from taskc.records.request import Form


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ("", "", True),
        ("It is ", ".", True),
        ("So, it is: ", "!\n", True),
        ("It is not ", ".", False),
        ("Unless it is ", ".", False),
        ("It is (", ").", False),
        ("It is 1 ", ".", False),
        ("It is ", ", I say.", False),
    ],
)
def test_a_plain_form_is_not_read(before: str, after: str, wanted: bool) -> None:
    """Whatever the answer is, for labels and numbers too."""
    form = Form(before=before, after=after)
    assert is_plain(["Rome", "Oslo"], form, labelled=False, numbers=False, text=True) is wanted
    assert is_plain(["A", "B"], form, labelled=True, numbers=False, text=True) is wanted
    assert is_plain(["1", "-12"], form, labelled=False, numbers=True, text=False) is wanted


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (["Rome", "Oslo"], True),
        (["in Rome", "out of town"], True),
        (["rome", "Rome"], False),
        (["Rome", "Rome now"], False),
        (["never", "Oslo"], False),
        (["Rome, Italy", "Oslo"], False),
        (["Zürich", "Oslo"], False),
        (["a", "b"], False),
    ],
)
def test_plain_words_are_not_read(said: list[str], wanted: bool) -> None:
    form = Form(before="It is ", after=".")
    assert is_plain(said, form, labelled=False, numbers=False, text=True) is wanted
    assert not is_plain(said, form, labelled=False, numbers=False, text=False)


def test_short_whole_numbers_are_not_read() -> None:
    form = Form(before="It is ", after=".")
    for said, wanted in (
        (["123456789"], True),
        (["1234567890"], False),
        (["1.5"], False),
        (["1", "x"], False),
    ):
        assert is_plain(said, form, labelled=False, numbers=True, text=False) is wanted


@pytest.mark.parametrize(
    ("texts", "pair"),
    [
        (["Rome", "Oslo"], None),
        (["Rome now", "Oslo", "Rome"], ("Rome", "Rome now")),
        (["2", "10", "1"], ("1", "10")),
        (["ab"], None),
        ([], None),
    ],
)
def test_texts_that_begin_others(texts: list[str], pair: tuple[str, str] | None) -> None:
    assert prefix_among(texts) == pair
