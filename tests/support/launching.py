"""Real `raysys` processes that are watched, and killed with all that they started."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

RAYSYS = Path(sys.executable).with_name("raysys")


class Launched:
    """A running `raysys` command; as a context manager it leaves nothing behind."""

    def __init__(self, *arguments: object) -> None:
        self.log = Path(f"raysys-{time.monotonic_ns()}.log").resolve()
        with self.log.open("w") as file:
            self.process = subprocess.Popen(
                [str(RAYSYS), *map(str, arguments)],
                stdout=file,
                stderr=subprocess.STDOUT,
                env={**os.environ, "RAY_USAGE_STATS_ENABLED": "0"},
                start_new_session=True,
            )

    def __enter__(self) -> Launched:
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()

    def descendants(self) -> list[psutil.Process]:
        """All processes that the command has started and that still run."""
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def workers(self, title: str) -> list[psutil.Process]:
        """Ray workers whose process title contains `title`."""
        found = []
        for process in self.descendants():
            try:
                if title in " ".join(process.cmdline()):
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def kill(self) -> None:
        """SIGKILL the driver, and then its Ray, which would notice only after a while."""
        started = self.descendants()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for process in started:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(started, timeout=30)

    def wait_until(self, condition: Callable[[], bool], *, seconds: float = 180) -> None:
        """Wait for something that the command does; fail with its output if it ends or dawdles."""
        end = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, f"ended too early:\n{self.log.read_text()}"
            assert time.monotonic() < end, f"still waiting:\n{self.log.read_text()}"
            time.sleep(0.02)

    def succeed(self, *, seconds: float = 240) -> str:
        """Wait for the end, which must be a success; return what was printed."""
        code = self.process.wait(timeout=seconds)
        text = self.log.read_text()
        assert code == 0, text
        return text
