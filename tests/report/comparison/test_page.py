import re
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.pages import Page

import raysys.report.elements.document
from raysys import RaysysError
from raysys.report import Trial, comparison_page, describe_page
from raysys.stats import Baseline, Characterisation, Distance, RepresentativeSize, characterise, compare, distances

REFERENCE = "real <rock>"
LR = {"lr": 1e-3}


Compare = Callable[..., Page]


@pytest.fixture(scope="module")
def noise(characterisations: dict[str, Characterisation]) -> dict[str, float]:
    images = (np.random.default_rng(0).random((8, 32, 32)) < 0.35).astype(np.uint8)
    return compare(characterisations[REFERENCE], characterise(images, ("S2", "P3H", "P4", "L")))


@pytest.fixture(scope="module")
def page(
    tmp_path_factory: pytest.TempPathFactory,
    images: dict[str, np.ndarray],
    whole: dict[str, Characterisation],
    apart: dict[str, list[Distance]],
    representative: RepresentativeSize,
    baseline: dict[str, Baseline],
    noise: dict[str, float],
) -> Page:
    """A page with everything on it."""
    path = tmp_path_factory.mktemp("page") / "new folder" / "page.html"
    comparison_page(
        path,
        title="A <b>title</b> & more",
        images=images,
        characterisations=whole,
        reference=REFERENCE,
        baseline=baseline,
        white_noise=noise,
        distances=apart,
        representative=representative,
        trials=[Trial(0, LR, 0.5, "FINISHED", 9), Trial(1, LR, None, "FAILED", 9), Trial(2, LR, 0.25, "FINISHED", 9)],
        notes=["threshold > 0.5"],
        timings={"coarse": 7200.0, "GAN & Co": 4.0},
    )
    return Page(path)


@pytest.fixture
def compare_on_page(tmp_path: Path, images: dict[str, np.ndarray]) -> Compare:
    """Write a small page, with some of its arguments changed."""
    measured = {name: characterise(one, ("S2",)) for name, one in images.items()}
    del measured["GAN & Co"]

    def write(**changed: object) -> Page:
        given = {"title": "t", "images": {}, "characterisations": measured, "reference": REFERENCE}
        comparison_page(tmp_path / "page.html", **{**given, **changed})
        return Page(tmp_path / "page.html")

    return write


def test_page_names_every_set_and_every_descriptor(page: Page, images: dict[str, np.ndarray]) -> None:
    assert all(name in page.text for name in images)
    assert all(name in page.text for name in ("S2", "P3H", "P4", "L"))
    assert "A <b>title</b> & more" in page.text
    assert "threshold > 0.5" in page.text


def test_errors_of_the_table_are_those_of_compare(page: Page, whole: dict[str, Characterisation]) -> None:
    assert page.errors() == {
        (name, descriptor): error
        for name, one in whole.items()
        if name != REFERENCE
        for descriptor, error in compare(whole[REFERENCE], one).items()
    }


def test_page_has_a_part_for_everything_that_was_measured(page: Page) -> None:
    assert page.titles() == [
        "Images",
        "Errors against the reference",
        "Numbers of each image",
        "Distances between distributions",
        "Correlation functions",
        "Directions",
        "Lines and clusters",
        "Sizes",
        "Pores",
        "Representative size",
        "Sweep",
        "Time",
        "Protocol",
    ]


def test_numbers_of_the_tables_are_those_of_the_statistics(
    page: Page, whole: dict[str, Characterisation], apart: dict[str, list[Distance]]
) -> None:
    assert page.numbers("data-scalar", "data-mean") == {
        (name, scalar): mean
        for name, one in whole.items()
        for scalar, mean in {
            "phase_fraction": one.phase_fraction,
            **{key: held.mean for key, held in one.scalars.items()},
        }.items()
    }
    assert page.distances() == {
        (name, one.name, measure): found.value
        for name, held in apart.items()
        for one in held
        for measure, found in one.measures.items()
    }


def test_choices_are_said_once_for_all_that_they_concern(page: Page) -> None:
    rows = page.text.partition("Numbers compare only under")[2]
    for words in (
        "4 (C2, euler characteristic, pores)",
        "nearest (P3H)",
        "drop (chord length)",
        "ensemble (S2, P3H, P4, S2 axis0, S2 axis1)",
        "bins 50, rule add_0.1, limits trimmed, resamples 20, drawn images, baseline 10 splits of 12 images",
    ):
        assert rows.count(words) == 1


