"""What ends a command from outside: said at once, also inside compiled code, and by this process alone."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

BLOCK = """
import ctypes, hashlib, multiprocessing, signal, sys, threading, time
from raysys.cli.parts import interruption
with interruption.told_at_once(["stats", "a.png"]) as now:
    try:
        print("ready", flush=True)
        {body}
    except KeyboardInterrupt:
        time.sleep({rest})
        print("ended", flush=True)
sys.exit(now.code if now.said else 0)
"""
COMPILED = 'hashlib.pbkdf2_hmac("sha512", b"a", b"b", 6_000_000)'  # seconds without a step of Python
SENTENCE = "raysys: interrupted{}; nothing was written, the whole again: raysys stats a.png\n"


def begun(body: str, rest: float = 0.0) -> subprocess.Popen[str]:
    """A process inside the block that hears signals."""
    # Who runs the tests by nohup ignores SIGHUP, which a process inherits.
    program = "import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL)" + BLOCK.format(body=body, rest=rest)
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.1)  # and inside the body
    return process


@pytest.mark.parametrize(
    ("number", "by_whom"),
    [(signal.SIGINT, ""), (signal.SIGTERM, " by SIGTERM"), (signal.SIGHUP, " by SIGHUP")],
)
def test_each_signal_is_one_line_and_the_code_that_shells_give_it(number: signal.Signals, by_whom: str):
    with begun("time.sleep(60)") as process:
        process.send_signal(number)
        said, complained = process.communicate(timeout=30)
    assert (said, complained) == ("ended\n", SENTENCE.format(by_whom))
    assert process.returncode == 128 + number


def test_compiled_code_does_not_hold_up_the_line():
    with begun(COMPILED) as process:
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        assert process.stderr.readline() == SENTENCE.format(" by SIGTERM")
        assert process.poll() is None  # still at it
        process.kill()


def test_only_a_second_ctrl_c_ends_the_process_at_once():
    """Schedulers send their signal more than once; what was begun is then still to be ended."""
    for number, said in ((signal.SIGTERM, "ended\n"), (signal.SIGINT, "")):
        with begun("time.sleep(60)", rest=1.0) as process:
            for _ in range(2):
                process.send_signal(number)
                time.sleep(0.2)
            assert process.communicate(timeout=30)[0] == said
        assert process.returncode == 128 + number


def test_what_a_callback_swallows_comes_again():
    """As numba's, which compiles while it is called back; Python itself goes on after such an exception."""
    callback = "ctypes.CFUNCTYPE(None)(lambda: time.sleep(1))()"
    with begun(f"{callback}; time.sleep(60)") as process:
        process.send_signal(signal.SIGINT)
        said, complained = process.communicate(timeout=30)
    assert (said, complained, process.returncode) == ("ended\n", SENTENCE.format(""), 130)


def test_a_forked_process_that_is_ended_says_nothing():
    body = """
        child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))
        child.start(); child.terminate(); child.join()
        print(child.exitcode, flush=True)
    """.strip()
    with begun(body) as process:
        said, complained = process.communicate(timeout=30)
    assert (said, complained, process.returncode) == (f"-{signal.SIGTERM:d}\n", "", 0)


def test_what_nohup_ignores_stays_ignored():
    program = BLOCK.format(body="time.sleep(0.5)", rest=0)
    with subprocess.Popen(["nohup", sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while process.stdout.readline() != "ready\n":
            pass
        process.send_signal(signal.SIGHUP)
        assert process.wait(30) == 0
