"""The page about autoencoders: everything is on it, its numbers are those measured, the best is the marked one."""

import math
import re
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.autoencodings import CLASSES, COUNT, SIDE, autoencoded, drawn
from support.pages import Page

from raysys import RaysysError
from raysys.assess import AutoencoderComparison
from raysys.assess.autoencoding import MEASURES, verdict
from raysys.assess.autoencoding.autoencoded import Autoencoded
from raysys.assess.autoencoding.retention import ClassRetention
from raysys.assess.autoencoding.statements import judged, published_statements
from raysys.report import Trial
from raysys.report.autoencoding.classes import concerning
from raysys.report.autoencoding.page import autoencoding_page
from raysys.report.autoencoding.statements import statements_section
from raysys.stats.paired import score

Write = Callable[..., Page]
Models = dict[str, Autoencoded]
PERFECT = "nearly perfect"
TRIALS = [Trial(k, {"rate": 10.0**-k, "depth": float(k % 2)}, 0.1 * k, "FINISHED", 9.0) for k in range(1, 21)]


@pytest.fixture(scope="module")
def originals() -> dict[str, np.ndarray]:
    return drawn()


@pytest.fixture(scope="module")
def models(originals: dict[str, np.ndarray]) -> Models:
    return autoencoded(originals)


@pytest.fixture
def write(tmp_path: Path, originals: dict[str, np.ndarray], models: Models) -> Write:
    """Write a page of one class and two models, with some of its arguments changed."""
    few = {"GRF": originals["GRF"]}
    two = {name: models[name] for name in ("rounded", PERFECT)}

    def written(*, title: str = "t", table1: dict | None = None, **changed: object) -> Page:
        comparison = AutoencoderComparison(**{"originals": few, "models": two, **changed})
        autoencoding_page(tmp_path / "page.html", comparison, title=title, table1=table1, shown=1)
        return Page(tmp_path / "page.html")

    return written


def retention(right: int) -> ClassRetention:
    """Of five images of each class `right` stay GRF, or what they are; the others become the next class."""
    confusion = np.diag([right] * 3) + np.roll(np.diag([COUNT - right] * 3), 1, axis=1)
    return ClassRetention(CLASSES, confusion, np.diag([COUNT] * 3), np.array([right] * 3))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, originals: dict[str, np.ndarray], models: Models) -> Page:
    """A page with everything on it."""
    path = tmp_path_factory.mktemp("page") / "page.html"
    comparison = AutoencoderComparison(
        originals=originals,
        models=models,
        retention={name: retention(5 - k) for k, name in enumerate(models)},
        baseline="blurred & <grey>",
        protocol=("Images are of the test part.",),
    )
    autoencoding_page(
        path,
        comparison,
        title="Autoencodings of <b>rock</b>",
        table1={"MSE": {"learning rate": 1e-4, "depth": 3}, "rounded": {"gradient clipping": None}},
        trials=TRIALS,
        shown=2,
    )
    return Page(path)


def test_the_parts_are_in_order_and_every_class_and_model_is_named(page: Page, models: Models) -> None:
    first = ["Models", "Best hyper-parameters"]
    assert page.titles() == [*first, *CLASSES, "Class retention", "Sweep", "Protocol"]
    assert all(page.text.count(name) >= 2 + 3 * len(CLASSES) for name in models)
    assert "Autoencodings of <b>rock</b>" in page.text


def test_it_is_one_file_that_loads_nothing(page: Page) -> None:
    addresses = [attrs[key] or "" for _, attrs in page.tags for key in ("src", "href") if key in attrs]
    assert all(address.startswith(("data:image/png;base64,", "#")) for address in addresses)
    assert not re.search(r"\bnan\b", page.text)


def test_each_shown_image_has_its_autoencodings_errors_and_statistics(page: Page, models: Models) -> None:
    pictures = page.pictures()
    wanted = {
        f"{kind} {k}{told}"
        for kind in CLASSES
        for k in (0, COUNT - 1)
        for told in (
            "",
            ", S2",
            *(f", {name}" for name in models),
            *(f", error of {name}" for name in models),
            *(f", S2 of {name} less that of the original" for name in models),
        )
    }
    assert set(pictures) == wanted
    assert page.text.count("1 more image") == len(CLASSES)


def test_a_picture_is_the_image_itself_dark_where_the_phase_is(page: Page, originals: dict[str, np.ndarray]) -> None:
    picture = np.asarray(Image.open(BytesIO(page.pictures()["GRF 4"])).convert("L"))
    assert picture.shape == (SIDE, SIDE)
    np.testing.assert_array_equal(picture < 128, originals["GRF"][4] == 1)