def test_page_states_the_protocol(page: Page) -> None:
    for words in (
        "boundary",
        "open",
        "rounding",
        "nearest",
        "apex",
        "published",
        "odd edges",
        "largest lag",
        "15 pixels",
    ):
        assert words in page.text


def test_page_loads_nothing_from_anywhere(page: Page) -> None:
    addresses = [value or "" for _, attrs in page.tags for name, value in attrs.items() if name in ("src", "href")]
    assert addresses
    parts = {f"#{attrs['id']}" for tag, attrs in page.tags if tag == "section"}
    assert all(address.startswith("data:image/png;base64,") or address in parts for address in addresses)
    assert not [tag for tag, _ in page.tags if tag in ("link", "iframe", "object")]


def test_every_set_gets_a_row_of_images(page: Page) -> None:
    labels = [attrs["alt"] for tag, attrs in page.tags if tag == "img"]
    assert len(labels) == 3 * 8
    assert "real <rock> 11" in labels


def test_white_noise_has_its_column(page: Page) -> None:
    assert "white noise" in page.text
    assert "× closer than noise" in page.text


def test_sweep_and_timings_have_their_sections(page: Page) -> None:
    assert "The sweep ran 3 trials" in page.text
    assert "number 2, reached an objective of 0.25" in page.text
    assert "2 h 0 min" in page.text
    assert "1,800 ×" in page.text


def test_markup_in_names_stays_text(compare_on_page: Compare, images: dict[str, np.ndarray]) -> None:
    evil = "</script><img src=x onerror=alert(1)>'\"`$$x$$"
    sets = {name: characterise(images["coarse"], ("S2",)) for name in (REFERENCE, evil)}
    trials = [Trial(i, {evil: evil, "lr": 1.0}, 0.1 + i, evil, 1.0) for i in range(3)]
    page = compare_on_page(title=evil, characterisations=sets, trials=trials, notes=[evil], timings={evil: 1.0})
    assert not [tag for tag, _ in page.tags if tag == "img"]
    assert evil in page.text


def test_page_without_bands_gives_no_verdict(compare_on_page: Compare) -> None:
    page = compare_on_page(baseline=None, trials=[Trial(0, LR, None, "FAILED", 1.0)])
    assert "inside the band" not in page.text
    assert "none of them measured its objective" in page.text


def test_volumes_are_compared_too(compare_on_page: Compare) -> None:
    volumes = (np.random.default_rng(0).random((2, 1, 12, 12, 12)) < 0.4).astype(np.uint8)
    images = dict(zip("ab", volumes, strict=True))
    measured = {name: characterise(one, ("S2", "L")) for name, one in images.items()}
    text = compare_on_page(images=images, characterisations=measured, reference="a").text
    assert "1 image · 12 × 12 × 12 voxels" in text
    assert "Volumes show their middle slices, across axis 0, 1 and 2" in text


def test_set_without_the_phase_is_drawn_not_refused(compare_on_page: Compare, images: dict[str, np.ndarray]) -> None:
    sets = {REFERENCE: images[REFERENCE], "empty": np.zeros((4, 32, 32), np.uint8)}
    measured = {name: characterise(one, ("S2", "L")) for name, one in sets.items()}
    assert "100.0 % below the reference" in compare_on_page(characterisations=measured).text


def test_description_says_what_the_set_is(
    tmp_path: Path, images: dict[str, np.ndarray], characterisations: dict[str, Characterisation]
) -> None:
    describe_page(
        tmp_path / "d.html", images["coarse"], characterisations["coarse"], title="<coarse>", notes=["by hand"]
    )
    page = Page(tmp_path / "d.html")
    for words in ("<coarse>", "8 images of 32 × 32 pixels", "0.3500", "falls to 1/e", "by hand", "nearest"):
        assert words in page.text
    assert "Errors against" not in page.text
    assert page.titles() == ["Images", "Correlation functions", "Lines and clusters", "Protocol"]


