"""The house is as `docs/architecture.md` says: its table of rooms is read here, and held against the code's imports."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PLATFORM = {"ray", "optuna", "mlflow"}
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / "raysys").rglob("*.py"))
}
ROW = re.compile(r"\| `raysys/(\w+)` \|[^|]*\|([^|]*)\|([^|]*)\|")
PAGE = (ROOT / "docs" / "architecture.md").read_text()
ROOMS = {room: (may, platform.strip()) for room, may, platform in ROW.findall(PAGE)}


def names(text: str) -> set[str]:
    return set(re.findall(r"`([\w/.]+)`", text))


def room_of(module: str) -> str:
    """The room a module is in; empty for what stands beside the rooms, such as `raysys.errors`."""
    part = f"{module}.".split(".")[1]
    return part if (ROOT / "raysys" / part).is_dir() else ""


@cache
def public(package: str) -> dict[str, str]:
    """{name: module} of what a package's `__init__.pyi` offers; importing a name means importing that module."""
    stub = FILES[package].with_suffix(".pyi") if package in FILES else Path("none")
    if not stub.is_file():
        return {}
    found = [node for node in ast.walk(ast.parse(stub.read_text())) if isinstance(node, ast.ImportFrom)]
    inside = {alias.name: f"{package}.{node.module}" for node in found for alias in node.names}
    return {name: f"{module}.{name}" if f"{module}.{name}" in FILES else module for name, module in inside.items()}


@cache
def imports(module: str) -> set[tuple[str, bool]]:
    """(module, at run time) of everything that a file imports, wherever in it the import stands."""
    tree = ast.parse(FILES[module].read_text())
    typed = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for part in node.body
        for inner in ast.walk(part)
    }
    found = set()
    for node in ast.walk(tree):
        runs = id(node) not in typed
        if isinstance(node, ast.Import):
            found |= {(alias.name, runs) for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert not node.level, f"{module} imports relatively"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                name = inner if inner in FILES else public(node.module).get(alias.name, node.module)
                found.add((name, runs))
    return found


def allowed(module: str) -> set[str]:
    """Rooms that a file may import: those of its room's row, and what certain files (or all but some) may."""
    may, *more = ROOMS[room_of(module)][0].split(";")
    if "all" in may.split():
        return set(ROOMS) - {"cli"} | {room_of(module)}
    rooms = names(may)
    for sentence in more:
        files, _, others = sentence.partition("also")
        if (FILES[module].name in names(files)) != ("but" in files):
            rooms |= names(others)
    return rooms | {room_of(module)}


def test_every_room_has_its_row():
    rooms = {path.name for path in (ROOT / "raysys").iterdir() if (path / "__init__.py").is_file()}
    assert set(ROOMS) == rooms


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_knows_only_the_rooms_of_its_row(room: str):
    wrong = [
        f"{module} imports {other}"
        for module in FILES
        if room_of(module) == room
        for other, _ in imports(module)
        if other.startswith("raysys.") and room_of(other) and room_of(other) not in allowed(module)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_files_import_each_other_in_a_circle():
    later = {module: {other for other, runs in imports(module) if runs} & FILES.keys() - {module} for module in FILES}
    # What imports nothing that is left is in no circle, and what nothing left imports is in none either.
    while free := {module for module, others in later.items() if not others & later.keys()} | (
        later.keys() - set().union(*later.values())
    ):
        for module in free:
            del later[module]
    inside = {module: sorted(others & later.keys()) for module, others in later.items()}
    assert not inside, f"in a circle: {inside}"


def test_ray_and_optuna_are_only_where_the_table_says():
    """A row says `no`, `yes`, or the folders and files of the room that may."""
    wrong = []
    for module, path in FILES.items():
        places = names(ROOMS.get(room_of(module), ("", ""))[1])
        inside = any(path.is_relative_to(ROOT / "raysys" / room_of(module) / place) for place in places)
        free = ROOMS.get(room_of(module), ("", "no"))[1] == "yes" or inside or module == "raysys.cluster"
        uses = {other.split(".")[0] for other, _ in imports(module)} & {"ray", "optuna"}
        wrong += [f"{module} imports {', '.join(uses)}"] if uses and not free else []
    assert not wrong, "\n".join(wrong)


def test_loading_a_room_that_computes_does_not_load_the_platform():
    """Every file of those rooms in one process: what needs the platform reaches for it when it runs."""
    pure = [room for room, (_, platform) in ROOMS.items() if platform == "no" and room not in ("cli", "studies")]
    modules = [module for module in FILES if room_of(module) in pure]
    program = f"import importlib, sys\nfor name in {modules}: importlib.import_module(name)\n"
    program += f"print(sorted({PLATFORM} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("command", [["-c", "import raysys.stats"], ["-m", "raysys", "--help"]])
def test_a_first_look_loads_nothing_heavy(command: list[str]):
    """Seconds are measured in `benchmarks/startup.py`; what costs them is absent here."""
    heavy = PLATFORM | {"torch", "numba", "scipy", "skimage", "bokeh", "pandas"}
    program = "import runpy, sys, atexit\n"
    program += f"atexit.register(lambda: print('loaded', sorted({heavy} & sys.modules.keys())))\n"
    program += f"sys.argv = {['raysys', *command[2:]]}\n"
    program += command[1] if command[0] == "-c" else f"runpy.run_module({command[1]!r}, run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "loaded []", done.stderr
