"""Decoding uploads elsewhere: within a time, and without harm to whoever waits."""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from raysys.data.files.source import Choice
from raysys.form import Kind
from raysys.serve.decoding.frames import read_frame, write_frame
from raysys.serve.limits import Limits
from raysys.serve.refused import RefusedError

SECONDS_TO_START = 60.0


class Decoder:
    """Decodes uploads in a process that is started with the first of them, and again whenever one has killed it.

    Parameters
    ----------
    limits
        Bounds of an upload, in bytes, images, pixels and seconds.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def decode(
        self, data: bytes, dims: int = 2, kind: Kind = "grey", channels: int = 1, choice: Choice = Choice()
    ) -> np.ndarray:
        """Images of an upload, as `raysys.serve.uploads.decode_upload` returns them; one upload at a time.

        Raises
        ------
        RefusedError
            As `decode_upload` does, and if decoding takes too long or ends the process.
        """
        question = {"dims": dims, "kind": kind, "channels": channels, "choice": asdict(choice)}
        with self._lock:
            child = self._started()
            with self._within(child, self._limits.decode_s, "decoded"):
                write_frame(_in(child), {"limits": self._limits.model_dump(), **question}, data)
                facts, content = read_frame(_out(child))
        if "refused" in facts:
            raise RefusedError(*facts["refused"])
        # A copy, since bytes cannot be written into, which torch warns of.
        return np.frombuffer(content, np.dtype(facts["dtype"])).reshape(facts["shape"]).copy()

    def stop(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            # With this process's own paths: a cluster's job may have raysys in its working folder.
            paths = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
            command = [sys.executable, "-m", "raysys.serve.decoding.child"]
            pipe = subprocess.PIPE
            self._child = subprocess.Popen(command, stdin=pipe, stdout=pipe, env=os.environ | paths)
            with self._within(self._child, SECONDS_TO_START, "taken up"):
                read_frame(_out(self._child))
        return self._child

    @contextlib.contextmanager
    def _within(self, child: subprocess.Popen[bytes], seconds: float, what: str) -> Iterator[None]:
        """End the process after some seconds, or where it has ended itself, and say which it was."""
        late = threading.Event()

        def give_up() -> None:
            late.set()
            child.kill()

        timer = threading.Timer(seconds, give_up)
        timer.start()
        try:
            yield
        except (EOFError, OSError, ValueError):
            self._end()
            raise RefusedError(
                f"the upload has not been {what} within {seconds:g} s; allowed: files that are read in less"
                if late.is_set()
                else "the upload cannot be read: whatever reads it comes to an end; is the file damaged?"
            ) from None
        finally:
            timer.cancel()

    def _end(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None


def _in(child: subprocess.Popen[bytes]) -> Any:
    return child.stdin


def _out(child: subprocess.Popen[bytes]) -> Any:
    return child.stdout
