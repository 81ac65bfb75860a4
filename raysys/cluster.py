"""Connecting to Ray: an explicit address, one numerical thread per worker, and only what was started is stopped."""

import os
import re
import secrets
import signal
import socket
import tempfile
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from raysys.cache import is_writable
from raysys.errors import RaysysError

# One thread per Ray worker: oversubscribed BLAS and FFT threads slow small arrays 30-100 times.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_SCHEDULER_EVENTS": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # its own would end the sweep as if all its trials had ended
    # `ray.train.report` waits for the controller's next poll; the default of 2 s would cost 2 s per validation.
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.2",
}
HOST_AND_PORT = re.compile(r"(?:ray://)?\[?(?P<host>[^/]+?)\]?:(?P<port>\d+)")
PATIENCE = 5.0  # seconds within which a head node takes a connection


@contextmanager
def connected(
    address: str | None = None, *, num_cpus: int | None = None, num_gpus: int | None = None, quiet: bool = True
) -> Iterator[None]:
    """Connect to Ray for the block, and leave Ray as it was found.

    Parameters
    ----------
    address
        "local" starts a Ray of its own and stops it afterwards; "auto" or "HOST:PORT" joins a running cluster.
        None takes the environment variable RAY_ADDRESS (which `ray job submit` sets), or else "local".
    num_cpus, num_gpus
        CPUs and GPUs of a local Ray; all of the machine's by default. Ignored when joining.
    quiet
        Keep Ray's own log lines off the terminal.

    Raises
    ------
    RaysysError
        If no Ray answers at `address`.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    import ray  # after the environment is set: Ray reads some of these variables when it is imported

    if ray.is_initialized():
        yield
        return
    address = address or os.environ.get("RAY_ADDRESS") or "local"
    _require_listening(os.environ.get("RAY_ADDRESS") or address if address == "auto" else address)
    options: dict[str, object] = {
        "address": address,
        "runtime_env": {"env_vars": ONE_THREAD | QUIET},
        "log_to_driver": not quiet,
        "logging_level": "ERROR" if quiet else "INFO",
    }
    if address == "local":
        _have_token()
        options |= {"include_dashboard": False, "num_cpus": num_cpus or os.cpu_count(), "num_gpus": num_gpus}
        options |= {"_temp_dir": _temporary_folder(), "object_store_memory": 500_000_000}
    try:
        with _own_signals():
            ray.init(**options)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise _no_answer(address, error) from error
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def _own_signals() -> Iterator[None]:
    """Keep what this program answers to SIGTERM: Ray puts its own answer there, which prints the native stack."""
    earlier = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        # Where nothing was answered, Ray's answer is the better one.
        if callable(earlier) and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, earlier)


def places(each: Mapping[str, float]) -> int:
    """Workers for which the nodes have room when nothing else is at work, of resources `each` such as {"CPU": 1}.

    A cluster that grows counts as large as its settings let it become.
    """
    import ray
    from ray._private.state import state

    needs = {kind: need for kind, need in each.items() if need}
    largest = state.get_max_resources_from_cluster_config()
    nodes = [largest] if largest else [node["Resources"] for node in ray.nodes() if node["Alive"]]
    # Ray counts in ten-thousandths, and 0.9 / 0.3 must be three workers.
    return sum(int(min(node.get(kind, 0) / need + 1e-6 for kind, need in needs.items())) for node in nodes)


def require_places(count: int, each: Mapping[str, float], *, what: str, remedy: str) -> None:
    """Refuse what no node will ever have room for: Ray itself would wait for ever, and say nothing.

    Parameters
    ----------
    count, each
        Workers, and the resources of each, such as {"CPU": 1, "GPU": 1}.
    what, remedy
        Who needs them, and what is allowed, for sentences.

    Raises
    ------
    RaysysError
        If the cluster has room for fewer of them.
    """
    import ray

    if (found := places(each)) >= count:
        return
    there, needs = ray.cluster_resources(), {kind: need for kind, need in each.items() if need}
    wanted = " and ".join(counted(need, kind) for kind, need in needs.items())
    has = " and ".join(counted(there.get(kind, 0), kind) for kind in needs)
    raise RaysysError(
        f"{what} needs {count} worker{'s' if count > 1 else ''} of {wanted} each, and the cluster, with {has}, has "
        f"room for {found}; allowed: {remedy}, or more nodes"
    )


def warn_if_taken(count: int, each: Mapping[str, float], *, what: str) -> None:
    """Say that workers will have to wait until others leave CPUs or GPUs to them."""
    import ray

    there, free = ray.cluster_resources(), ray.available_resources()
    for kind, need in each.items():
        if there.get(kind, 0) >= count * need > free.get(kind, 0):
            warnings.warn(
                f"{what} waits for {kind}s that others use: it needs {count * need:g}, and {free.get(kind, 0):g} of "
                f"{there[kind]:g} are free",
                stacklevel=2,
            )


def counted(number: float, kind: str) -> str:
    """A number of CPUs or GPUs in words: "1 CPU", "0.5 GPUs"."""
    return f"{number:g} {kind}{'' if number == 1 else 's'}"


def _have_token() -> None:
    """Give a Ray of our own its token in the environment where Ray could not write one into the home folder."""
    named = any(os.environ.get(name) for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"))
    file = Path(os.path.expanduser("~/.ray/auth_token"))
    if not (named or file.is_file() or is_writable(file.parent)):
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)


def _require_listening(address: str) -> None:
    """Find out at once whether anything listens at HOST:PORT: Ray itself tries for many minutes."""
    named = HOST_AND_PORT.fullmatch(address)
    if named is None:
        return
    try:
        socket.create_connection((named["host"], int(named["port"])), timeout=PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise _no_answer(address, error) from error


def _no_answer(address: str, error: Exception) -> RaysysError:
    return RaysysError(
        f"no Ray cluster answers at {address!r} ({str(error).splitlines()[0]}); allowed: 'local', 'auto', "
        "or HOST:PORT of a running head node, with RAY_AUTH_MODE=token where the cluster asks for a token"
    )


def _temporary_folder() -> str:
    """A short path: Unix socket names, which Ray puts below it, are limited to about 100 characters."""
    return tempfile.mkdtemp(prefix="raysys-", dir="/tmp" if os.path.isdir("/tmp") else None)
