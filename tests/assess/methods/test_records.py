"""What a comparison leaves in a folder and in MLflow."""

import csv
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient
from support.kinds import PHASES

from raysys.assess import Comparison, LabelComparison, compare_methods
from raysys.assess.methods.records import track_comparison, write_comparison
from raysys.data import Tiles
from raysys.stats import Characterisation


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def found(rock: Path, rock_tiles: Tiles, rock_model: Path) -> Comparison:
    return compare_methods(
        rock, {"gan": rock_model, "copy": rock_tiles.held_out}, descriptors="S2,L", pores=False, power="none"
    )


def test_files_hold_the_tables_and_what_was_measured(found: Comparison, tmp_path: Path):
    files = write_comparison(tmp_path, found)
    names = [
        "real.npz",
        "gan.npz",
        "copy.npz",
        "verdict.json",
        "numbers.csv",
        "errors.csv",
        "verdicts.csv",
        "methods.csv",
        "nearest.csv",
    ]
    assert files == [tmp_path / name for name in names]
    for name, table in (("errors", "errors"), ("verdicts", "verdicts"), ("methods", "times"), ("nearest", "copies")):
        rows = [{key: str(value) for key, value in row.items()} for row in found.rows(table)]
        assert read(tmp_path / f"{name}.csv") == rows
    assert Characterisation.load(tmp_path / "gan.npz").phase_fraction == found.characterisations["gan"].phase_fraction


def test_a_run_has_errors_and_times_as_metrics_and_files_as_artifacts(
    found: Comparison, tracking_uri: str, tmp_path: Path
):
    files = write_comparison(tmp_path, found)
    asked = {"real": "rock.tif"}
    run_id = track_comparison(found, files, "title", asked, tracking_uri=tracking_uri, experiment="comparisons")
    client = MlflowClient(tracking_uri=tracking_uri)
    run = client.get_run(run_id)
    assert run.data.tags["raysys.kind"] == "comparison"
    assert run.info.status == "FINISHED"
    for row in found.rows("errors"):
        key = f"{row['set']}/{row['descriptor']}"
        assert run.data.metrics[f"mse/{key}"] == row["mse"]
        assert run.data.metrics[f"times_band/{key}"] == row["times_band"]
    assert run.data.metrics["seconds_per_image/gan"] > 0
    assert "training_seconds/gan" not in run.data.metrics  # not known
    for row in found.rows("copies"):
        assert run.data.metrics[f"near_p/{row['set']}"] == row["p"]
    assert run.data.params["real"] == "rock.tif"
    assert run.data.params["descriptors"] == "('S2', 'L')"
    kept = {one.path for one in client.list_artifacts(run_id)}
    assert kept == {
        "characterisations",
        "verdict.json",
        "numbers.csv",
        "errors.csv",
        "verdicts.csv",
        "methods.csv",
        "nearest.csv",
    }


@pytest.fixture(scope="module")
def of_labels(alloy: Path, alloy_model: Path) -> LabelComparison:
    return compare_methods(alloy, {"gan": alloy_model}, descriptors="S2,L", pores=False, nearest=0, power="none")


def test_label_images_leave_a_row_and_a_metric_for_each_phase_and_descriptor(
    of_labels: LabelComparison, tracking_uri: str, tmp_path: Path
):
    files = write_comparison(tmp_path, of_labels)
    measured = [f"{name}-{number}.npz" for number in range(3) for name in ("real", "gan")]
    assert files == [
        tmp_path / name
        for name in (*measured, "verdict.json", "numbers.csv", "errors.csv", "verdicts.csv", "methods.csv")
    ]
    rows = read(tmp_path / "errors.csv")
    assert [(row["phase"], row["descriptor"]) for row in rows] == [
        (phase, name) for phase in PHASES for name in ("S2", "L")
    ]
    for number, one in enumerate(of_labels.phases.values()):
        kept = Characterisation.load(tmp_path / f"gan-{number}.npz")
        assert kept.phase_fraction == one.characterisations["gan"].phase_fraction
    run_id = track_comparison(of_labels, files, "t", {}, tracking_uri=tracking_uri, experiment="comparisons")
    run = MlflowClient(tracking_uri=tracking_uri).get_run(run_id)
    for row in of_labels.rows("errors"):
        assert run.data.metrics[f"mse/gan/{row['phase']}/{row['descriptor']}"] == row["mse"]
    assert run.data.params["phases"] == str(PHASES)
