"""What a comparison of autoencoders found as tables: a list of rows each, a row a dictionary of plain values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from raysys.assess.autoencoding.autoencoded import Autoencoded
from raysys.assess.autoencoding.standings import COLUMNS, Standing

Row = dict[str, Any]
Standings = Mapping[str, Mapping[str, Standing]]  # {model: {column: standing}}
ALL = "all"  # what stands for the class in a row over all of them


def measure_rows(models: Mapping[str, Autoencoded]) -> Iterator[Row]:
    """One row per model, class and measure: medians of autoencodings, originals, and the ratio of both."""
    for name, model in models.items():
        for kind, assessment in model.assessments.items():
            for measure, row in assessment.summary().items():
                medians = {"autoencoding": row.autoencoding, "original": row.original, "ratio": row.ratio}
                yield {"model": name, "class": kind, "measure": measure, **medians}


def standing_rows(whole: Standings, by_class: Mapping[str, Standings]) -> Iterator[Row]:
    """One row per model and class, the last of a model over "all": the score and the other columns that apply to any.

    Parameters
    ----------
    whole
        Over all classes.
    by_class
        {class: of this class alone}; a column that is not meant for it is NaN.
    """
    names = [column.name for column in COLUMNS if any(column.name in rows for rows in whole.values())]
    for model in whole:
        for kind, standings in {**by_class, ALL: whole}.items():
            rows = standings[model]
            values = {name: rows[name].value if name in rows else math.nan for name in names}
            yield {"model": model, "class": kind, **values}


def verdict_rows(verdicts: Mapping[str, Mapping[str, str]]) -> Iterator[Row]:
    """One row per model and class: the verdict in words."""
    for model, of_class in verdicts.items():
        for kind, words in of_class.items():
            yield {"model": model, "class": kind, "verdict": words}