def test_the_measures_of_a_class_are_the_medians_of_its_assessment(page: Page, models: Models) -> None:
    found = measured(page)
    for kind in CLASSES:
        for name, model in models.items():
            summary = model.assessments[kind].summary()
            wanted = {key: row for key, row in summary.items() if key in concerning(kind)}
            wanted = {key: row for key, row in wanted.items() if not math.isnan(row.autoencoding)}
            assert {key for where, who, key in found if (where, who) == (kind, name)} == set(wanted)
            for key, row in wanted.items():
                np.testing.assert_equal(found[kind, name, key], (row.autoencoding, row.ratio))


def test_a_measure_stands_only_with_the_classes_that_it_is_meant_for(page: Page) -> None:
    for kind, _, name in measured(page):
        assert not MEASURES[name].classes or kind in MEASURES[name].classes
    assert "orientation_order" in {name for kind, _, name in measured(page) if kind == "AngEllipse"}


def test_verdicts_are_those_of_the_numbers(page: Page, models: Models) -> None:
    for kind in CLASSES:
        for model in models.values():
            assert verdict(kind, model.assessments[kind]) in page.text


def test_the_best_of_a_column_is_the_marked_one(page: Page, originals: dict[str, np.ndarray], models: Models) -> None:
    standing, marked = columns(page)
    pooled = np.concatenate(list(originals.values()))
    for name, model in models.items():
        made = np.concatenate(list(model.images.values()))
        window = model.assessments["GRF"].window
        assert standing[name, "score"] == score(made, pooled, window=window)
        errors = np.concatenate([one.values["s2_relative"] for one in model.assessments.values()])
        assert standing[name, "s2_relative"] == np.median(errors)
        assert standing[name, "retention"] == (5 - list(models).index(name)) / 5
    for column in ("score", "s2_relative", "s2_relative_window"):
        assert [name for name, of in marked if of == column] == [PERFECT]
    assert (PERFECT, "edge_gradient") in marked
    assert ("hallucinating", "hallucinated_share") not in marked
    assert [name for name, of in marked if of == "retention"] == ["blurred & <grey>"]


def test_goals_and_the_baseline_are_counted_by_class(page: Page, models: Models) -> None:
    head = page.text.partition("Best hyper-parameters")[2].partition("Best hyper-parameters")[0]
    errors = {
        name: {k: np.median(a.values["s2_relative"]) for k, a in m.assessments.items()} for name, m in models.items()
    }
    for name, of_class in errors.items():
        wins = sum(of_class[kind] < errors["blurred & <grey>"][kind] for kind in CLASSES)
        told = "the baseline" if name == "blurred & <grey>" else f"beats it in {wins} of 3 classes"
        assert f"{name}{told}" in head
    assert sum(value <= 0.01 for value in errors[PERFECT].values()) == 3
    assert "has the best score" in page.text
    assert re.search(r"It meets \d of 7 goals in every class", page.text)


def test_published_hyper_parameters_stand_above_ours(page: Page) -> None:
    table = page.spaced.partition("published weight of the pixel error")[2].partition("GRF 5 images")[0]
    learning = "learning rate published 7.3 × 10 −5 2.5 × 10 −4 5.1 × 10 −5 4.8 × 10 −5 1.2 × 10 −4 – ours 1 × 10 −4 –"
    assert learning in table
    assert "depth published 4 3 4 4 4 – ours 3 –" in table
    assert "auxiliary weight published 0 2.3 × 10 3 6.3 × 10 3 5.2 × 10 3 4.5 × 10 −3" in table
    assert "gradient clipping published 1 0.1 1 1 0.1 – ours – – – – – none" in table


def test_the_sweep_says_what_decided(page: Page) -> None:
    shares = {
        attrs["data-parameter"]: float(attrs["data-value"]) for _, attrs in page.tags if "data-parameter" in attrs
    }
    assert list(shares) == ["rate", "depth"]
    assert shares["rate"] > 0.8 > 0.2 > shares["depth"]


def test_the_protocol_says_threshold_window_boundary_and_facts(page: Page) -> None:
    protocol = page.text.rpartition("Protocol")[2]
    for words in ("0.5: above it", "12 × 12 central lags", "periodic", "GRF 5, VoronoiSmall 5", "models:/rounded/1"):
        assert words in protocol
    assert "Images are of the test part." in protocol


