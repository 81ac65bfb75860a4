"""The order of the rooms, and the peer that several of them ask."""

import builtins
from types import ModuleType

import pytest

# Ray puts a function of its own in the place of `print`, which numba cannot compile; PoreSpy compiles one that prints.
PRINT = builtins.print


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The farm goes first, since it wants a Ray of its own, with a GPU and a path that others' have not.

    Serve goes last: its endpoint, and the Ray under it, stay up for the whole room, which pytest ends with the run.
    Other rooms would meet a Ray whose CPUs are taken.
    """
    items.sort(key=lambda item: ("serve" in item.path.parts) - ("farm" in item.path.parts))


@pytest.fixture
def porespy(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """PoreSpy, whether or not Ray has been started in this process."""
    monkeypatch.setattr(builtins, "print", PRINT)
    return pytest.importorskip("porespy", minversion="3.2")
