"""A disk that is full: each command says so in one sentence with the file, and the output of an earlier run stays."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from raysys.data import gaussian_random_field

CAN_MOUNT = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0
pytestmark = pytest.mark.skipif(not CAN_MOUNT, reason="needs the right to mount, as root has it")

# {words of the command: the file that the sentence names}, an expression where it depends on what the commands before
# have left; all in one process, since starting takes the longest.
COMMANDS = {
    "stats tiles.npy --descriptors S2 --r-max 20 --csv full/a.csv": "full/a.csv",
    "stats tiles.npy --descriptors S2 --r-max 2 --save full/a.npz": "full/a.npz",
    "stats tiles.npy --descriptors S2 --r-max 2 --report full/a.html": "full/a.html",
    "sample trained:gravel --size 128 -o full/a.npy": "full/a.npy",
    "data tile large.npy -o full/a.npy --set tile=32": "full/a.npy",
    "data segment large.npy -o full/a.npy --set phase=bright": "full/a.npy",
    "data synthesize micro2d-like --classes NBSA --per-class 1 -o full/a.h5": "full/a.h5.parts/settings.json",
    "compare tiles.npy --images o=tiles.npy --descriptors S2 --r-max 8 --no-pores --nearest 0 --power none --no-track "
    "-o full/compared": "full/compared/real.npz",
    "synthesise grey.png --method quilting --size 64 -o full/a.png": "full/a.png.pictures/driver.lock",
    "anneal tiles.npy --chains 1 --shape 16 16 --phase 1 --r-max 4 --out full/out": "full/out/(run|chains).*",
}
# Those of an earlier run fill the file system, of which a page of 4096 bytes is the unit.
PROGRAM = """
import sys
from typer.testing import CliRunner
from raysys.cli import app
for line in {commands!r}:
    ended = CliRunner().invoke(app, line.split())
    print(line, ended.exit_code, ended.stderr.splitlines()[-1], sep="\\t")
    if ended.exit_code not in (0, 2):
        raise ended.exception
"""


def test_every_output_is_one_sentence_and_the_earlier_one_stays(tmp_path: Path):
    for name, side, count in (("tiles", 32, 8), ("large", 200, 1)):
        images = gaussian_random_field((side, side), correlation_length=2.0, phase_fraction=0.4, seed=1, n=count)
        np.save(tmp_path / f"{name}.npy", images if count > 1 else images[0])
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (48, 48), np.uint8)).save(tmp_path / "grey.png")
    (tmp_path / "program.py").write_text(PROGRAM.format(commands=list(COMMANDS)))
    script = f"""
        mkdir full && mount -t tmpfs -o size=36k tmpfs full && mkdir full/compared || exit 77
        for name in a.csv a.npz a.html a.npy a.h5 a.png compared/verdict.json; do echo old > full/$name; done
        head -c 8192 /dev/zero > full/rest
        {sys.executable} program.py; cat full/a.* full/compared/verdict.json
    """
    ended = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    if ended.returncode == 77:
        pytest.skip("no file system in memory can be mounted")
    lines = ended.stdout.splitlines()
    assert lines[len(COMMANDS) :] == ["old"] * 7, ended.stdout + ended.stderr
    for line, (command, file) in zip(lines, COMMANDS.items(), strict=False):
        assert re.fullmatch(rf"{re.escape(command)}\t2\traysys: {file}: No space left on device", line)
