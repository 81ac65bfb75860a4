"""`raysys serve` as a process of its own, asked by `raysys sample --url`, ended by Ctrl-C."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import Result

from raysys.models import load

TOKEN = "let me in"


@pytest.fixture
def served(model_folder: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen, str]]:
    """The process and its address."""
    code = "from raysys.cli import main; main()"
    arguments = ["serve", f"tiny={model_folder}", "--port", "0", "--token", TOKEN, "--address", "local"]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True, cwd=tmp_path, bufsize=1
    )
    try:
        # Ray may have a word to say first.
        lines = iter(process.stdout.readline, "")
        line = next((line for line in lines if line.startswith("serving")), "no line that says so")
        assert line.startswith("serving tiny at http://127.0.0.1:"), line
        yield process, line.split()[3]
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_serves_until_ctrl_c(served: tuple[subprocess.Popen, str], raysys: Callable[..., Result], model_folder: Path):
    process, url = served
    asked = ("sample", "tiny", "-n", 2, "--seed", 5, "--size", 24, "--url", url)
    assert raysys(*asked, "--token", TOKEN, "-o", "s.npy").exit_code == 0
    np.testing.assert_array_equal(np.load("s.npy"), load(model_folder).sample(2, seed=5, size=24))
    assert f"{url} refused: " in raysys(*asked, "-o", "no.npy").stderr
    unknown = raysys("sample", "granite", "--url", url, "--token", TOKEN, "-o", "no.npy")
    assert "no model 'granite' is served here; known: tiny" in unknown.stderr
    assert not Path("no.npy").exists()
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert process.stdout.read().endswith("stopped\n")
