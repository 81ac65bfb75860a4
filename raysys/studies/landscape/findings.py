"""What many paths say about the claims of the CESS supplement, section 1.4: confirmed, confirmed in part, or not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from raysys.studies.landscape.path_losses import CESS, FINE_TUNING, MSE, Landscape, PathLosses, path_losses

Verdict = Literal["confirmed", "confirmed in part", "not confirmed"]

FAR = 0.9  # share of the minima that lie beyond the join, from which on they are called far
NORMAL = 1.96  # standard errors of a 95 % interval


@dataclass(frozen=True)
class PathsOfSeeds:
    """One experiment over several seeds."""

    settings: Landscape
    paths: list[PathLosses]

    @property
    def names(self) -> list[str]:
        """Names of the losses."""
        return list(self.paths[0].losses)

    def counts(self, name: str) -> np.ndarray:
        """Local minima of a loss on each path, (seeds,)."""
        return np.array([len(one.minima[name]) for one in self.paths])

    def near(self, name: str) -> np.ndarray:
        """The same of those before the join only."""
        t = self.settings.t
        return np.array([int((t[one.minima[name]] < self.settings.join).sum()) for one in self.paths])

    def fewer(self, name: str, than: str) -> bool:
        """Whether a loss has fewer minima than another: the 95 % interval of the mean difference is below zero."""
        difference = self.counts(name) - self.counts(than)
        half = NORMAL * difference.std(ddof=1) / len(difference) ** 0.5 if len(difference) > 1 else np.inf
        return bool(difference.mean() + half < 0)


@dataclass(frozen=True)
class Finding:
    """A claim, what became of it, and the numbers."""

    claim: str
    verdict: Verdict
    evidence: str


def paths_of_seeds(
    settings: Iterable[Landscape], seeds: Sequence[int], told: Callable[[int], None] = lambda done: None
) -> list[PathsOfSeeds]:
    """Every experiment over every seed; `told` hears how many paths are done."""
    found: list[PathsOfSeeds] = []
    done = 0
    for one in settings:
        paths = []
        for seed in seeds:
            paths.append(path_losses(seed, one))
            done += 1
            told(done)
        found.append(PathsOfSeeds(one, paths))
    return found


def findings(held: Sequence[PathsOfSeeds], weight: float = 1e-3) -> list[Finding]:
    """The claims of the text against the counts of several experiments.

    Parameters
    ----------
    held
        At least one survey.
    weight
        Of MSE beside CESS, one of the settings' `mse_weights`; the published one by default.
    """
    summed, mean = ([one.settings.mixed(weight, kind) for one in held] for kind in ("summed", "mean"))
    cropped = [one.settings.cropped for one in held]
    return [
        _compared(held, [MSE] * len(held), [CESS] * len(held), "CESS has more local minima than MSE"),
        _far(held),
        _compared(held, summed, [CESS] * len(held), f"{weight:g} x MSE, summed over pixels, removes minima of CESS"),
        _compared(held, mean, [CESS] * len(held), f"{weight:g} x MSE, averaged over pixels, removes minima of CESS"),
        _compared(
            held, cropped, [CESS] * len(held), f"the crop to {cropped[0].split()[-1]} lags removes minima of CESS"
        ),
        _fine_tuned(held),
    ]


def _compared(held: Sequence[PathsOfSeeds], fewer: list[str], more: list[str], claim: str) -> Finding:
    holds = [one.fewer(few, many) for one, few, many in zip(held, fewer, more, strict=True)]
    contrary = [one.fewer(many, few) for one, few, many in zip(held, fewer, more, strict=True)]
    pairs = [
        f"{one.counts(few).mean():.2f} against {one.counts(many).mean():.2f} ({_named(one)})"
        for one, few, many in zip(held, fewer, more, strict=True)
    ]
    share = (
        "" if all(holds) else f"holds in {sum(holds)} of {len(holds)} experiments, the contrary in {sum(contrary)}: "
    )
    return Finding(claim, _verdict(holds, contrary), f"{share}minima a path, {'; '.join(pairs)}")


def _far(held: Sequence[PathsOfSeeds]) -> Finding:
    numbers = [(one.counts(CESS).sum(), one.near(CESS).sum()) for one in held]
    holds = [bool(every) and (every - near) / every >= FAR for every, near in numbers]
    told = [f"{every - near} of {every} ({_named(one)})" for one, (every, near) in zip(held, numbers, strict=True)]
    join = held[0].settings.join
    return Finding(
        "minima of CESS lie far from the original",
        _verdict(holds),
        f"at {join:g} of the path or beyond: {'; '.join(told)}",
    )


def _fine_tuned(held: Sequence[PathsOfSeeds]) -> Finding:
    holds = [one.fewer(FINE_TUNING, CESS) for one in held]
    told = [
        f"{one.counts(FINE_TUNING).mean():.2f} against {one.counts(CESS).mean():.2f}, of which "
        f"{one.near(CESS).mean():.2f} before the join ({_named(one)})"
        for one in held
    ]
    evidence = f"by construction it is MSE beyond the join; minima a path, {'; '.join(told)}"
    return Finding("CESS after MSE has fewer minima than CESS", _verdict(holds), evidence)


def _verdict(holds: list[bool], contrary: Sequence[bool] = ()) -> Verdict:
    """Where the contrary holds as well, chance decides which experiment one happens to make."""
    if all(holds):
        return "confirmed"
    return "confirmed in part" if any(holds) and not any(contrary) else "not confirmed"


def _named(one: PathsOfSeeds) -> str:
    return f"r = {one.settings.radius:g}, paired by {one.settings.pairing}"
