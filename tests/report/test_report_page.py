from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import raysys.report.document
from raysys import RaysysError
from raysys.report import Trial, comparison_page, describe_page
from raysys.stats import Baseline, Characterisation, characterise, compare

VOID = {"meta", "img", "br", "link", "input", "hr"}
REFERENCE = "real <rock>"


class Page(HTMLParser):
    """Reads a page: that every tag is closed, its text outside scripts, its tags with attributes."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self.open):
            self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)

    def errors(self) -> dict[tuple[str, str], float]:
        """{(set, descriptor): MSE} of the table."""
        found, descriptor = {}, None
        for _, attrs in self.tags:
            descriptor = attrs.get("data-descriptor", descriptor)
            if "data-mse" in attrs:
                found[attrs["data-set"], descriptor] = float(attrs["data-mse"])
        return found


Compare = Callable[..., Page]


@pytest.fixture
def compare_on_page(
    tmp_path: Path, images: dict[str, np.ndarray], characterisations: dict[str, Characterisation]
) -> Compare:
    def write(**changed: object) -> Page:
        given = {
            "title": "A <b>title</b> & more",
            "images": images,
            "characterisations": characterisations,
            "reference": REFERENCE,
            "baseline": None,
            "trials": None,
            "notes": ["threshold > 0.5"],
            "timings": None,
        }
        comparison_page(tmp_path / "page.html", **{**given, **changed})
        return Page(tmp_path / "page.html")

    return write


def test_page_names_every_set_and_every_descriptor(compare_on_page: Compare, images: dict[str, np.ndarray]) -> None:
    page = compare_on_page()
    assert all(name in page.text for name in images)
    assert all(name in page.text for name in ("S2", "P3H", "P4", "L"))
    assert "A <b>title</b> & more" in page.text
    assert "threshold > 0.5" in page.text


def test_errors_of_the_table_are_those_of_compare(
    compare_on_page: Compare, characterisations: dict[str, Characterisation], baseline: dict[str, Baseline]
) -> None:
    expected = {
        (name, descriptor): error
        for name, one in characterisations.items()
        if name != REFERENCE
        for descriptor, error in compare(characterisations[REFERENCE], one).items()
    }
    assert compare_on_page(baseline=baseline).errors() == expected


def test_page_states_the_protocol(compare_on_page: Compare) -> None:
    page = compare_on_page()
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


def test_page_loads_nothing_from_anywhere(compare_on_page: Compare, make_trial: Callable[..., Trial]) -> None:
    page = compare_on_page(trials=[make_trial(i, 1 / (i + 1)) for i in range(4)], timings={"GAN & Co": 3.0})
    addresses = [value or "" for _, attrs in page.tags for name, value in attrs.items() if name in ("src", "href")]
    assert addresses
    assert all(address.startswith("data:image/png;base64,") for address in addresses)
    assert not [tag for tag, _ in page.tags if tag in ("link", "iframe", "object")]


def test_every_set_gets_a_row_of_images(compare_on_page: Compare) -> None:
    labels = [attrs["alt"] for tag, attrs in compare_on_page().tags if tag == "img"]
    assert len(labels) == 3 * 8
    assert "real <rock> 11" in labels


def test_markup_in_names_stays_text(
    compare_on_page: Compare, characterisations: dict[str, Characterisation], make_trial: Callable[..., Trial]
) -> None:
    evil = "</script><img src=x onerror=alert(1)>'\"`$$x$$"
    one = characterisations["coarse"]
    page = compare_on_page(
        images={},
        characterisations={REFERENCE: characterisations[REFERENCE], evil: one},
        trials=[make_trial(i, 0.1 + i, evil, **{evil: evil, "lr": 1.0}) for i in range(3)],
        notes=[evil],
        timings={evil: 1.0},
    )
    assert not [tag for tag, _ in page.tags if tag == "img"]
    assert evil in page.text


def test_white_noise_has_its_column(
    compare_on_page: Compare, characterisations: dict[str, Characterisation], baseline: dict[str, Baseline]
) -> None:
    noise = characterise(
        (np.random.default_rng(0).random((8, 32, 32)) < 0.35).astype(np.uint8), ("S2", "P3H", "P4", "L")
    )
    errors = compare(characterisations[REFERENCE], noise)
    page = compare_on_page(baseline=baseline, white_noise=errors)
    assert "white noise" in page.text
    assert "× closer than noise" in page.text


def test_sweep_and_timings_have_their_sections(compare_on_page: Compare, make_trial: Callable[..., Trial]) -> None:
    trials = [make_trial(0, 0.5), make_trial(1, None, "FAILED"), make_trial(2, 0.25)]
    text = compare_on_page(trials=trials, timings={"coarse": 7200.0, "GAN & Co": 4.0}).text
    assert "The sweep ran 3 trials" in text
    assert "number 2, reached an objective of 0.25" in text
    assert "2 h 0 min" in text
    assert "1,800 ×" in text


def test_sweep_without_any_objective_is_still_listed(
    compare_on_page: Compare, make_trial: Callable[..., Trial]
) -> None:
    assert "none of them measured its objective" in compare_on_page(trials=[make_trial(0, None, "FAILED")]).text


def test_single_images_and_volumes_are_compared_too(tmp_path: Path) -> None:
    volumes = (np.random.default_rng(0).random((2, 1, 12, 12, 12)) < 0.4).astype(np.uint8)
    measured = {name: characterise(one, ("S2", "L")) for name, one in zip("ab", volumes, strict=True)}
    comparison_page(
        tmp_path / "p.html", title="3D", images=dict(zip("ab", volumes, strict=True)), characterisations=measured,
        reference="a", baseline=None, trials=None, notes=[], timings=None,
    )  # fmt: skip
    text = Page(tmp_path / "p.html").text
    assert "12 × 12 × 12 voxels" in text
    assert "Volumes show their middle slice" in text


def test_set_without_phase_is_drawn_not_refused(tmp_path: Path, characterisations: dict[str, Characterisation]) -> None:
    empty = characterise(np.zeros((4, 32, 32), np.uint8), ("S2", "P3H", "P4", "L"))
    sets = {REFERENCE: characterisations[REFERENCE], "empty": empty}
    comparison_page(
        tmp_path / "p.html", title="t", images={}, characterisations=sets, reference=REFERENCE, notes=[], timings=None
    )
    assert "0.0000" in Page(tmp_path / "p.html").text


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


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"characterisations": {}}, "a reference and another set at least; the sets given: none"),
        ({"reference": "reel"}, "'reel' is none of the sets; allowed: 'real <rock>', 'GAN & Co', 'coarse'"),
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


def test_different_protocols_are_refused(
    compare_on_page: Compare, images: dict[str, np.ndarray], characterisations: dict[str, Characterisation]
) -> None:
    periodic = characterise(images["coarse"], ("S2",), boundary="periodic")
    with pytest.raises(RaysysError, match="boundary"):
        compare_on_page(characterisations={**characterisations, "coarse": periodic})


def test_failure_while_writing_keeps_the_older_page(
    compare_on_page: Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare_on_page()
    before = (tmp_path / "page.html").read_bytes()
    monkeypatch.setattr(raysys.report.document, "FRAME", "\ud800{title}")  # cannot be encoded
    with pytest.raises(UnicodeEncodeError):
        compare_on_page(title="new")
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]
    assert (tmp_path / "page.html").read_bytes() == before
