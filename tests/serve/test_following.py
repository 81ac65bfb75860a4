"""Aliases in a real registry: what is served is a version, and moves with its alias."""

from pathlib import Path

import pytest
from support.serving import save_untrained

from raysys.errors import RaysysError
from raysys.models.registry import register, tracking_client
from raysys.serve.endpoint import _checked
from raysys.serve.following import Follower


class Recorder:
    """What an endpoint is told; versions that it cannot load are refused."""

    def __init__(self) -> None:
        self.swaps: list[dict[str, str]] = []
        self.bad: set[str] = set()

    def swap(self, models: dict[str, str]) -> None:
        if self.bad & set(models.values()):
            raise RaysysError("it cannot be loaded")
        self.swaps.append(models)


def test_a_new_champion_is_served(tmp_path: Path):
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    folders = [save_untrained(tmp_path / str(seed), "sand", seed=seed) for seed in range(2)]
    register(folders[0], "sand", tracking_uri=uri)
    served = {"sand": "models:/sand@champion", "folder": str(folders[0])}
    assert _checked(served, uri) == {"sand": "models:/sand/1", "folder": str(folders[0])}
    said, endpoint = [], Recorder()
    follower = Follower(endpoint, served, "champion", say=said.append, tracking_uri=uri)
    follower.look()
    assert endpoint.swaps == []
    register(folders[1], "sand", tracking_uri=uri)
    follower.look()
    follower.look()
    assert (endpoint.swaps, said) == ([{"sand": "models:/sand/2"}], ["sand is models:/sand/2 now"])
    register(folders[1], "sand", tracking_uri=uri)
    endpoint.bad = {"models:/sand/3"}
    follower.look()
    follower.look()
    assert said[1:] == ["sand stays models:/sand/2: it cannot be loaded"]
    tracking_client(uri).set_registered_model_alias("sand", "champion", "1")
    follower.look()
    assert endpoint.swaps[-1] == {"sand": "models:/sand/1"}


def test_there_must_be_something_to_follow():
    with pytest.raises(RaysysError, match="none of those served is the champion of a registered one"):
        Follower(Recorder(), {"gravel": "trained:gravel"}, "champion", say=print)
