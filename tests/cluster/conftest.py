"""Two Ray nodes on this machine, started by the command line as on a cluster, with ports and a token of their own."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

BIN = Path(sys.executable).parent
SECOND_NODE = "127.0.0.2"


@dataclass(frozen=True)
class TwoNodes:
    """A running head and a second node, one CPU each.

    Attributes
    ----------
    folder
        Ray's session files and the token; short, since Ray puts Unix sockets below it.
    port
        Of the head.
    dashboard
        Address that jobs are submitted to.
    environment
        What a process needs to be let in.
    """

    folder: Path
    port: int
    dashboard: str
    environment: dict[str, str]

    @property
    def address(self) -> str:
        """What RAY_ADDRESS is set to."""
        return f"127.0.0.1:{self.port}"

    def program(self, name: str) -> str:
        """Full path of a program of this environment, as a job on the cluster needs it."""
        return str(BIN / name)

    def run(self, program: str, *arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a program of this environment with the token; output and errors together in `stdout`."""
        return subprocess.run(
            [self.program(program), *map(str, arguments)],
            env=self.environment | variables,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=400,
        )

    def submit(self, folder: Path, *entrypoint: object) -> subprocess.CompletedProcess[str]:
        """Submit a job with `folder` as its working folder, and wait for its end."""
        command = ["job", "submit", "--address", self.dashboard, "--working-dir", folder, "--", *entrypoint]
        for _ in range(20):
            done = self.run("ray", *command)
            if "No available agent" not in done.stdout:  # the head has just been started
                break
            time.sleep(2)
        return done

    def processes(self) -> set[psutil.Process]:
        """The processes of these two nodes: those that name the folder or the port, and what they have started."""
        ours = re.compile(rf"{re.escape(str(self.folder))}|:{self.port}\b")
        named = [process for process in psutil.process_iter(["cmdline"]) if ours.search(_words(process))]
        return {inner for outer in named for inner in (outer, *_children(outer))}


@pytest.fixture(scope="module")
def two_nodes() -> Iterator[TwoNodes]:
    """Started once per module, and stopped without touching any other Ray of the machine (`ray stop` would)."""
    folder = Path(tempfile.mkdtemp(prefix="rs-", dir="/tmp"))
    port, dashboard, client, agent = _free_ports(4)
    nodes = TwoNodes(folder, port, f"http://127.0.0.1:{dashboard}", _environment(folder))
    try:
        _start(
            nodes,
            *("--head", "--node-ip-address=127.0.0.1", f"--port={port}", f"--temp-dir={folder / '1'}"),
            *("--include-dashboard=true", "--dashboard-host=127.0.0.1", f"--dashboard-port={dashboard}"),
            # The agent takes the jobs; where another Ray of the machine has its usual port, it would take none.
            *(f"--ray-client-server-port={client}", f"--dashboard-agent-listen-port={agent}"),
        )
        # A folder of its own: in a shared one the second node unpacks a job's working folder over the first one's.
        second = (f"--node-ip-address={SECOND_NODE}", f"--temp-dir={folder / '2'}")
        _start(nodes, f"--address={nodes.address}", *second)
        yield nodes
    finally:
        _stop(nodes)
        shutil.rmtree(folder, ignore_errors=True)


def _start(nodes: TwoNodes, *arguments: str) -> None:
    # To a file and not a pipe: the node's processes inherit it and would keep a pipe open.
    with (nodes.folder / "start.log").open("a") as log:
        subprocess.run(
            [BIN / "ray", "start", *arguments, "--num-cpus=1", "--object-store-memory=200000000"],
            env=nodes.environment,
            stdout=log,
            stderr=log,
            timeout=180,
        )
    said = (nodes.folder / "start.log").read_text()
    assert said.count("Ray runtime started") == (1 if "--head" in arguments else 2), said


def _stop(nodes: TwoNodes) -> None:
    for _ in range(3):  # what was just being started appears in the second round
        processes = nodes.processes()
        for process in processes:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(processes, timeout=10)


def _environment(folder: Path) -> dict[str, str]:
    token = folder / "token"
    token.write_text(secrets.token_hex(32))
    token.chmod(0o600)
    own = {name: value for name, value in os.environ.items() if not name.startswith(("RAY_", "MLFLOW_"))}
    ours = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(token), "RAY_USAGE_STATS_ENABLED": "0"}
    return own | ours | {"OMP_NUM_THREADS": "1", "COLUMNS": "160"}


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _words(process: psutil.Process) -> str:
    return " ".join(process.info["cmdline"] or []) if process.pid != os.getpid() else ""


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []
