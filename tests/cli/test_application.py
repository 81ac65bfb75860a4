"""The commands as a whole: help, version, speed, exit codes, how errors end."""

import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from typer.testing import Result

import raysys as package
from raysys.cli import application

COMMANDS = (
    *("demo", "data", "stats", "anneal", "synthesise", "edit", "guidance", "recipes", "train", "sweep", "study"),
    *(
        "models",
        "serve",
        "tokens",
        "sample",
        "segment",
        "autoencode",
        "export",
        "status",
        "stop",
        "doctor",
        "assess",
        "compare",
        "report",
        "landscape",
    ),
)
Run = Callable[..., Result]


def test_help_lists_the_commands_in_the_order_of_a_study(raysys: Run):
    lines = [line.strip("│ ").split()[:1] for line in raysys("--help").stdout.splitlines()]
    assert [line[0] for line in lines if line and line[0] in COMMANDS] == list(COMMANDS)


@pytest.mark.parametrize(
    "command",
    [
        *COMMANDS,
        "assess autoencoders",
        "assess edit",
        "assess rocks",
        "assess textures",
        "data info",
        "data segment",
        "data tile",
        "guidance orientation",
        "guidance paint",
        "guidance show",
        "models export",
        "models list",
        "models show",
        "recipes list",
        "recipes show",
        "recipes schema",
        "tokens add",
        "tokens list",
        "tokens revoke",
    ],
)
def test_every_command_explains_itself_with_an_example(raysys: Run, command: str):
    result = raysys(*command.split(), "--help")
    assert result.exit_code == 0
    assert f"Usage: raysys {command}" in result.stdout
    if command not in ("data", "guidance", "models", "recipes", "tokens"):
        assert f"Example: raysys {command}" in " ".join(result.stdout.split())


def test_help_shows_the_commands_in_groups(raysys: Run):
    headings = re.findall(r"╭─ (.+?) ─", raysys("--help").stdout)
    assert headings == ["Options", *application.GROUPS]


def test_version(raysys: Run):
    assert raysys("--version").stdout == f"raysys {package.__version__}\n"


def test_help_imports_nothing_heavy():
    code = (
        "import sys, time; began = time.process_time(); import raysys.cli; "
        "heavy = {'torch', 'ray', 'mlflow', 'numpy', 'scipy', 'skimage', 'numba', 'bokeh'} & set(sys.modules); "
        "assert not heavy, heavy; assert time.process_time() - began < 1"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_process_ends_with_one_sentence_and_code_2():
    code = "from raysys.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", code, "data", "info", "no-such-file.tif"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    (said,) = [line for line in ended.stderr.splitlines() if "is at work" not in line]  # on a machine that is slow
    assert said.startswith("raysys: no-such-file.tif does not exist")


def test_ctrl_c_ends_with_code_130(raysys: Run, monkeypatch: pytest.MonkeyPatch, tiles):
    monkeypatch.setattr("raysys.data.set_parts.read_stored", _interrupt)
    result = raysys("stats", tiles)
    assert result.exit_code == 130
    again = f"raysys stats {tiles}"
    assert result.stderr == f"raysys: interrupted; nothing was written, the whole again: {again}\n"


def test_a_programming_error_keeps_its_trace(raysys: Run, monkeypatch: pytest.MonkeyPatch, tiles):
    monkeypatch.setattr("raysys.data.set_parts.read_stored", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        raysys("stats", tiles)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["statz"], "No such command 'statz'"),
        (["reconstruct", "a.png", "--anything"], "raysys reconstruct is called raysys autoencode: "),
        (["serve", "--port", "many"], "'--port'"),
        (["anneal", "a.png", "--out", "o", "--chains", "0"], "'--chains'"),
        (["stats", "a.png", "--boundary", "closed"], "'--boundary'"),
        (["stats"], "Missing argument"),
        (["sample", "m"], "Missing option"),
    ],
)
def test_a_wrong_option_is_one_sentence_that_names_the_help(refused: Callable[..., str], arguments, expected):
    sentence = refused(*arguments)
    assert expected in sentence
    assert "--help)" in sentence


@pytest.mark.parametrize(
    "arguments",
    [
        ["stats", "s3://bucket/a.tif"],
        ["stats", "a.png", "--csv", "gs://bucket/a.csv"],
        ["stats", "a.png", "--csv=s3://bucket/a.csv"],
        ["anneal", "a.png", "--out", "file:///tmp/out"],
        ["serve", "rock=s3://bucket/model"],
        ["data", "tile", "a.png", "-o", "abfs://c@a/tiles.npy"],
    ],
)
def test_an_address_is_no_path(refused: Callable[..., str], arguments):
    assert re.search(r"(s3|gs|file|abfs)://\S+ is an address.*; allowed: ", refused(*arguments))


def test_every_command_has_its_place():
    assert set(application.ORDER) == set(COMMANDS)


def _interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
