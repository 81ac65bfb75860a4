"""Containers on clusters: neither the package nor the home folder can be written to, and outputs may be full."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import raysys.cache as cache

ROOT = Path(__file__).resolve().parents[1]
CAN_MOUNT = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not CAN_MOUNT, reason="needs the right to mount, as root has it")
def test_a_package_and_a_home_that_cannot_be_written(tmp_path: Path):
    """The package and the home folder are read-only for this process; of two outputs one is read-only and one full."""
    for name in ("home", "locked", "full", "tmp"):
        (tmp_path / name).mkdir()
    np.save(tmp_path / "image.npy", np.eye(32, dtype=np.uint8))
    np.save(tmp_path / "noise.npy", np.random.default_rng(0).random((256, 256), np.float32))
    script = f"""
        mount --bind {ROOT} {ROOT} && mount -o remount,bind,ro {ROOT} || exit 77
        mount -t tmpfs -o ro tmpfs home && mount -t tmpfs -o ro tmpfs locked && mount -t tmpfs -o size=64k tmpfs full
        export HOME=$PWD/home TMPDIR=$PWD/tmp PYTHONPATH={ROOT}; unset XDG_CACHE_HOME NUMBA_CACHE_DIR
        run="{sys.executable} -m raysys"
        $run stats image.npy --descriptors S2 --r-max 2 --csv locked/a.csv; echo code $?
        $run data segment noise.npy --set segment=none --set phase=bright -o full/a.npy; echo code $?
    """
    ended = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    if ended.returncode == 77:
        pytest.skip("this file system cannot be bound read-only")
    assert "S2" in ended.stdout  # compiled, and measured
    assert [line for line in ended.stdout.splitlines() if line.startswith("code")] == ["code 2", "code 2"]
    assert "Traceback" not in ended.stderr
    assert [line for line in ended.stderr.splitlines() if "/a." in line] == [  # others say how far it is
        "raysys: locked/a.csv: Read-only file system",
        "raysys: full/a.npy: No space left on device",
    ]
    assert list((tmp_path / "tmp").glob("raysys-*/numba/*"))


def test_what_can_be_written_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "new" / "deep"))
    monkeypatch.delenv("RAYSYS_CACHE", raising=False)
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    assert cache.cache_folder() == tmp_path / "new" / "deep" / "raysys"
    cache.keep_compiled_code()
    assert "NUMBA_CACHE_DIR" not in os.environ


def test_a_temporary_folder_of_somebody_else_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Compiled code is loaded as it lies there, so nobody else may be able to put some."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    own = tmp_path / f"raysys-{os.getuid()}"
    assert cache.temporary_cache() == own
    assert stat.S_IMODE(own.stat().st_mode) == 0o700
    own.chmod(0o777)
    assert cache.temporary_cache() != own
    own.rmdir()
    own.symlink_to(tmp_path)
    assert cache.temporary_cache() != own
