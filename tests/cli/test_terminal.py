"""What commands say where their output is a pipe: something soon, and then how far they are."""

import threading
from collections.abc import Callable

import pytest

from raysys.cli.parts import terminal


@pytest.fixture
def after_silence(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A function that lets the time of silence pass; until it is called no time passes."""
    waiting: list[Callable[[], object]] = []

    class Timer:
        def __init__(self, seconds: float, say: Callable[[], object]) -> None:
            assert seconds <= 5
            self.say = say

        def start(self) -> None:
            waiting.append(self.say)

        def cancel(self) -> None:
            waiting.remove(self.say)

    monkeypatch.setattr(threading, "Timer", Timer)
    return lambda: [say() for say in waiting] and None


def test_a_silent_command_says_that_it_is_at_work(after_silence: Callable[[], None], capsys):
    with terminal.breaking_silence("train"):
        after_silence()
    assert capsys.readouterr().err == "raysys: train is at work, and tells how far it is when it knows\n"


def test_one_that_has_said_something_does_not(after_silence: Callable[[], None], capsys):
    with terminal.breaking_silence("train"):
        terminal.notice("grey, so segmented")
        after_silence()
    after_silence()  # ended
    assert capsys.readouterr().err == "raysys: grey, so segmented\n"


def test_a_bar_without_a_terminal_says_that_it_begins_and_then_how_far_it_is(
    after_silence: Callable[[], None], capsys, monkeypatch: pytest.MonkeyPatch
):
    with terminal.Bar("drawing", "speed") as bar:
        after_silence()
        monkeypatch.setattr(terminal, "SECONDS_BETWEEN_LINES", -1.0)
        bar.update(3, 7, speed="5/s")
        after_silence()
    assert capsys.readouterr().err == "raysys: drawing begins\nraysys: drawing 3/7, speed 5/s\n"