def test_without_more_than_one_model_nothing_is_best(write: Write, models: Models) -> None:
    page = write(models={"rounded": models["rounded"]}, title="$$x$$")
    assert columns(page)[1] == set()
    assert "Class retention" not in page.titles()
    assert page.titles() == ["Models", "GRF", "Protocol"]


def test_images_without_the_phase_are_shown_too(write: Write) -> None:
    nothing = {"GRF": np.zeros((2, 32, 32), np.uint8)}
    page = write(originals=nothing, models=autoencoded_of_nothing(nothing))
    assert not re.search(r"\bnan\b", page.text)
    assert "GRF 0, error of flat" in page.pictures()


def autoencoded_of_nothing(nothing: dict[str, np.ndarray]) -> Models:
    from raysys.assess.autoencoding import assess

    images = {"flat": np.zeros((2, 32, 32), np.float32), "grey": np.full((2, 32, 32), 0.3, np.float32)}
    return {n: Autoencoded({"GRF": one}, {"GRF": assess(one, nothing["GRF"])}) for n, one in images.items()}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"originals": {}}, "models or images are missing"),
        ({"models": {}}, "models or images are missing"),
        ({"baseline": "mse"}, "baseline 'mse' is none of the models; allowed: rounded, nearly perfect"),
        ({"retention": {"mse": retention(5)}}, "class retention of 'mse'"),
        ({"table1": {"MSE": {"rate": 1.0}}}, "row 'rate'; allowed: learning rate, depth"),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_no_file(
    write: Write, tmp_path: Path, changed: dict[str, object], words: str
) -> None:
    with pytest.raises(RaysysError, match=words):
        write(**changed)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (lambda one: {"original": one}, "called 'original'"),
        (lambda one: {"m": replace(one, images={})}, "no autoencodings or no numbers of class 'GRF'"),
        (lambda one: {"m": replace(one, images={"GRF": one.images["GRF"][:, :32]})}, r"shape \(5, 32, 64\)"),
        (
            lambda one: {"m": replace(one, assessments={"GRF": one.assessments["GRF"].subset([0])})},
            "numbers of 1 images, but there are 5",
        ),
    ],
)
def test_models_that_do_not_belong_to_the_originals_are_refused(
    write: Write, models: Models, fault: Callable[[Autoencoded], Models], words: str
) -> None:
    with pytest.raises(RaysysError, match=words):
        write(models=fault(models["rounded"]))


def measured(page: Page) -> dict[tuple[str, str, str], tuple[float, float]]:
    """{(class, model, measure): (autoencoding, ratio)} of the tables."""
    found, row = {}, {}
    for _, attrs in page.tags:
        row = attrs if "data-measure" in attrs else row
        if "data-ratio" in attrs:
            place = (row["data-class"], attrs["data-set"], row["data-measure"])
            found[place] = (float(attrs["data-value"]), float(attrs["data-ratio"]))
    return found


def columns(page: Page) -> tuple[dict[tuple[str, str], float], set[tuple[str, str]]]:
    """{(model, column): value} of the first table, and which of them are marked."""
    found, marked, name = {}, set(), ""
    for _, attrs in page.tags:
        name = attrs.get("data-model", name) or ""
        if "data-column" in attrs:
            found[name, attrs["data-column"]] = float(attrs["data-value"])
            marked |= {(name, attrs["data-column"])} if "best" in (attrs["class"] or "").split() else set()
    return found, marked


def test_models_of_published_names_stand_beside_what_was_said_of_them(originals: dict[str, np.ndarray], models: Models):
    blurred, sharp = models["blurred & <grey>"], models["rounded"]
    comparison = AutoencoderComparison(originals=originals, models={"MSE": blurred, "CESS-50x50-finetune": sharp})
    section = statements_section(judged(published_statements(), [comparison.run]))
    assert section is not None
    summary, told = section.parts
    assert summary == "<p>6 statements could be tested: 6 undecided.</p>"
    # Of five images it is sure that they are blurred, but not that a twentieth of all grains is merged.
    assert "edge_gradient ratio below 0.6: +0.33" in told
    assert told.count('data-verdict="undecided"') == 6
    rows = {(row["class"], row["model"]): row["verdict"] for row in comparison.rows("statements")}
    assert len(rows) == 50
    assert rows["GRF", "Style"] == "not testable"
    assert statements_section(judged(published_statements(), [])) is None
