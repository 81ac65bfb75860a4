"""Label images against real ones, phase by phase: what `raysys.assess.compare_methods` returns of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from raysys.assess.methods.comparison import TABLES, Comparison, framed
from raysys.assess.methods.label_sentences import label_sentences
from raysys.assess.methods.method import Method
from raysys.assess.methods.tables import Row, copy_rows, method_rows, verdict_rows
from raysys.assess.methods.verdicts import Verdict
from raysys.assess.notation import PLAIN, Notation, counted, listed
from raysys.assess.power.set_verdict import PhasesVerdict
from raysys.errors import RaysysError
from raysys.spacing import Spacing
from raysys.stats import Memorising

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["LabelComparison"]

BY_PHASE = ("verdict", "power", "errors", "distances", "pores")  # tables with a row for each phase


@dataclass(frozen=True, repr=False)
class LabelComparison:
    """Methods of making label images against real ones: every descriptor of every phase, in numbers and words.

    Attributes
    ----------
    phases
        By name, in the order of their numbers: each phase against all others together, as binary images are compared.
    methods, copies, notes, notices, parameters, spacing, pictures
        As of a `Comparison`; copies are looked for in all phases at once.
    images
        (N, ...) uint8 numbers of the phases of every set, the reference included.
    """

    phases: dict[str, Comparison]
    methods: dict[str, Method] = field(default_factory=dict)
    images: dict[str, np.ndarray] = field(default_factory=dict)
    copies: dict[str, Memorising] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    parameters: dict[str, Any] = field(default_factory=dict)
    spacing: Spacing | None = None
    pictures: Mapping[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)

    def __repr__(self) -> str:
        real = self.one.characterisations[self.reference]
        against = f"{self.reference} ({counted(real.n, 'image')})"
        by = f"{counted(len(self.one.descriptors), 'descriptor')} of {listed(list(self.phases))}"
        return f"<LabelComparison of {listed(self.others)} with {against} by {by}>"

    @property
    def one(self) -> Comparison:
        """The first phase's: what all phases have in common can be asked of it."""
        return next(iter(self.phases.values()))

    @property
    def reference(self) -> str:
        """Name of the set that the others are compared with."""
        return self.one.reference

    @property
    def others(self) -> list[str]:
        """Names of the sets that are compared with the reference."""
        return self.one.others

    @property
    def band(self) -> str:
        """How the band of real against real was taken, in a sentence."""
        return self.one.band

    @property
    def set_verdicts(self) -> dict[str, PhasesVerdict]:
        """Whether each set is told apart over all phases; those that no phase was tested for are left out."""
        tested = {
            name: {phase: one.set_verdicts.get(name) for phase, one in self.phases.items()} for name in self.others
        }
        known = {
            name: {phase: verdict for phase, verdict in each.items() if verdict is not None}
            for name, each in tested.items()
        }
        return {name: PhasesVerdict(each) for name, each in known.items() if len(each) == len(self.phases)}

    def verdicts(self, name: str) -> dict[tuple[str, str], Verdict]:
        """{(phase, descriptor): verdict} of one set."""
        return {
            (phase, descriptor): each.verdict(name, descriptor)
            for phase, each in self.phases.items()
            for descriptor in each.errors[name]
        }

    @cached_property
    def sentences(self) -> dict[str, str]:
        """{subject: sentence} as plain text; subjects are "overall", "PHASE/S2" and the like, "nearest", "time"."""
        return self.told(PLAIN)

    def told(self, notation: Notation) -> dict[str, str]:
        """Write the sentences in a notation."""
        verdicts = {name: self.verdicts(name) for name in self.others}
        return label_sentences(self.phases, verdicts, self.copies, notation, wholes=self.set_verdicts)

    def rows(self, table: str = "errors") -> list[Row]:
        """List the rows of a table, those of `Comparison.rows`; with a column `phase` where phases have rows each.

        Raises
        ------
        RaysysError
            For another table.
        """
        if table not in TABLES:
            raise RaysysError(f"a comparison has no table {table!r}; allowed: {', '.join(TABLES)}")
        if table in BY_PHASE:
            return [{"phase": phase, **row} for phase, one in self.phases.items() for row in one.rows(table)]
        return list(self._rows_of_all(table))

    def to_frame(self, table: str = "errors") -> DataFrame:
        """Return a table of `rows` as a pandas DataFrame; raises as `Comparison.to_frame` does."""
        return framed(self.rows(table))

    def _rows_of_all(self, table: str) -> Iterator[Row]:
        if table == "copies":
            return copy_rows(self.copies)
        return method_rows(self.methods) if table == "times" else verdict_rows(self.sentences)
