"""`raysys anneal`: a farm into a folder and into MLflow."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import Result

from raysys.anneal import Schedule, Target, anneal
from raysys.data import read_images

FILES = {"images.tif", "target.npz", "energies.csv", "page.html"}
SMALL = ("--shape", 16, 16, "--stages", 5, "--moves", 50)


@pytest.mark.usefixtures("ray")
def test_writes_images_target_energies_a_page_and_a_run(
    raysys: Callable[..., Result], tiles: Path, fields: np.ndarray, tracking_uri: str
):
    options = (*SMALL, "--chains", 3, "--seed", 4, "--tracking-uri", tracking_uri, "--experiment", "farms")
    result = raysys("anneal", tiles, *options, "--out", "farm", "--report", "page.html")
    assert result.exit_code == 0, result.output
    assert "MSE against given" in result.stdout
    assert "wrote page.html" in result.stdout
    images = read_images("farm/images.tif") // 255
    target = Target.from_images(fields, r_max=7)
    expected = anneal(target, (16, 16), seed=4, chain=2, schedule=Schedule(stages=5, moves=50))
    np.testing.assert_array_equal(images[2], expected.image)
    np.testing.assert_array_equal(np.load("farm/target.npz")["S2"], target.S2)
    with open("farm/energies.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["chain"]) for row in rows] == [0, 1, 2]
    assert float(rows[2]["energy"]) == expected.energy
    _check_run(tracking_uri, [float(row["energy"]) for row in rows])


def _check_run(tracking_uri: str, energies: list[float]) -> None:
    from raysys.models.registry import tracking_client

    client = tracking_client(tracking_uri)
    (run,) = client.search_runs([client.get_experiment_by_name("farms").experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.tags["raysys.kind"] == "anneal"
    assert run.data.params["schedule.stages"] == "5"
    history = client.get_metric_history(run.info.run_id, "energy")
    assert [entry.value for entry in sorted(history, key=lambda entry: entry.step)] == energies
    assert {file.path for file in client.list_artifacts(run.info.run_id)} == FILES


@pytest.mark.usefixtures("ray")
def test_the_same_command_continues_and_another_one_is_refused(raysys: Callable[..., Result], tiles: Path):
    command = ("anneal", tiles, *SMALL, "--chains", 1, "--no-track", "--out", "farm")
    assert raysys(*command).exit_code == 0
    first = Path("farm/images.tif").read_bytes()
    assert raysys(*command).exit_code == 0
    assert Path("farm/images.tif").read_bytes() == first
    other = raysys(*command, "--seed", 9)
    assert other.exit_code == 2
    assert "a chain of another target, shape, schedule or seed" in other.stderr


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--stages", 0], "stages is 0; allowed"),
        (["--shape", 4, 4, "--r-max", 8], "too small for a target with lags up to 8"),
        (["--tracking-uri", "http://127.0.0.1:1"], "no MLflow server answers at http://127.0.0.1:1"),
    ],
)
def test_wrong_options_are_refused(refused: Callable[..., str], tiles: Path, options: list[object], expected: str):
    assert expected in refused("anneal", tiles, "--out", "farm", *options)
