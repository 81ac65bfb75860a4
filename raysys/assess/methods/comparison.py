"""Generators, annealing and given images against real ones: what `raysys.assess.compare_methods` returns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from raysys.assess.methods.claim import Claim, claims
from raysys.assess.methods.method import Method
from raysys.assess.methods.sentences import verdict_sentences
from raysys.assess.methods.set_comparison import SetComparison
from raysys.assess.methods.tables import (
    copy_rows,
    distance_rows,
    error_rows,
    method_rows,
    power_rows,
    set_verdict_rows,
    verdict_rows,
)
from raysys.assess.notation import PLAIN, Notation, counted, listed
from raysys.assess.power.set_verdict import SetVerdict
from raysys.errors import RaysysError
from raysys.spacing import Spacing
from raysys.stats import Distance, Memorising

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Comparison"]

TABLES: dict[str, Callable[[Comparison], Iterable[dict[str, Any]]]] = {
    "verdict": lambda of: set_verdict_rows(of.set_verdicts),
    "power": lambda of: power_rows(of.set_verdicts),
    "errors": lambda of: error_rows(of, of.methods),
    "distances": lambda of: distance_rows(of.distances),
    "pores": lambda of: distance_rows(of.distances, beginning="pores/"),
    "times": lambda of: method_rows(of.methods),
    "copies": lambda of: copy_rows(of.copies),
    "verdicts": lambda of: verdict_rows(of.sentences),
}


@dataclass(frozen=True, repr=False)
class Comparison(SetComparison):
    """Methods of making images against real images, in numbers, tables and words.

    Attributes
    ----------
    methods
        How each set was made and how long that took, by name.
    images
        (N, ...) uint8 {0, 1} of every set, the reference included.
    distances
        How far the distributions of each set's numbers and pores are from those of the real images.
    set_verdicts
        Whether each set is told apart from the real one, by what, and what would have been noticed; without sets, or
        references, of a single image.
    copies
        What was found of each set among the images that the first model was trained on; without sets that were not
        looked at.
    notes
        Sentences about where the real images come from, and what was left out.
    notices
        Everything that was said on the way, these notes and how grey images were segmented among it.
    band
        How the band of real against real was taken, in a sentence; empty where no curve was measured.
    parameters
        Under which sets were drawn and measured: descriptors, n, seed, shape, boundary, r_max.
    spacing
        How far apart the pixels of all sets are; None where nothing says it.
    pictures
        By file of the real images that was segmented, a grey image as it was stored, and its phases.
    """

    methods: dict[str, Method] = field(default_factory=dict)
    images: dict[str, np.ndarray] = field(default_factory=dict)
    distances: dict[str, Sequence[Distance]] = field(default_factory=dict)
    set_verdicts: dict[str, SetVerdict] = field(default_factory=dict)
    copies: dict[str, Memorising] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    band: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    spacing: Spacing | None = None
    pictures: Mapping[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)

    def __repr__(self) -> str:
        real = self.characterisations[self.reference]
        against = f"{self.reference} ({counted(real.n, 'image')})"
        return f"<Comparison of {listed(self.others)} with {against} by {counted(len(self.descriptors), 'descriptor')}>"

    @property
    def claim(self) -> list[Claim]:
        """The published claim, for each model against each annealing on two-point functions alone."""
        return claims(self, self.methods)

    @cached_property
    def sentences(self) -> dict[str, str]:
        """{subject: sentence} as plain text, see `raysys.assess.methods.sentences.verdict_sentences`."""
        return self.told(PLAIN)

    def told(self, notation: Notation) -> dict[str, str]:
        """Write the sentences in a notation."""
        return verdict_sentences(
            self, self.methods, self.distances, self.copies, notation, set_verdicts=self.set_verdicts
        )

    def rows(self, table: str = "errors") -> list[dict[str, Any]]:
        """List the rows of a table.

        Parameters
        ----------
        table
            "verdict" (a row per set for the whole, and for each group of numbers), "power" (per set and damage),
            "errors" (per set and descriptor, with band and verdict), "distances" (per set and number of each
            image or pore), "pores" (those of pores), "times" (per set), "copies" (per set) or "verdicts" (per
            sentence).

        Raises
        ------
        RaysysError
            For another table.
        """
        if table not in TABLES:
            raise RaysysError(f"a comparison has no table {table!r}; allowed: {', '.join(TABLES)}")
        return list(TABLES[table](self))

    def to_frame(self, table: str = "errors") -> DataFrame:
        """Return a table of `rows` as a pandas DataFrame.

        Raises
        ------
        RaysysError
            For another table, or where pandas is not installed.
        """
        return framed(self.rows(table))


def framed(rows: list[dict[str, Any]]) -> DataFrame:
    """Rows as a pandas DataFrame.

    Raises
    ------
    RaysysError
        If pandas is not installed.
    """
    try:
        from pandas import DataFrame
    except ImportError:
        raise RaysysError("pandas is not installed; rows() gives the same table, a dictionary for each row") from None
    return DataFrame(rows)
