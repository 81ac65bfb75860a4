"""Starting and stopping an endpoint: it checks its port first, binds one host, and stops only what it started."""

import logging
import signal
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import ray
from ray import serve
from ray.serve.schema import LoggingConfig

from raysys.cluster import require_places
from raysys.errors import RaysysError
from raysys.models import load
from raysys.models.abilities import abilities
from raysys.models.registry import located_model
from raysys.serve.access import Access
from raysys.serve.application import Settings, build
from raysys.serve.following import SECONDS, Follower
from raysys.serve.jobs.settings import JobSettings
from raysys.serve.layers.hosts import own_names
from raysys.serve.layers.record import STANDARD_OUTPUT
from raysys.serve.limits import Limits
from raysys.serve.tokens import digest, read_tokens

APP_NAME = "raysys"


class RunningEndpoint:
    """A running endpoint; use it as a context manager, or call `stop`."""

    def __init__(self, url: str, settings: Settings) -> None:
        self.url = url
        self._settings = settings
        self._running = True

    def swap(self, models: dict[str, str]) -> None:
        """Put other models behind served names, in the running replicas; requests go on meanwhile.

        Raises
        ------
        RaysysError
            If a name is not served, or a model cannot be loaded (the old one stays).
        """
        unknown = sorted(set(models) - set(self._settings.models))
        if unknown:
            known = ", ".join(sorted(self._settings.models))
            raise RaysysError(f"{', '.join(unknown)} is not served at {self.url}; known: {known}")
        resolved = _checked(models, self._settings.tracking_uri)
        self._settings = self._settings.model_copy(update={"models": self._settings.models | resolved})
        serve.run(build(self._settings), name=APP_NAME, route_prefix="/")

    def stop(self) -> None:
        """Stop Serve, which `start` started; a second call does nothing."""
        if self._running:
            self._running = False
            serve.shutdown()

    def __enter__(self) -> "RunningEndpoint":
        """Return the endpoint itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Stop it."""
        self.stop()


def start(
    models: dict[str, str],
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    tracking_uri: str | None = None,
    token: str | None = None,
    tokens: str | Path | None = None,
    hosts: Sequence[str] = (),
    origins: Sequence[str] = (),
    prefix: str = "",
    log: str | Path | None = None,
    limits: Limits | None = None,
    replicas: int = 1,
    max_replicas: int | None = None,
    num_gpus: float = 0.0,
    jobs: str | Path | JobSettings | None = None,
) -> RunningEndpoint:
    """Serve models over HTTP; call it inside `raysys.cluster.connected(...)`.

    Parameters
    ----------
    models
        Served name -> model folder or MLflow URI (`models:/NAME@champion`, `models:/NAME/3`, `runs:/ID/model`).
    host, port
        Where to listen; port 0 takes a free one.
    tracking_uri
        MLflow server or database, for MLflow URIs.
    token
        Bearer token that every request but the page and the health routes must carry, and that is good for all.
    tokens
        File of tokens with names and scopes, see `raysys.serve.tokens`; without both, and without RAYSYS_TOKEN in the
        environment, everybody may come in.
    hosts, origins
        Names that requests may give beside `host`, this machine's own and addresses in numbers; pages elsewhere that
        may ask through a browser.
    prefix
        Path below which a proxy shows the endpoint, and which it takes off.
    log
        File that gets a line of JSON for every request; "-" for standard output.
    limits
        Bounds per request.
    replicas, max_replicas
        Replicas of each model; with a larger `max_replicas` more are started while many ask, up to so many.
    num_gpus
        GPUs (or a share of one) per replica.
    jobs
        Folder in which jobs are kept, or it with their bounds; the same folder goes on with those of an earlier
        endpoint. None takes no jobs.

    Returns
    -------
    RunningEndpoint
        With `url`, `swap(models)` and `stop()`.

    Raises
    ------
    RaysysError
        If the port is taken, Serve already runs on this cluster, a model cannot be loaded, or the replicas do not fit.
    """
    port = _free_port(host, port)
    if tokens is not None:
        read_tokens(tokens)  # read here, so that a wrong one is one sentence
    # Serve keeps the address of whoever started it first, and would say nothing of ours.
    running = serve.status()
    if running.proxies:
        apps = ", ".join(running.applications) or "no application"
        raise RaysysError(f"Ray Serve already runs on this cluster ({apps}); stop it, or connect to another cluster")
    if num_gpus:
        remedy = "fewer replicas or models, or a smaller num_gpus"
        require_places(replicas * len(models), {"GPU": num_gpus}, what="the endpoint", remedy=remedy)
    kept, replica_cpus = _with_room(jobs, 1 + max(replicas, max_replicas or 0) * len(models))
    settings = Settings(
        models=_checked(models, tracking_uri),
        tracking_uri=tracking_uri,
        access=Access(
            token_sha256=None if token is None else digest(token),
            tokens=_resolved(tokens),
            hosts=(*sorted(own_names(host)), *hosts),
            origins=tuple(origins),
            prefix=_prefix(prefix),
            log=_resolved(log),
        ),
        limits=limits or Limits(),
        replicas=replicas,
        max_replicas=max_replicas,
        num_cpus=replica_cpus,
        num_gpus=num_gpus,
        jobs=kept,
    )
    application = build(settings)
    try:
        _run(application, host, port, settings.limits)
    # Of Ctrl-C too: half an endpoint would hold the port and its CPUs.
    except BaseException:
        serve.shutdown()
        raise
    # An IPv6 address has colons of its own.
    shown = f"[{host}]" if ":" in host else host
    return RunningEndpoint(f"http://{shown}:{port}", settings)


