"""The paragraph at the head of a page says what the numbers say."""

from raysys.assess.methods.set_comparison import compared
from raysys.report.comparison.wording import comparing
from raysys.stats import Baseline, Characterisation


def test_words_agree_with_the_verdicts(
    characterisations: dict[str, Characterisation], baseline: dict[str, Baseline]
) -> None:
    wide = {name: Baseline(0, 0, 1) for name in baseline}
    narrow = {name: Baseline(0, 0, 1e-12) for name in baseline}
    sets = {name: characterisations[name] for name in ("real <rock>", "GAN & Co")}
    agrees = comparing(compared(sets, "real <rock>", wide, None))
    differs = comparing(compared(sets, "real <rock>", narrow, None))
    assert "<b>GAN &amp; Co</b> lies within the band by all 4 descriptors" in agrees
    assert "<b>GAN &amp; Co</b> lies outside the band by every descriptor" in differs


def test_set_with_most_small_errors_is_named(characterisations: dict[str, Characterisation]) -> None:
    words = comparing(compared(characterisations, "real <rock>", None, None))
    assert "<b>GAN &amp; Co</b> has the smallest error in 4 of 4 descriptors." in words
