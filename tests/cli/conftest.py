"""The command line in this process, small images, one tiny registered model and one Ray for the whole room."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from support.generators import save_generator
from support.rock import rock, rock_farms, rock_model, rock_tiles
from typer.testing import CliRunner, Result

from raysys.cli import app
from raysys.data import gaussian_random_field, write_images

__all__ = ["rock", "rock_farms", "rock_model", "rock_tiles"]


@pytest.fixture
def raysys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """A function that runs `raysys ARGUMENTS...` in an empty folder; programming errors come through."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("RAYSYS_TOKEN", raising=False)
    monkeypatch.setattr("raysys.cli.parts.terminal.SECONDS_OF_SILENCE", 3600.0)  # what is said depends on no clock

    def run(*arguments: object) -> Result:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="raysys")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def refused(raysys: Callable[..., Result], tmp_path: Path) -> Callable[..., str]:
    """A function that runs a command which must end with one sentence, exit code 2, and no file; it returns it."""

    def run(*arguments: object) -> str:
        before = sorted(tmp_path.rglob("*"))
        result = raysys(*arguments)
        assert result.exit_code == 2, result.output
        assert result.stdout == ""
        lines = result.stderr.splitlines()
        assert len(lines) == 1, result.stderr
        assert lines[0].startswith("raysys: ")
        assert sorted(tmp_path.rglob("*")) == before
        return lines[0]

    return run


@pytest.fixture(scope="session")
def fields() -> np.ndarray:
    """(8, 32, 32) uint8: synthetic two-phase images."""
    return gaussian_random_field((32, 32), correlation_length=2.5, phase_fraction=0.4, seed=1, n=8)


@pytest.fixture
def tiles(tmp_path: Path, fields: np.ndarray) -> Path:
    """Those images in a file."""
    write_images(tmp_path / "tiles.npy", fields)
    return tmp_path / "tiles.npy"


@pytest.fixture
def grey(tmp_path: Path) -> Path:
    """A grey picture (64, 96) of a dark left and a bright right half, with noise."""
    image = np.where(np.arange(96) < 36, 0.3, 0.7) + np.random.default_rng(0).normal(0, 0.03, (64, 96))
    write_images(tmp_path / "grey.png", image[None].astype(np.float32))
    return tmp_path / "grey.png"


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained generator of 16 x 16 pixels, saved."""
    return save_generator(
        tmp_path_factory.mktemp("saved"),
        "tiny",
        provenance={"data": {"source": "skimage:gravel"}, "step": 7},
        metrics={"descriptor_error": 0.125},
    )


@pytest.fixture(scope="session")
def conditional_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, asked for a phase fraction."""
    return save_generator(tmp_path_factory.mktemp("saved"), "porous", conditions=1)


@pytest.fixture(scope="session")
def tracking_uri(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> str:
    """An MLflow database in which the model is registered, twice."""
    from raysys.models.registry import register

    uri = f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db"
    for _ in range(2):
        register(model_folder, "tiny", tracking_uri=uri)
    return uri


@pytest.fixture(scope="package")
def ray() -> Iterator[None]:
    """One Ray of two CPUs, that the commands find connected."""
    from raysys.cluster import connected

    with connected("local", num_cpus=2):
        yield
