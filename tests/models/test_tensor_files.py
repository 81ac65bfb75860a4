"""Weights that find no room: the system's error with the file's name, and nothing under the final name."""

import errno
import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from raysys.models.tensor_files import write_tensors

FULL = """
import resource, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from support.toys import toy
from raysys import RaysysError
from raysys.models import save_model
from raysys.models.tensor_files import write_tensors
from raysys.train.session import LocalSession
from raysys.train.checkpoint import Progress
import torch
model, tensors = toy("binary", (8, 8, 8)), dict(a=torch.zeros(10_000))
session = LocalSession(Path("run"))
save_model("model", model)
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))  # a file that may not grow stands for a full disk
for name, write in (
    ("a", lambda: write_tensors(Path("a"), tensors)),
    ("model", lambda: save_model("model", model)),
):
    try:
        write()
    except OSError as error:
        print(name, error.errno, Path(error.filename).name)
try:
    session.report(Progress(step=1), lambda to: write_tensors(to / "a", tensors))
except RaysysError as error:
    print(error)
"""


def test_what_is_written_is_read(tmp_path: Path):
    write_tensors(tmp_path / "a.safetensors", {"a": torch.arange(6.0).reshape(2, 3)})
    assert load_file(tmp_path / "a.safetensors")["a"].tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]


def test_a_full_disk_is_the_systems_error_with_the_final_name(tmp_path: Path):
    script = FULL.format(tests=str(Path(__file__).parents[1]))
    answer = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    *files, checkpoint = answer.stdout.splitlines()
    assert files == [f"{name} {errno.EFBIG} {name}" for name in ("a", "model")]
    assert checkpoint.startswith("run: no checkpoint step-00000001 can be written (")
    assert load_file(tmp_path / "model" / "model.safetensors")  # the earlier one
    assert not list((tmp_path / "run").iterdir())
