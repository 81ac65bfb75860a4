"""The Serve application: one sampler deployment per model behind one gate that speaks HTTP."""

import os
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field
from ray import serve
from ray.serve.handle import DeploymentHandle
from ray.serve.schema import LoggingConfig

import raysys
from raysys.cluster import ONE_THREAD
from raysys.models.card import check_name
from raysys.serve.access import Access
from raysys.serve.catalogue import Catalogue
from raysys.serve.jobs.desk import JobDesk
from raysys.serve.jobs.settings import JobSettings
from raysys.serve.limits import Limits
from raysys.serve.routes import build_app
from raysys.serve.sampler import Sampler
from raysys.serve.tokens import digest

# Serve restarts replicas when a deployment's version changes, and calls `reconfigure` when only `user_config` does.
# `serve.run` draws a random version each time, which would turn every hot swap into a restart.
VERSION = f"raysys-{raysys.__version__}"


HEALTH_SECONDS = 10.0


class Settings(BaseModel):
    """What an application is built from; the `args` of a Serve configuration file."""

    model_config = ConfigDict(extra="forbid")

    models: dict[str, str] = Field(min_length=1, description="Served name -> folder or MLflow URI.")
    tracking_uri: str | None = Field(None, description="MLflow server or database for models:/ and runs:/ URIs.")
    access: Access = Field(default_factory=Access, description="Who may ask.")
    limits: Limits = Field(default_factory=Limits, description="Bounds per request.")
    jobs: JobSettings | None = Field(None, description="Where jobs are kept; None for an endpoint that takes none.")
    replicas: int = Field(1, ge=1, description="Replicas of each model.")
    max_replicas: int | None = Field(
        None,
        ge=1,
        description="Replicas at most while many ask, of which `replicas` stay; no more if absent.",
    )
    num_cpus: float = Field(0.2, gt=0, description="CPUs that Ray reserves per replica.")
    num_gpus: float = Field(0.0, ge=0, description="GPUs per replica; samples then agree up to rounding.")


# Far above `Limits.max_requests`, by which the gate itself refuses: a probe must never wait behind requests.
MOST_REQUESTS = 10_000


@serve.deployment(name="gate", max_ongoing_requests=MOST_REQUESTS)
@serve.ingress()
class Gate:
    """Decides who may ask, validates requests, and passes them to the samplers."""

    def __init__(
        self, samplers: dict[str, DeploymentHandle], limits: Limits, access: Access, desk: DeploymentHandle | None
    ) -> None:
        self._catalogue = Catalogue(samplers, limits, desk)
        self._access = access

    def __serve_build_asgi_app__(self) -> FastAPI:
        """Serve calls this once per replica, after the constructor."""
        return build_app(self._catalogue, self._access)


def build(settings: Settings) -> serve.Application:
    """Bind the deployments; also the `import_path` of a Serve configuration file (`raysys.serve.application:build`).

    Raises
    ------
    RaysysError
        If a name cannot be part of an URL.
    """
    for name in settings.models:
        check_name(name, "served name")
    # A line a request would fill the logs; refusals are told to whoever asked.
    common = {"logging_config": LoggingConfig(enable_access_log=False, log_level="WARNING"), "_internal": True}
    samplers = {
        name: serve.deployment(Sampler)
        .options(
            name=f"sampler-{name}",
            version=VERSION,
            **_scaling(settings),
            user_config=user_config(uri, settings.tracking_uri),
            max_ongoing_requests=settings.limits.max_queued,
            # Looks at the thread that draws, see `Sampler.check_health`.
            health_check_period_s=HEALTH_SECONDS,
            # More are refused at once: a client can ask again, and an endless queue answers nobody in time.
            max_queued_requests=settings.limits.max_queued,
            ray_actor_options=_actor_options(settings, gpus=settings.num_gpus),
            **common,
        )
        .bind(settings.limits, "cuda" if settings.num_gpus else "cpu")
        for name, uri in settings.models.items()
    }
    gate = Gate.options(version=VERSION, ray_actor_options=_actor_options(settings), **common)
    return gate.bind(samplers, settings.limits, rules(settings), _desk(settings, **common))


def rules(settings: Settings) -> Access:
    """The rules; where they name no token, that of a secret in the cluster's environment, RAYSYS_TOKEN."""
    token = os.environ.get("RAYSYS_TOKEN")
    if not token or settings.access.token_sha256 or settings.access.tokens:
        return settings.access
    return settings.access.model_copy(update={"token_sha256": digest(token)})


def _scaling(settings: Settings) -> dict[str, Any]:
    if settings.max_replicas is None or settings.max_replicas <= settings.replicas:
        return {"num_replicas": settings.replicas}
    # Two requests at each replica: one is drawn while the next is on its way.
    bounds = {"min_replicas": settings.replicas, "max_replicas": settings.max_replicas, "target_ongoing_requests": 2}
    return {"autoscaling_config": bounds}


def _desk(settings: Settings, **common: Any) -> serve.Application | None:
    """The deployment that keeps jobs; one replica works at one job at a time, on all workers that there are."""
    if settings.jobs is None:
        return None
    desk = serve.deployment(JobDesk).options(
        name="jobs",
        version=VERSION,
        user_config={"models": settings.models, "tracking_uri": settings.tracking_uri},
        max_ongoing_requests=settings.limits.max_queued,
        ray_actor_options=_actor_options(settings),
        **common,
    )
    return desk.bind(settings.jobs, settings.limits)


def user_config(uri: str, tracking_uri: str | None) -> dict[str, Any]:
    """What `Sampler.reconfigure` is given."""
    return {"uri": uri, "tracking_uri": tracking_uri}


def _actor_options(settings: Settings, gpus: float = 0.0) -> dict[str, Any]:
    return {"num_cpus": settings.num_cpus, "num_gpus": gpus, "runtime_env": {"env_vars": ONE_THREAD}}
