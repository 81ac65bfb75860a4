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
from raysys.serve.auth import digest
from raysys.serve.catalogue import Catalogue
from raysys.serve.limits import Limits
from raysys.serve.routes import build_app
from raysys.serve.sampler import Sampler

# Serve restarts replicas when a deployment's version changes, and calls `reconfigure` when only `user_config` does.
# `serve.run` draws a random version each time, which would turn every hot swap into a restart.
VERSION = f"raysys-{raysys.__version__}"


class Settings(BaseModel):
    """What an application is built from; the `args` of a Serve configuration file."""

    model_config = ConfigDict(extra="forbid")

    models: dict[str, str] = Field(min_length=1, description="Served name -> folder or MLflow URI.")
    tracking_uri: str | None = Field(None, description="MLflow server or database for models:/ and runs:/ URIs.")
    token: str | None = Field(
        None,
        min_length=1,
        description="Bearer token; None takes RAYSYS_TOKEN of the cluster, or else lets everybody in.",
    )
    limits: Limits = Field(default_factory=Limits, description="Bounds per request.")
    replicas: int = Field(1, ge=1, description="Replicas of each model.")
    num_cpus: float = Field(0.2, gt=0, description="CPUs that Ray reserves per replica.")
    num_gpus: float = Field(0.0, ge=0, description="GPUs per replica; samples then agree up to rounding.")


@serve.deployment(name="gate", max_ongoing_requests=200)
@serve.ingress()
class Gate:
    """Checks the token, validates requests, and passes them to the samplers."""

    def __init__(self, samplers: dict[str, DeploymentHandle], limits: Limits, token_digest: str | None) -> None:
        self._catalogue = Catalogue(samplers, limits)
        self._token_digest = token_digest

    def __serve_build_asgi_app__(self) -> FastAPI:
        """Serve calls this once per replica, after the constructor."""
        return build_app(self._catalogue, self._token_digest)


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
            num_replicas=settings.replicas,
            user_config=user_config(uri, settings.tracking_uri),
            max_ongoing_requests=settings.limits.max_queued,
            # More are refused at once: a client can ask again, and an endless queue answers nobody in time.
            max_queued_requests=settings.limits.max_queued,
            ray_actor_options=_actor_options(settings, gpus=settings.num_gpus),
            **common,
        )
        .bind(settings.limits, "cuda" if settings.num_gpus else "cpu")
        for name, uri in settings.models.items()
    }
    gate = Gate.options(version=VERSION, ray_actor_options=_actor_options(settings), **common)
    # From a secret in the environment it stands in no configuration, which Ray's dashboard shows.
    token = settings.token or os.environ.get("RAYSYS_TOKEN")
    return gate.bind(samplers, settings.limits, digest(token) if token else None)


def user_config(uri: str, tracking_uri: str | None) -> dict[str, Any]:
    """What `Sampler.reconfigure` is given."""
    return {"uri": uri, "tracking_uri": tracking_uri}


def _actor_options(settings: Settings, gpus: float = 0.0) -> dict[str, Any]:
    return {"num_cpus": settings.num_cpus, "num_gpus": gpus, "runtime_env": {"env_vars": ONE_THREAD}}
