"""The models that an endpoint serves, by name, and how long it waits for them."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any, TypeVar

from ray.exceptions import RayActorError
from ray.serve.handle import DeploymentHandle

from raysys.serve.limits import Limits
from raysys.serve.refused import RefusedError
from raysys.serve.schemas import ModelDescription

T = TypeVar("T")


class Catalogue:
    """The models that an endpoint serves, by name."""

    def __init__(
        self, samplers: Mapping[str, DeploymentHandle], limits: Limits, desk: DeploymentHandle | None = None
    ) -> None:
        self.limits = limits
        self._samplers = dict(samplers)
        self._desk = desk

    @property
    def names(self) -> list[str]:
        """The served names, sorted."""
        return sorted(self._samplers)

    @property
    def desk(self) -> DeploymentHandle:
        """Who takes jobs."""
        if self._desk is None:
            raise RefusedError("this endpoint keeps no jobs; raysys serve --jobs FOLDER does", 409, "no_jobs")
        return self._desk

    def sampler(self, name: str) -> DeploymentHandle:
        """Look a model up; the name is never part of a path."""
        if name not in self._samplers:
            raise RefusedError(
                f"no model {name!r} is served here; known: {', '.join(self.names)}", 404, "unknown_model"
            )
        return self._samplers[name]

    async def describe(self, name: str) -> ModelDescription:
        """Ask the sampler, since its model may have been swapped."""
        facts = await self.ask(name, "describe")
        return ModelDescription(**{**facts, "name": name})

    async def ask(self, name: str, what: str, *about: Any) -> Any:
        """Call a method of a model's sampler; where its replica dies of something, another one is asked once.

        Raises
        ------
        RefusedError
            If there is no such model, or two replicas died.
        TimeoutError
            After the limit.
        """
        return await self._asked(getattr(self.sampler(name), what), about, f"the replicas of model {name!r}")

    async def ask_desk(self, what: str, *about: Any, again: bool = True) -> Any:
        """The same of the desk of jobs; what must not be done twice is not asked again."""
        return await self._asked(getattr(self.desk, what), about, "the replica that keeps jobs", again=again)

    async def _asked(self, asked: Any, about: tuple[Any, ...], who: str, *, again: bool = True) -> Any:
        async def answered() -> Any:
            try:
                return await asked.remote(*about)
            except RayActorError:
                if not again:
                    raise
                # Answers are functions of requests: the second is what the first would have been.
                return await asked.remote(*about)

        try:
            return await self.within_time(answered())
        except RayActorError:
            raise RefusedError(f"{who}: come to an end; try again shortly", 503, "busy") from None

    async def within_time(self, answer: Awaitable[T]) -> T:
        """Wait for an answer; TimeoutError after the limit."""
        return await asyncio.wait_for(_waiting(answer), self.limits.timeout_s)


async def _waiting(answer: Awaitable[T]) -> T:
    return await answer
