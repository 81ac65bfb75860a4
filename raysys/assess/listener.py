"""Who is told what a long call decides on the user's behalf, and how far it is: a terminal, a notebook, nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Listener", "Progress", "Say", "unheard", "unseen"]

Say = Callable[[str], None]
Progress = Callable[[str, int, int, str], None]


def unheard(_: str) -> None:
    """Tell nobody."""


def unseen(_: str, __: int, ___: int, ____: str) -> None:
    """Show nobody."""


@dataclass(frozen=True)
class Listener:
    """Two callables.

    Attributes
    ----------
    say
        Takes a sentence about what was decided, such as how grey images were segmented.
    progress
        Takes what is being done, how many are done, how many there are, and of what: ("samples of gan", 16, 64,
        "images").
    """

    say: Say = unheard
    progress: Progress = unseen

    def counting(self, what: str, of: str) -> Callable[[int, int], None]:
        """Return a callable (done, all) that tells how far one thing is."""
        return lambda done, total: self.progress(what, done, total, of)
