"""One driver at a time in a folder, told by the operating system."""

import errno
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.walking import Stroll

from raysys import RaysysError
from raysys.farm import run
from raysys.lock import Lock

HOLD = """
import sys, time
from pathlib import Path
from raysys.lock import Lock
with Lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def other(tmp_path):
    """Another process that holds the lock of a folder."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_folder_with_a_driver_is_refused_and_one_whose_driver_was_killed_is_not(other, tmp_path):
    expected = rf"{tmp_path}: process {other.pid} on .*, begun at 20.*, makes walks in it; allowed: to wait"
    with pytest.raises(RaysysError, match=expected):
        Lock(tmp_path, "walks").check()
    with pytest.raises(RaysysError, match=expected):
        run(Stroll(), 1, checkpoint_folder=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["driver.lock"]  # nothing of the second one
    other.send_signal(signal.SIGKILL)
    other.wait()
    with Lock(tmp_path) as lock:
        lock.check()  # one's own is no other
        with pytest.raises(RaysysError, match="makes jobs in it"):
            Lock(tmp_path).check()
    Lock(tmp_path).check()


def test_a_folder_that_is_not_there_is_free_and_not_made(tmp_path):
    Lock(tmp_path / "new").check()
    assert not (tmp_path / "new").exists()


def test_a_file_system_without_locks_is_told(tmp_path, monkeypatch):
    """No such file system is at hand, so the call that it would refuse refuses."""
    import fcntl

    def refuse(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.warns(UserWarning, match="has no locks, so nothing stops a second driver"), Lock(Path(tmp_path)):
        pass
