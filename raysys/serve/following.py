"""A registered model that is given an alias is served without a restart."""

from collections.abc import Callable, Mapping
from typing import Protocol

from raysys.errors import RaysysError
from raysys.models.registry import located_model

SECONDS = 10.0


class Swaps(Protocol):
    """An endpoint, of which only this is needed."""

    def swap(self, models: dict[str, str]) -> None:
        """Put other models behind served names."""


class Follower:
    """Looks where an alias stands now, and swaps what has moved.

    Replicas are told a version and never an alias: one that starts later would else have another model than the others.

    Parameters
    ----------
    endpoint
        Whose models are swapped.
    models
        Served names and where their models are; followed are those that stand as `models:/NAME@ALIAS` with the alias.
    alias
        Such as champion.
    say
        Is told, in a sentence, what has been swapped, and what could not be.
    tracking_uri
        As of `raysys.models.load`.
    """

    def __init__(
        self,
        endpoint: Swaps,
        models: Mapping[str, str],
        alias: str,
        *,
        say: Callable[[str], object],
        tracking_uri: str | None = None,
    ) -> None:
        self._endpoint, self._say, self._tracking_uri = endpoint, say, tracking_uri
        self._followed = {name: uri for name, uri in models.items() if str(uri).endswith(f"@{alias}")}
        if not self._followed:
            raise RaysysError(
                f"no model to follow: none of those served is the {alias} of a registered one, as models:/NAME@{alias}"
            )
        self._versions = {name: self._located(uri) for name, uri in self._followed.items()}
        self._refused: set[str] = set()

    def look(self) -> None:
        """Swap what has moved; what cannot be loaded is told once, and the model of before stays."""
        for name, uri in self._followed.items():
            version = uri
            try:
                version = self._located(uri)
                if version != self._versions[name] and version not in self._refused:
                    self._endpoint.swap({name: version})
                    self._versions[name] = version
                    self._say(f"{name} is {version} now")
            except RaysysError as error:
                if version not in self._refused:
                    self._say(f"{name} stays {self._versions[name]}: {error}")
                # A registry that is away comes back; a version that cannot be loaded never can be.
                self._refused |= {version} - {uri}

    def _located(self, uri: str) -> str:
        return located_model(uri, tracking_uri=self._tracking_uri)
