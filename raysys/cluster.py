"""Connecting to Ray: an explicit address, one numerical thread per worker, and only what was started is stopped."""

import os
import re
import secrets
import shutil
import signal
import socket
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from raysys.cache import is_writable
from raysys.errors import RaysysError
from raysys.lock import Lock

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
PATIENCE = 5.0  # seconds within which a head node takes a connection, and answers
GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))  # and settings, of which none
PREFIX = "raysys-ray-"
TOO_SLOW = "timed out during startup"


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
    with ExitStack() as stack:
        if address == "local":
            _have_token()
            options |= {"include_dashboard": False, "num_cpus": num_cpus or os.cpu_count(), "num_gpus": num_gpus}
            options |= {"object_store_memory": 500_000_000, "_temp_dir": stack.enter_context(_temporary_folder())}
        stack.callback(ray.shutdown)
        try:
            with _own_signals():
                _started(options)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise _no_answer(address, error) from error
        yield


def _started(options: dict[str, object]) -> None:
    """Start or join Ray; once more where a busy machine was too slow for the time that Ray gives its own processes."""
    import ray

    for last in (False, True):
        try:
            ray.init(**options)  # type: ignore[arg-type]  # each option has its type
        except Exception as error:
            if TOO_SLOW not in str(error):
                raise
            ray.shutdown()
            if last:
                raise RaysysError(
                    "Ray has tried twice to start on this machine and was too slow for its own time limits; wait until "
                    "less else runs here, or join a cluster (--address)"
                ) from error
        else:
            return


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
        with socket.create_connection((named["host"], int(named["port"])), timeout=PATIENCE) as found:
            _require_grpc(found)
    except (OSError, OverflowError) as error:
        raise _no_answer(address, error) from error


def _require_grpc(found: socket.socket) -> None:
    """Find out whether a server speaks as Ray's do: another one would be asked for many minutes."""
    if os.environ.get("RAY_USE_TLS", "0") != "0":
        return
    found.sendall(GREETING)
    answer = found.recv(16)
    # Three bytes of length, then the kind of frame: settings come first (RFC 9113, section 3.4).
    if len(answer) < 4 or answer[3] != 4:
        raise ConnectionError("what listens there is no Ray")


def _no_answer(address: str, error: Exception) -> RaysysError:
    return RaysysError(
        f"no Ray cluster answers at {address!r} ({str(error).splitlines()[0]}); allowed: 'local', 'auto', "
        "or HOST:PORT of a running head node, with RAY_AUTH_MODE=token where the cluster asks for a token"
    )


@contextmanager
def _temporary_folder() -> Iterator[str]:
    """A folder for a Ray of our own, gone with it; those of processes that were killed go, too.

    Its path is short: Unix socket names, which Ray puts below it, are limited to about 100 characters. Ray opens what
    it is given to everybody, so it is given one inside of ours.
    """
    place = Path("/tmp" if os.path.isdir("/tmp") else tempfile.gettempdir())
    for left in place.glob(f"{PREFIX}*"):
        _remove_if_left(left)
    ours = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
    lock = Lock(ours)
    try:
        with lock:
            yield str(ours / "r")
    finally:
        shutil.rmtree(ours, ignore_errors=True)


def _remove_if_left(folder: Path) -> None:
    """Remove what a process of this user has left that is no more; those of older versions have no lock, and stay."""
    lock = Lock(folder)
    with suppress(OSError):
        found = folder.stat()
        young = time.time() - found.st_mtime < 60  # whose process may be just about to lock it
        if found.st_uid == os.getuid() and not young and lock.path.is_file() and lock.holder() is None:
            shutil.rmtree(folder, ignore_errors=True)
