"""What the CESS supplement says of autoencodings in words, and whether our measures bear it out.

The fifty statements, ten classes times five models, stand in `published.yaml` with the tests that each is put to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
import yaml

from raysys.assess.autoencoding.assessment import Assessment
from raysys.errors import RaysysError

# One training: what each model made of each class, {model: {class: Assessment}}, of the same images.
Run = Mapping[str, Mapping[str, Assessment]]

AGREES, CONTRADICTS, IN_PART = "agrees", "contradicts", "agrees in part"
UNDECIDED, NOT_TESTABLE = "undecided", "not testable"
ALIKE = 0.15  # share by which numbers may differ that are called very similar
SURE = 2.0  # errors of the mean, beyond which a margin is on one side of nothing
RESAMPLED = 100  # times, for the error that comes of so few images
FEWEST = 5  # images, below which none of them is told from the others by drawing anew
FORM = re.compile(
    r"(?P<measure>\w+) (?:(?P<level>(?:ratio )?(?:above|below)) (?P<number>[0-9.]+)"
    r"|(?P<against>higher than|lower than|nearer than|like) (?P<other>[\w.-]+)"
    r"|(?P<dense>higher|lower) where dense)"
)


@dataclass(frozen=True)
class Claim:
    """One thing that must hold of a model's autoencodings of one class.

    Attributes
    ----------
    words
        As in `published.yaml`, such as "edge_gradient higher than MSE".
    measure
        Of `MEASURES`.
    verb
        "above", "ratio below", "higher than", "like", "higher where dense", ...
    number, other
        What it is held against: a number, or a model.
    """

    words: str
    measure: str
    verb: str
    number: float = np.nan
    other: str | None = None

    @classmethod
    def read(cls, words: str) -> Claim:
        """Take the words apart; RaysysError if they have another form."""
        found = FORM.fullmatch(words)
        if found is None:
            raise RaysysError(f"published statements: test {words!r} is none of the forms that published.yaml lists")
        verb = found["level"] or found["against"] or f"{found['dense']} where dense"
        return cls(words, found["measure"], verb, float(found["number"] or "nan"), found["other"])

    def margin(self, ours: Assessment, theirs: Assessment | None) -> float:
        """By how much it holds, in the measure's unit, below 0 where it does not; NaN where nothing was measured."""
        if self.measure not in ours.values or (self.other is not None and theirs is None):
            return np.nan
        return MARGINS[self.verb](self, ours, theirs or ours)


def _level(of: Assessment, name: str) -> float:
    values = of.values[name]
    return float(np.nanmean(values)) if np.isfinite(values).any() else np.nan


def _ratio(of: Assessment, name: str) -> float:
    return of.row(name).ratio


def _distance(of: Assessment, name: str) -> float:
    original = of.original[name]
    return abs(_level(of, name) - float(np.nanmean(original))) if np.isfinite(original).any() else np.nan


def _rise(of: Assessment, name: str) -> float:
    """Mean over the images with much interface, less that over the others."""
    interface = of.original["interface"]
    dense = interface > np.median(interface)
    parts = [_level(of.subset(np.flatnonzero(chosen)), name) for chosen in (dense, ~dense) if chosen.any()]
    return parts[0] - parts[1] if len(parts) == 2 else np.nan


MARGINS: dict[str, Callable[[Claim, Assessment, Assessment], float]] = {
    "above": lambda test, ours, _: _level(ours, test.measure) - test.number,
    "below": lambda test, ours, _: test.number - _level(ours, test.measure),
    "ratio above": lambda test, ours, _: _ratio(ours, test.measure) - test.number,
    "ratio below": lambda test, ours, _: test.number - _ratio(ours, test.measure),
    "higher than": lambda test, ours, theirs: _level(ours, test.measure) - _level(theirs, test.measure),
    "lower than": lambda test, ours, theirs: _level(theirs, test.measure) - _level(ours, test.measure),
    "nearer than": lambda test, ours, theirs: _distance(theirs, test.measure) - _distance(ours, test.measure),
    "like": lambda test, ours, theirs: (
        ALIKE * abs(_level(theirs, test.measure)) - abs(_level(ours, test.measure) - _level(theirs, test.measure))
    ),
    "higher where dense": lambda test, ours, _: _rise(ours, test.measure),
    "lower where dense": lambda test, ours, _: -_rise(ours, test.measure),
}


@dataclass(frozen=True)
class Statement:
    """What is said of one model's autoencodings of one class.

    Attributes
    ----------
    kind, model
        MICRO2D's class, and the model as the study `cess` calls it.
    says
        In our own words.
    place
        Section of the supplement.
    tests
        What must hold.
    """

    kind: str
    model: str
    says: str
    place: str
    tests: tuple[Claim, ...]


