"""The fifty published statements on autoencodings beside our measures: agrees, contradicts, undecided, not testable.

    python benchmarks/statements.py STUDY/assessment [STUDY/assessment ...] [--csv statements.csv]

Each folder is what a study of the models MSE, MSE-CESS, CESS-finetune, CESS-50x50-finetune and Style has left (`raysys
study cess-64 -o STUDY`), one for each seed (`--set training.seed=1`). The statements and their tests stand in
raysys/assess/autoencoding/published.yaml; a margin is positive where the statement holds, behind it stand its error and
the standard deviation between seeds.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from raysys.assess.autoencoding import Assessment
from raysys.assess.autoencoding.statements import Run, judged, published_statements, statement_rows
from raysys.files import write_csv


def read(folder: Path) -> Run:
    """{model: {class: Assessment}} of a study's folder."""
    models = {path.name: path for path in sorted(folder.iterdir()) if path.is_dir()}
    return {name: {one.stem: Assessment.load(one) for one in path.glob("*.npz")} for name, path in models.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--csv", type=Path)
    options = parser.parse_args()
    rows = list(statement_rows(judged(published_statements(), [read(folder) for folder in options.folders])))
    print("| class | model | published | ours | tests |\n|---|---|---|---|---|")
    for row in rows:
        print(f"| {row['class']} | {row['model']} | {row['says']} | {row['verdict']} | {row['tests']} |")
    print(", ".join(f"{count} {verdict}" for verdict, count in Counter(row["verdict"] for row in rows).most_common()))
    if options.csv:
        write_csv(options.csv, rows)


if __name__ == "__main__":
    main()
