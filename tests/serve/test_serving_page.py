"""What docs/serving.md shows is run here, by each program that is at hand."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.serving import Served

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "serving.md").read_text()
ELSEWHERE = "http://127.0.0.1:8000"
SERVED = ("pores", "wgan-gp-porosity")  # by which the page calls them


@pytest.fixture(scope="module")
def there(served: Served) -> Iterator[str]:
    """The page's models, by the names of this endpoint, which are swapped for a while."""
    served.endpoint.swap({"fixed": "trained:pores", "porous": "trained:wgan-gp-porosity"})
    yield served.endpoint.url
    served.endpoint.swap({name: str(served.folders[name]) for name in ("fixed", "porous")})


def blocks(language: str, url: str) -> list[str]:
    """Blocks of a language, asking this endpoint with its token."""
    found = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    renamed = [block.replace(ELSEWHERE, url) for block in found]
    return [_renamed(block) for block in renamed]


def _renamed(text: str) -> str:
    for written, name in zip(SERVED, ("fixed", "porous"), strict=True):
        text = text.replace(f"/{written}/", f"/{name}/").replace(f'"{written}"', f'"{name}"')
    return text


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_curl(there: str, tmp_path: Path):
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    for block in blocks("sh", there):
        run(
            ["bash", "-ec", block.replace("curl ", "curl -sS --fail-with-body -H 'Authorization: Bearer let me in' ")],
            tmp_path,
        )
    assert np.load(tmp_path / "four.npy").shape[0] == 4
    assert (tmp_path / "sample.png").read_bytes().startswith(b"\x89PNG")


def test_python(there: str, tmp_path: Path):
    for block in blocks("python", there):
        asked = block.replace(f'Endpoint("{there}")', f'Endpoint("{there}", token="let me in")')
        run([sys.executable, "-c", asked], tmp_path)
    names = sorted(path.name for path in (tmp_path / "reconstructed").iterdir())
    assert names == ["reconstructions.npz", "reconstructions.png", "reconstructions.tif", "summary.json"]


def test_r(there: str, tmp_path: Path):
    if shutil.which("Rscript") is None:
        pytest.skip("R is not installed")
    for block in blocks("r", there):
        asked = block.replace("  req_perform", '  req_auth_bearer_token("let me in") |>\n  req_perform')
        run(["Rscript", "-e", asked], tmp_path)
    assert (tmp_path / "sample.png").read_bytes().startswith(b"\x89PNG")


def test_octave(there: str, tmp_path: Path):
    if shutil.which("octave") is None:
        pytest.skip("Octave is not installed")
    options = 'weboptions("HeaderFields", {"Authorization", "Bearer let me in"})'
    for block in blocks("octave", there):
        asked = re.sub(r'urlwrite\(("[^"]*"), ("[^"]*")\)', rf"websave(\2, \1, {options})", block)
        asked = re.sub(r'jsondecode\(urlread\(("[^"]*")\)\)', rf"webread(\1, {options})", asked)
        assert "fixed: mean" in run(["octave", "--eval", asked], tmp_path)