def serve_until_stopped(
    models: dict[str, str],
    *,
    announce: Callable[[RunningEndpoint], None] | None = None,
    follow: str | None = None,
    say: Callable[[str], object] = print,
    **options: Any,
) -> None:
    """Serve until SIGINT or SIGTERM, then stop cleanly; takes the options of `start`.

    Parameters
    ----------
    models, options
        As for `start`.
    announce
        Called once with the running endpoint, before the wait.
    follow, say
        An alias such as champion: when it is given to another version of a model, that one is served, and `say` is
        told so.
    """
    # SIGTERM as Ctrl-C: also while it starts, which takes seconds, and `start` then stops what is half up.
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        with start(models, **options) as endpoint:
            if announce:
                announce(endpoint)
            tracking_uri = options.get("tracking_uri")
            follower = follow and Follower(endpoint, models, follow, say=say, tracking_uri=tracking_uri)
            # The replicas answer; this process only waits for a signal, or for a new champion.
            while True:
                time.sleep(SECONDS if follower else 3600)
                if follower:
                    follower.look()
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, previous)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _run(application: serve.Application, host: str, port: int, limits: Limits) -> None:
    logging.getLogger("ray.serve").setLevel(logging.WARNING)  # Serve's own start messages, in this process
    quiet = LoggingConfig(enable_access_log=False, log_level="WARNING")
    # Later than our own limit, so that it is our sentence that is heard.
    options = {"host": host, "port": port, "request_timeout_s": limits.timeout_s + 10}
    serve.start(proxy_location="HeadOnly", http_options=options, logging_config=quiet)
    serve.run(application, name=APP_NAME, route_prefix="/", blocking=False)


def _free_port(host: str, port: int) -> int:
    """Serve shares ports silently (SO_REUSEPORT), so requests could reach another program: ask first."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            return probe.getsockname()[1]
    except (OSError, OverflowError) as error:
        raise RaysysError(f"port {port} on {host} cannot be used ({error}); choose another with --port") from error


def _prefix(given: str) -> str:
    """A prefix with one slash before each part; RaysysError if it is none."""
    parts = given.strip("/").split("/") if given.strip("/") else []
    if not all(part and not set(part) & set("?#") for part in parts):
        raise RaysysError(f"prefix {given!r} is no path; allowed: such as /lab")
    return "".join(f"/{part}" for part in parts)


def _resolved(path: str | Path | None) -> str | None:
    """A path as replicas find it, which have working folders of their own."""
    return None if path is None else str(path) if str(path) == STANDARD_OUTPUT else str(Path(path).resolve())


def _checked(models: dict[str, str], tracking_uri: str | None) -> dict[str, str]:
    """Load every model once here, so that a wrong one is one sentence and not a replica that keeps dying."""
    if not models:
        raise RaysysError("no model to serve; give at least one NAME=FOLDER or NAME=models:/NAME@ALIAS")
    resolved = {}
    for name, uri in models.items():
        # Replicas have working folders of their own; and of an alias, which may move, all must have the same version.
        located = located_model(str(uri), tracking_uri=tracking_uri)
        model = load(located, tracking_uri=tracking_uri)
        if not abilities(model):
            raise RaysysError(f"model {uri} {model.purpose}, which is nothing that an endpoint can be asked for")
        resolved[name] = located
    return resolved


def _with_room(jobs: str | Path | JobSettings | None, actors: int) -> tuple[JobSettings | None, float]:
    """Settings of jobs with the CPUs that a worker can have, and CPUs of each replica beside it."""
    if jobs is None:
        return None, _cpus_per_replica(actors)
    settings = jobs if isinstance(jobs, JobSettings) else JobSettings(folder=Path(jobs))
    # A whole CPU for the farm where that leaves as much for the replicas, which wait most of the time.
    cpus = min(settings.cpus, ray.cluster_resources().get("CPU", 0.0) / 2)
    folder = settings.folder.resolve()  # replicas have working folders of their own
    kept = settings.model_copy(update={"folder": folder, "cpus": cpus or settings.cpus})
    return kept, _cpus_per_replica(actors + 1, taken=cpus)


def _cpus_per_replica(actors: int, taken: float = 0.0) -> float:
    """A fifth of a CPU each, or less where that would not fit: replicas that wait for a CPU would wait for ever."""
    free = ray.cluster_resources().get("CPU", 0.0) - taken
    if free <= 0:
        raise RaysysError("this Ray cluster has no CPU to run an endpoint on; start it with at least one")
    # Rounded down: rounded up, the last replica would wait for a thousandth of a CPU.
    return min(0.2, int(1000 * free / actors) / 1000)
