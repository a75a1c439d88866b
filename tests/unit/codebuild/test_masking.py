from local.codebuild.masking import Mask


def test_the_longest_secret_goes_first() -> None:
    mask = Mask()
    mask.hide(["abc"])
    mask.hide(["abcdef", "x"])
    assert mask("abcdef abc x") == "*** *** x"


def test_each_line_of_a_secret_is_hidden() -> None:
    mask = Mask()
    mask.hide(["first line\nsecond line"])
    assert mask("say second line") == "say ***"
