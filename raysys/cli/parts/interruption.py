"""Ctrl-C: at once one line that says what is kept and which command goes on; then what was begun is ended.

SIGTERM, which batch schedulers send when a job's time is up, and SIGHUP, when its terminal goes, are answered the same.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from io import UnsupportedOperation
from types import FrameType
from typing import TYPE_CHECKING

from raysys.errors import RaysysError

if TYPE_CHECKING:
    from raysys.train import Recipe

ENDED_BY_SIGNAL = 128  # plus the signal's number: what a shell says of a command that was ended so, 130 of Ctrl-C
HEARD = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
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
        self.written: list[str] = []
        self.said = False
        self.code = ENDED_BY_SIGNAL + signal.SIGINT
        self.hears = False
        self._heard = self._swallowed = False
        self._saying = threading.Lock()

    def sentence(self, number: int = signal.SIGINT) -> str:
        """What the innermost block keeps, by the words that it gave."""
        by_whom = "" if number == signal.SIGINT else f" by {signal.Signals(number).name}"
        for words in reversed(self.kept):
            try:
                return f"interrupted{by_whom}; {words()}"
            except (OSError, RaysysError, ValueError):  # of files that are not there yet
                continue
        kept = f"{', '.join(self.written)} is complete" if self.written else "nothing was written"
        return f"interrupted{by_whom}; {kept}, the whole again: {again()}"

    def say(self, number: int = signal.SIGINT) -> None:
        """Say it, once, whichever thread comes first."""
        if not self._saying.acquire(blocking=False):
            return
        self.said, self.code = True, ENDED_BY_SIGNAL + number
        line = f"raysys: {self.sentence(number)}\n"
        # Where a terminal has gone, nobody listens any more.
        with suppress(OSError):
            try:
                # Not by way of buffers, in the middle of whose work the signal may have come.
                os.write(sys.stderr.fileno(), (f"\n{line}" if sys.stderr.isatty() else line).encode())
            except UnsupportedOperation:  # no file, but a stream of Python's
                sys.stderr.write(line)

    def hear(self, number: int, frame: FrameType | None) -> None:
        """Answer a signal, as Python calls it."""
        if not self._heard or self._swallowed:
            self._heard, self._swallowed = True, False
            self.say(number)
            raise KeyboardInterrupt
        if number == signal.SIGINT:
            # Without ending what was begun: who presses twice wants to be out, and folders can be resumed.
            os._exit(ENDED_BY_SIGNAL + number)

    def swallowed(self, what: sys.UnraisableHookArgs) -> bool:
        """Whether this is our exception, which a callback or a destructor could not pass on; it then comes again."""
        if not (self._heard and what.exc_type is KeyboardInterrupt):
            return False
        self._swallowed = True
        # Not from here, where it would be swallowed again; by a signal, which also ends what waits or sleeps, and not
        # by Ctrl-C's, which would be taken for a second one.
        threading.Timer(0.05, signal.pthread_kill, (threading.main_thread().ident, signal.SIGTERM)).start()
        return True

    def listen(self, pipe: int) -> None:
        """Say it at once also while this process is inside compiled code, where Python does not call `hear`.

        Parameters
        ----------
        pipe
            Where the numbers of signals come from; the thread that calls this ends when it is closed.
        """
        presses = 0
        while numbers := os.read(pipe, 64):
            for number in numbers:
                if number in HEARD:
                    self.say(number)
                presses += number == signal.SIGINT
                if presses > 1:
                    os._exit(ENDED_BY_SIGNAL + number)
        os.close(pipe)


_now = Interruption()


@contextmanager
def told_at_once(command: Sequence[str]) -> Iterator[Interruption]:
    """Answer signals in the block: the first says what is kept and ends what was begun, a second Ctrl-C the process.

    Parameters
    ----------
    command
        The arguments of the command line.
    """
    global _now
    before, _now = _now, Interruption(command)
    try:
        with _heard(_now):
            yield _now
    finally:
        _now = before


@contextmanager
def _heard(interruption: Interruption) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # which alone hears signals
        yield
        return
    # What `nohup` or a shell has told this process to ignore stays ignored, but for Ctrl-C.
    heard = [number for number in HEARD if number == signal.SIGINT or signal.getsignal(number) != signal.SIG_IGN]
    earlier = {number: signal.signal(number, interruption.hear) for number in heard}
    ours, wakeup = os.pipe()
    os.set_blocking(wakeup, False)
    interruption.hears = True
    earlier_wakeup = signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
    threading.Thread(target=interruption.listen, args=(ours,), daemon=True).start()
    hook = sys.unraisablehook
    sys.unraisablehook = lambda what: None if interruption.swallowed(what) else hook(what)
    try:
        yield
    finally:
        sys.unraisablehook = hook
        signal.set_wakeup_fd(earlier_wakeup)
        os.close(wakeup)
        for number, answer in earlier.items():
            signal.signal(number, answer)


def _before_fork() -> None:
    """Let signals wait while there are two processes with one pipe and the same answers."""
    _forking.mask = signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)


def _after_fork_in_parent() -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, _forking.mask)


def _after_fork_in_child() -> None:
    """A forked process has nothing to say, and is ended by what ends others."""
    if _now.hears:
        signal.set_wakeup_fd(-1)
        for number in HEARD:
            if signal.getsignal(number) == _now.hear:
                signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, _forking.mask)


_forking = threading.local()
os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)


@contextmanager
def keeping(words: Words) -> Iterator[None]:
    """Say these words if Ctrl-C ends the block; they are asked for at that moment."""
    _now.kept.append(words)
    try:
        yield
    finally:
        _now.kept.remove(words)


def note_written(path: str | os.PathLike[str]) -> None:
    """Note a file or folder that is complete, of which a line is to tell if Ctrl-C comes after it."""
    _now.written.append(str(path))


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
