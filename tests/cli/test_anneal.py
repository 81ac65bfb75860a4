"""`raysys anneal`: a farm into a folder and into MLflow."""

import csv
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from typer.testing import Result

from raysys.anneal import Schedule, Target, anneal
from raysys.data import read_images, write_images
from raysys.stats import Characterisation, characterise

FILES = {"images.tif", "target.npz", "target.csv", "energies.csv", "history.npz", "characterisation.npz", "page.html"}
SMALL = ("--shape", 16, 16, "--stages", 5, "--moves", 50)


@pytest.mark.usefixtures("ray")
def test_writes_images_target_tables_numbers_a_page_and_a_run(
    raysys: Callable[..., Result], tiles: Path, fields: np.ndarray, tmp_path: Path
):
    tracking_uri = f"sqlite:///{tmp_path}/mlflow.db"
    options = (*SMALL, "--chains", 3, "--seed", 4, "--tracking-uri", tracking_uri, "--experiment", "farms")
    result = raysys("anneal", tiles, *options, "--out", "farm", "--report", "page.html")
    assert result.exit_code == 0, result.output
    assert "MSE against given" in result.stdout
    assert "wrote page.html" in result.stdout
    images = read_images("farm/images.tif") // 255
    target = Target.from_images(fields, r_max=7)
    expected = [anneal(target, (16, 16), seed=4, chain=k, schedule=Schedule(stages=5, moves=50)) for k in range(3)]
    np.testing.assert_array_equal(images, [one.image for one in expected])
    _check_target(target)
    with open("farm/energies.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["chain"]) for row in rows] == [0, 1, 2]
    assert [float(row["energy"]) for row in rows] == [one.energy for one in expected]
    history = np.load("farm/history.npz")
    np.testing.assert_array_equal(history["energy"], [one.history.energy for one in expected])
    np.testing.assert_array_equal(history["moves"], np.tile(np.arange(50, 251, 50), (3, 1)))
    made = Characterisation.load("farm/characterisation.npz")
    assert made.n == 3
    assert {"S2", "P4", "L", "C2"} <= set(made.curves)
    _check_run(tracking_uri, history["energy"])


def _check_target(target: Target) -> None:
    held = np.load("farm/target.npz")
    np.testing.assert_array_equal(held["S2/values"], target.S2)
    np.testing.assert_array_equal(held["S2/r"], np.arange(1, 8))
    assert Target.from_csv("farm/target.csv").phase_fraction == target.phase_fraction
    np.testing.assert_array_equal(Target.from_csv("farm/target.csv").S2, target.S2)


def _check_run(tracking_uri: str, energies: np.ndarray) -> None:
    from raysys.models.registry import tracking_client

    client = tracking_client(tracking_uri)
    (run,) = client.search_runs([client.get_experiment_by_name("farms").experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.tags["raysys.kind"] == "anneal"
    assert run.data.params["schedule.stages"] == "5"
    assert run.data.params["target.terms.S2"] == "weight 1, 7 lags up to 7"
    for name, expected in (("energy_median", np.median(energies, axis=0)), ("final_energy", energies[:, -1])):
        entries = sorted(client.get_metric_history(run.info.run_id, name), key=lambda entry: entry.step)
        assert [entry.value for entry in entries] == expected.tolist()
    assert {file.path for file in client.list_artifacts(run.info.run_id)} == FILES


@pytest.mark.usefixtures("ray")
def test_the_same_command_continues_more_chains_are_added_and_another_one_is_refused(
    raysys: Callable[..., Result], tiles: Path
):
    command = ("anneal", tiles, *SMALL, "--no-track", "--out", "farm")
    assert raysys(*command, "--chains", 1).exit_code == 0
    first = read_images("farm/images.tif")
    again = raysys(*command, "--chains", 2)
    assert again.exit_code == 0
    notice = "farm holds chains of the same settings, so they go on: 1 ended, 0 under way, 1 asked for until now"
    assert notice in " ".join(again.stderr.split())
    np.testing.assert_array_equal(read_images("farm/images.tif")[0], first)
    before = _content(Path("farm"))
    for other in (("--seed", 9), ("--stages", 6), ("--target", "L")):
        result = raysys(*command, "--chains", 2, *other)
        assert result.exit_code == 2
        assert "holds chains of other settings" in result.stderr
        assert result.stdout == ""
    assert _content(Path("farm")) == before


def _content(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("ray")
def test_volumes_of_several_phases_go_into_files_of_their_own(raysys: Callable[..., Result], tmp_path: Path):
    coarse = np.random.default_rng(0).choice(np.array([0, 3, 5], np.uint8), (6, 6, 6))
    volume = coarse.repeat(2, 0).repeat(2, 1).repeat(2, 2)
    write_images(tmp_path / "volume.npy", volume[None])
    options = ("--dims", 3, "--phases", "all", "--target", "S2,L:0.5", "--r-max", 4, "--levels", 2, "--t0", "auto")
    options = (*options, "--shape", 12, 8, 10, "--stages", 4, "--moves", 200, "--keep", "best", "--chains", 2)
    result = raysys("anneal", "volume.npy", *options, "--out", "farm", "--no-track", "--report", "page.html")
    assert result.exit_code == 0, result.output
    target = Target.from_images(volume[None], {"S2": 1, "L": 0.5}, phase=None, r_max=4)
    schedule = Schedule(stages=4, moves=200, levels=2, t0="auto", keep="best")
    for chain in range(2):
        expected = anneal(target, (12, 8, 10), seed=0, chain=chain, schedule=schedule)
        np.testing.assert_array_equal(read_images(f"farm/volumes/{chain:06d}.tif"), expected.image)
    assert "phase 5 is characterised" in Path("page.html").read_text()
    held = np.load("farm/target.npz")
    assert {"S2/phase-0/values", "L/phase-5/r"} <= set(held.files)


@pytest.mark.usefixtures("ray")
def test_a_hole_is_filled_and_can_be_watched(raysys: Callable[..., Result], fields: np.ndarray, tmp_path: Path):
    mask = np.zeros((32, 32), np.uint8)
    mask[8:20, 10:24] = 1
    write_images(tmp_path / "hole.png", mask[None])
    write_images(tmp_path / "one.png", fields[:1])
    seen: list[str] = []
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(0.05):
            page = tmp_path / "farm" / "live.html"
            text = page.read_text() if page.exists() else ""
            if text and (not seen or text != seen[-1]):
                seen.append(text)

    looking = threading.Thread(target=look)
    looking.start()
    # Long enough for the page to be written a second time.
    options = ("--chains", 2, "--stages", 100, "--moves", 600_000, "--r-max", 10, "--watch", "--checkpoint", 0.2)
    result = raysys("anneal", "one.png", "--hole", "hole.png", *options, "--out", "farm", "--no-track")
    ended.set()
    looking.join()
    assert result.exit_code == 0, result.output
    assert "wrote farm/live.html" in result.stdout
    _check_pages(seen, (tmp_path / "farm" / "live.html").read_text())
    images = read_images("farm/images.tif") // 255
    np.testing.assert_array_equal(images[:, mask == 0], fields[:2][[0, 0]][:, mask == 0])
    assert not np.array_equal(images[0], images[1])


def _check_pages(seen: list[str], last: str) -> None:
    assert len(seen) >= 2
    assert 'http-equiv="refresh"' in seen[0]
    assert "running" in seen[1]
    assert "data:image/png;base64," in seen[1]
    assert "finished" in last
    assert "2 of 2 done" in last
    assert 'http-equiv="refresh"' not in last


@pytest.mark.usefixtures("ray")
def test_chains_that_fail_are_told_beside_what_is_there(raysys: Callable[..., Result], tiles: Path, tmp_path: Path):
    known = np.zeros((32, 32), np.uint8)
    known[:24] = 1
    mask = np.zeros((32, 32), np.uint8)
    mask[24:28] = 1
    write_images(tmp_path / "known.png", known[None])
    write_images(tmp_path / "mask.png", mask[None])
    options = ("--known", "known.png", "--mask", "mask.png", "--chains", 2, "--no-track")
    result = raysys("anneal", tiles, *options, "--out", "farm")
    assert result.exit_code == 2
    assert "2 of 2 chains failed" in result.stderr
    with open("farm/energies.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["chain"] for row in rows] == ["0", "1"]
    assert all("free are of one phase" in row["failed"] for row in rows)


def test_a_killed_driver_is_continued_to_the_same_images(ray: None, raysys: Callable[..., Result], tiles: Path):
    schedule = ("--shape", 32, 32, "--stages", 100, "--moves", 300_000, "--r-max", 10, "--checkpoint", 0.1)
    command = ["anneal", tiles, *schedule, "--chains", 2, "--no-track", "--out", "farm"]

    def try_too() -> None:
        second = raysys(*command)
        assert second.exit_code == 2
        assert f"process {driver_of(Path('farm/chains'))} on " in second.stderr
        assert "makes chains in it; allowed: to wait until it ends" in second.stderr

    _kill_in_the_middle([str(word) for word in command], try_too)
    begun = [path for path in Path("farm/chains").glob("*.npz") if path.name != "farm.npz"]
    assert begun
    assert not Path("farm/images.tif").exists()
    assert raysys(*command).exit_code == 0
    target = Target.from_images(read_images(tiles), r_max=10)
    images = read_images("farm/images.tif") // 255
    for k, image in enumerate(images):
        alone = anneal(target, (32, 32), seed=0, chain=k, schedule=Schedule(stages=100, moves=300_000))
        np.testing.assert_array_equal(image, alone.image)


def driver_of(folder: Path) -> int:
    return json.loads((folder / "driver.lock").read_text())["pid"]


def _kill_in_the_middle(command: list[str], meanwhile: Callable[[], None]) -> None:
    """Run raysys in a process of its own, with a Ray of its own, until there is a checkpoint."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_ADDRESS")}
    # Not a pipe: Ray's processes would keep it open.
    with Path("driver.log").open("w") as log:
        driver = subprocess.Popen(
            [Path(sys.executable).parent / "raysys", *command, "--address", "local"],
            stdout=log,
            stderr=log,
            env=environment,
        )
    family: list[psutil.Process] = []
    try:
        deadline = time.monotonic() + 120
        while not list(Path("farm/chains").glob("chain-*.npz")):
            assert driver.poll() is None, Path("driver.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert driver_of(Path("farm/chains")) == driver.pid
        meanwhile()
        family = psutil.Process(driver.pid).children(recursive=True)
        driver.send_signal(signal.SIGKILL)
        driver.wait(timeout=30)
    finally:
        driver.kill()
        for process in family:  # what the driver leaves when it has no time to stop it
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--stages", 0], "stages is 0; allowed"),
        (["--t0", -1], "t0 is -1.0; allowed: a number >= 0, scaled, or auto"),
        (["--t0", "warm"], "--t0 is 'warm'; allowed: a number >= 0, scaled, or auto"),
        (["--shape", 4, 4, "--r-max", 8], "too small for a target with S2 up to lag 8"),
        (["--shape", 16], "--shape 16: write two numbers"),
        (["--levels", 3, "--shape", 18, 18], "multiples of 4"),
        (["--target", "S3"], "descriptors are S3; allowed"),
        (["--target", "S2:0"], "the weight of S2 is 0; allowed: above 0"),
        (["--target-file", "none.csv"], "none.csv: cannot be read"),
        (["--known", "a.png"], "--known and --mask go together"),
        (["--hole", "a.png", "--known", "b.png", "--mask", "c.png"], "--hole and --known: allowed is one"),
        (["--hole", "a.png"], "a hole is filled in one image, and 8 were given"),
        (["--tracking-uri", "http://127.0.0.1:1"], "no MLflow server answers at http://127.0.0.1:1"),
    ],
)
def test_wrong_options_are_refused(refused: Callable[..., str], tiles: Path, options: list[object], expected: str):
    assert expected in refused("anneal", tiles, "--out", "farm", *options)


@pytest.mark.parametrize("phi", [0, 1])
def test_one_phase_alone_is_refused(refused: Callable[..., str], tmp_path: Path, phi: int):
    write_images(tmp_path / "full.npy", np.full((1, 16, 16), phi, np.uint8))
    assert "one grey level only" in refused("anneal", "full.npy", "--out", "farm")
    (tmp_path / "S2.csv").write_text(f"descriptor,r,mean\nS2,0,{phi}\nS2,1,{phi}\n")
    said = refused("anneal", "--target-file", "S2.csv", "--shape", 16, 16, "--out", "farm")
    assert "nothing can be exchanged" in said


def test_a_table_whose_beginning_disagrees_is_refused(refused: Callable[..., str], tmp_path: Path):
    (tmp_path / "S2.csv").write_text("descriptor,r,mean\nS2,0,0.4\nS2,1,0.3\nS2,2,0.2\n")
    options = ("--target-file", "S2.csv", "--shape", 16, 16, "--out", "farm")
    said = refused("anneal", *options, "--phase-fraction", 0.6)
    assert "S2(0) is 0.4 but the phase fraction asked for is 0.6" in said


def test_a_mask_that_leaves_nothing_free_is_refused(refused: Callable[..., str], fields: np.ndarray, tmp_path: Path):
    write_images(tmp_path / "one.png", fields[:1])
    write_images(tmp_path / "mask.png", np.zeros((1, 32, 32), np.uint8))
    assert "the mask fixes every pixel" in refused("anneal", "one.png", "--hole", "mask.png", "--out", "farm")


def test_several_phases_are_not_drawn_by_their_neighbours(refused: Callable[..., str], tmp_path: Path):
    write_images(tmp_path / "labels.npy", np.random.default_rng(0).integers(0, 3, (1, 16, 16)).astype(np.uint8))
    options = ("--phases", "all", "--selection", "dpn", "--out", "farm")
    assert "dpn selection is of two phases, here are 3" in refused("anneal", "labels.npy", *options)


def test_a_folder_with_other_files_is_left_alone(refused: Callable[..., str], tiles: Path, tmp_path: Path):
    (tmp_path / "farm").mkdir()
    (tmp_path / "farm" / "thesis.tex").write_text("")
    assert "holds files but no chains of raysys anneal" in refused("anneal", tiles, *SMALL, "--out", "farm")
    assert "farm/thesis.tex is a file" in refused("anneal", tiles, *SMALL, "--out", "farm/thesis.tex")


def test_a_target_of_another_protocol_costs_the_comparison_and_not_the_results(
    ray: None, raysys: Callable[..., Result], fields: np.ndarray, tmp_path: Path
):
    characterise(fields, ("S2", "P6"), rounding="ceil").save(tmp_path / "real.npz")
    result = raysys("anneal", "--target-file", "real.npz", *SMALL, "--r-max", 7, "--out", "farm", "--no-track")
    assert result.exit_code == 0, result.output
    assert "the reconstructions are not compared" in result.stderr
    assert Path("farm/characterisation.npz").exists()


def test_the_help_stands_in_groups_with_an_example(raysys: Callable[..., Result]):
    text = raysys("anneal", "--help").stdout
    for panel in ("What is asked for", "How it is annealed", "Holes to be filled", "Where it runs"):
        assert panel in text
    assert "live.html" in text
    assert "Example: raysys anneal" in text