@dataclass(frozen=True)
class Finding:
    """A test's margin: mean over trainings, its error, standard deviation between them (NaN of one), and verdict."""

    test: Claim
    mean: float
    error: float
    spread: float
    verdict: str


@dataclass(frozen=True)
class Judgement:
    """A statement beside our measures."""

    statement: Statement
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> str:
        """Of all tests: "agrees", "contradicts", "agrees in part", "undecided" or "not testable"."""
        verdicts = {finding.verdict for finding in self.findings}
        if verdicts <= {NOT_TESTABLE}:
            return NOT_TESTABLE
        if CONTRADICTS in verdicts:
            return IN_PART if AGREES in verdicts else CONTRADICTS
        return AGREES if verdicts == {AGREES} else UNDECIDED


def published_statements() -> list[Statement]:
    """The fifty statements, class by class."""
    text = (resources.files("raysys.assess.autoencoding") / "published.yaml").read_text(encoding="utf-8")
    found = []
    for kind, of_class in yaml.safe_load(text).items():
        place = str(of_class.pop("place"))
        for model, said in of_class.items():
            found.append(Statement(kind, model, said["says"], place, tuple(map(Claim.read, said["tests"]))))
    return found


def judged(statements: Iterable[Statement], runs: Sequence[Run]) -> list[Judgement]:
    """Put statements to their tests.

    Parameters
    ----------
    statements
        Such as `published_statements()`.
    runs
        One for each training of all models, such as with several seeds; all judged by the same images.

    Returns
    -------
    Of each statement the margins, positive where it holds. A test is decided where the mean margin is beyond twice its
    error, which is that of the mean over trainings and that of so few images (bootstrap) together; of a single training
    only the latter is known, and four images decide nothing.
    """
    return [Judgement(one, tuple(_finding(one, test, runs) for test in one.tests)) for one in statements]


def _finding(statement: Statement, test: Claim, runs: Sequence[Run]) -> Finding:
    pairs = [pair for run in runs if (pair := _pair(statement, test, run)) is not None]
    margins = np.array([test.margin(*pair) for pair in pairs])
    known = np.isfinite(margins)
    if not known.any():
        return Finding(test, np.nan, np.nan, np.nan, NOT_TESTABLE)
    kept = margins[known]
    mean, spread = float(kept.mean()), float(kept.std(ddof=1)) if len(kept) > 1 else np.nan
    by_images = np.mean([_error(test, *pair) for pair, has in zip(pairs, known, strict=True) if has])
    error = float(np.hypot(by_images, 0 if np.isnan(spread) else spread / np.sqrt(len(kept))))
    verdict = UNDECIDED if abs(mean) <= SURE * error else AGREES if mean > 0 else CONTRADICTS
    return Finding(test, mean, error, spread, verdict)


def _pair(statement: Statement, test: Claim, run: Run) -> tuple[Assessment, Assessment | None] | None:
    """The assessments that a test is of; None if the training lacks one."""
    wanted = [statement.model] + ([test.other] if test.other is not None else [])
    if any(statement.kind not in run.get(model, {}) for model in wanted):
        return None
    ours, *theirs = (run[model][statement.kind] for model in wanted)
    return ours, theirs[0] if theirs else None


def _error(test: Claim, ours: Assessment, theirs: Assessment | None) -> float:
    """Standard deviation of the margin over images drawn anew, the same ones of both models."""
    if ours.n < FEWEST:
        return np.inf
    random = np.random.default_rng(0)
    draws = (random.integers(ours.n, size=ours.n) for _ in range(RESAMPLED))
    found = [test.margin(ours.subset(draw), theirs.subset(draw) if theirs else None) for draw in draws]
    return float(np.nanstd(found))


def statement_rows(judgements: Iterable[Judgement]) -> Iterator[dict[str, Any]]:
    """One row per statement: class, model, where and what is said, the verdict, and every test with its margin."""
    for one in judgements:
        said = one.statement
        tests = "; ".join(_told(finding) for finding in one.findings)
        yield {"class": said.kind, "model": said.model, "place": said.place, "says": said.says,
               "verdict": one.verdict, "tests": tests}  # fmt: skip


def _told(finding: Finding) -> str:
    if finding.verdict == NOT_TESTABLE:
        return f"{finding.test.words}: {NOT_TESTABLE}"
    spread = "" if np.isnan(finding.spread) else f", seeds {finding.spread:.2g}"
    return f"{finding.test.words}: {finding.mean:+.2g} ± {finding.error:.2g}{spread} ({finding.verdict})"
