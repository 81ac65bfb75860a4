"""The order of the rooms."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Serve goes last: its endpoint, and the Ray under it, stay up for the whole room, which pytest ends with the run.

    Other rooms would meet a Ray whose CPUs are taken.
    """
    items.sort(key=lambda item: item.path.parent.name == "serve")