def test_description_shows_everything_of_one_set(
    tmp_path: Path,
    images: dict[str, np.ndarray],
    whole: dict[str, Characterisation],
    representative: RepresentativeSize,
) -> None:
    one = whole["coarse"]
    describe_page(tmp_path / "d.html", images["coarse"], one, title="t", representative=representative)
    page = Page(tmp_path / "d.html")
    assert page.titles() == [
        "Images",
        "Numbers of each image",
        "Correlation functions",
        "Directions",
        "Lines and clusters",
        "Sizes",
        "Pores",
        "Representative size",
        "Protocol",
    ]
    assert one.pores is not None
    assert f"The phase has {one.pores.count} connected parts" in page.text
    assert "along axis 0 and r = " in page.text


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("one image", {"Numbers of each image", "Correlation functions", "Directions", "Sizes", "Pores"}),
        ("none of it", {"Numbers of each image", "Correlation functions"}),
        ("no such phase", set()),
        ("nothing else", {"Numbers of each image", "Correlation functions", "Pores"}),
        ("a pixel", {"Numbers of each image", "Correlation functions", "Directions", "Sizes", "Pores"}),
    ],
)
def test_whatever_is_missing_leaves_no_empty_part(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    images: dict[str, np.ndarray],
    content: str,
    parts: set[str],
) -> None:
    shown = {
        "one image": images["coarse"][:1],
        "none of it": np.zeros((3, 8, 8), np.uint8),
        "no such phase": np.array([0, 1, 2], np.uint8).repeat(64).reshape(3, 8, 8),
        "nothing else": np.ones((3, 8, 8), np.uint8),
        "a pixel": (np.arange(64) == 5).astype(np.uint8).reshape(1, 8, 8),
    }[content]
    phase = 3 if content == "no such phase" else 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a phase that is absent
        one = characterise(shown, ("S2", "S2_axis0", "S2_axis1", "chord_length", "minkowski", "pores"), phase=phase)
    describe_page(tmp_path / "d.html", shown, one, title="t")
    found = {"u": distances(one, one, resamples=5, splits=3)}
    sets = {"t": one, "u": one}
    comparison_page(tmp_path / "c.html", title="c", images={}, characterisations=sets, reference="t", distances=found)
    described, compared = Page(tmp_path / "d.html"), Page(tmp_path / "c.html")
    assert set(described.titles()) == {"Images", "Protocol"} | parts
    always = {"Errors against the reference", "Distances between distributions", "Protocol"}
    assert set(compared.titles()) == always | parts
    assert not re.search(r"\bnan\b", described.text + compared.text)
    assert caplog.messages == []  # such as Bokeh's about figures without anything in them


@pytest.mark.parametrize("descriptors", [("minkowski",), ("pores",)])
def test_sets_without_curves_are_compared_by_what_they_have(
    compare_on_page: Compare, images: dict[str, np.ndarray], descriptors: tuple[str, ...]
) -> None:
    sets = {name: characterise(images[name], descriptors) for name in (REFERENCE, "coarse")}
    found = {"coarse": distances(sets[REFERENCE], sets["coarse"], resamples=5, splits=3)}
    page = compare_on_page(characterisations=sets, distances=found)
    part = {"minkowski": "Numbers of each image", "pores": "Pores"}[descriptors[0]]
    assert set(page.titles()) == {"Against the reference", "Distances between distributions", part, "Protocol"}
    assert page.errors() == {}


def test_nothing_measured_is_refused(tmp_path: Path, images: dict[str, np.ndarray]) -> None:
    nothing = Characterisation({}, np.full(8, 0.35), (32, 32), 1, "open")
    with pytest.raises(RaysysError, match="holds no descriptor"):
        describe_page(tmp_path / "d.html", images["coarse"], nothing, title="t")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"characterisations": {}}, "a reference and another set at least; the sets given: none"),
        ({"reference": "reel"}, "'reel' is none of the sets; allowed: 'real <rock>', 'coarse'"),
        ({"images": {"other": np.zeros((1, 4, 4), np.uint8)}}, "images of 'other' without a characterisation"),
        ({"images": {"coarse": np.zeros((4, 4), np.uint8)}}, r"shape \(4, 4\)"),
        ({"images": {"coarse": np.array([[["a"]]])}}, "numbers only"),
    ],
)
def test_what_cannot_be_compared_is_refused_and_leaves_no_file(
    compare_on_page: Compare, tmp_path: Path, changed: dict[str, object], words: str
) -> None:
    with pytest.raises(RaysysError, match=words):
        compare_on_page(**changed)
    assert list(tmp_path.iterdir()) == []


def test_different_protocols_are_refused(compare_on_page: Compare, images: dict[str, np.ndarray]) -> None:
    sets = {
        REFERENCE: characterise(images[REFERENCE], ("S2",)),
        "p": characterise(images["coarse"], boundary="periodic"),
    }
    with pytest.raises(RaysysError, match="boundary"):
        compare_on_page(characterisations=sets)


def test_failure_while_writing_keeps_the_older_page(
    compare_on_page: Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "page.html").write_text("older")
    monkeypatch.setattr(raysys.report.elements.document, "FRAME", "\ud800{title}")  # cannot be encoded
    with pytest.raises(UnicodeEncodeError):
        compare_on_page()
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]
    assert (tmp_path / "page.html").read_text() == "older"
