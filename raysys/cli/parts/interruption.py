"""Ctrl-C: at once one line that says what is kept and which command goes on; then what was begun is ended."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from raysys.errors import RaysysError

if TYPE_CHECKING:
    from raysys.train import Recipe

INTERRUPTED = 130  # what a shell says of a command that Ctrl-C has ended
Words = Callable[[], str]


class Interruption:
    """What is to be said if Ctrl-C ends this process, and whether it was.

    Parameters
    ----------
    command
        The arguments of the command line.
    """

    def __init__(self, command: Sequence[str] = ()) -> None:
        self.command = list(command)
        self.kept: list[Words] = []
        self.said = False

    def sentence(self) -> str:
        """What the innermost block keeps, by the words that it gave."""
        for words in reversed(self.kept):
            try:
                return f"interrupted; {words()}"
            except (OSError, RaysysError, ValueError):  # of files that are not there yet
                continue
        return f"interrupted; what was said to be written is kept; the whole again: {again()}"

    def say(self) -> None:
        """Say it, once."""
        if self.said:
            return
        self.said = True
        line = f"raysys: {self.sentence()}\n"
        try:
            # Not by way of buffers, in the middle of whose work the signal may have come.
            os.write(sys.stderr.fileno(), (f"\n{line}" if sys.stderr.isatty() else line).encode())
        except OSError:  # no file, but a stream of Python's
            sys.stderr.write(line)


_now = Interruption()


@contextmanager
def told_at_once(command: Sequence[str]) -> Iterator[Interruption]:
    """Answer Ctrl-C in the block: the first says what is kept and ends what was begun, a second ends the process.

    Parameters
    ----------
    command
        The arguments of the command line.
    """
    global _now
    before, _now = _now, Interruption(command)

    def interrupt(number: int, frame: FrameType | None) -> None:
        if _now.said:
            # Without ending what was begun: who presses twice wants to be out, and folders can be resumed.
            os._exit(INTERRUPTED)
        _now.say()
        raise KeyboardInterrupt

    main = threading.current_thread() is threading.main_thread()  # which alone hears signals
    earlier = signal.signal(signal.SIGINT, interrupt) if main else None
    try:
        yield _now
    finally:
        if main:
            signal.signal(signal.SIGINT, earlier)
        _now = before


@contextmanager
def keeping(words: Words) -> Iterator[None]:
    """Say these words if Ctrl-C ends the block; they are asked for at that moment."""
    _now.kept.append(words)
    try:
        yield
    finally:
        _now.kept.remove(words)


def again(*more: str) -> str:
    """The command line once more, with options that it lacks."""
    words = [*_now.command, *(option for option in more if option not in _now.command)]
    return shlex.join(["raysys", *words])


def run_kept(recipe: Recipe, kind: str) -> Words:
    """What is kept of a training ("train") or a sweep that begins now, or is resumed.

    Parameters
    ----------
    recipe
        Whose newest folder of that kind it is, or will be.
    """
    # A resumed run's folder was there before; a new one's is what appears.
    before = set() if "--resume" in _now.command else set(recipe.folder.glob(f"{kind}-*"))

    def words() -> str:
        from raysys.train.session import newest_checkpoint

        begun = set(recipe.folder.glob(f"{kind}-*")) - before
        folders = sorted(path for path in begun if (path / "run.json").is_file())
        if not folders:
            return f"nothing was begun; the same again: {again()}"
        if kind == "sweep":
            return f"its trials are kept in {_near(folders[-1])}, to go on from their checkpoints: {again('--resume')}"
        newest = newest_checkpoint(folders[-1])
        if newest is None:
            return f"no checkpoint was made yet, so it would begin again: {again('--resume')}"
        step = int(newest.name.rpartition("-")[2])
        return f"its checkpoint of step {step} is kept in {_near(newest)}, to go on: {again('--resume')}"

    return words


def _near(path: os.PathLike[str]) -> str:
    """A path as it is called from the working folder, where that is shorter."""
    near = os.path.relpath(path)
    return str(path) if near.startswith("..") else near
