"""Recipe files: found by path or by name, built upon one another, and changed field by field from the command line."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from raysys.errors import RaysysError
from raysys.local_paths import refuse_streams
from raysys.modest_yaml import load_yaml
from raysys.train.recipe import Recipe, checked, set_field

EXTENDS, EXTENDED = "extends", 20


class UniqueKeys(yaml.SafeLoader):
    """Reads YAML safely, and refuses a key that stands twice in a mapping: the second would silently replace the first.

    PyYAML leaves out this rule of YAML's.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping of a node, whose keys differ."""
        seen: dict[tuple[str, str], int] = {}
        for key, _ in node.value:
            name, line = (key.tag, str(key.value)), key.start_mark.line + 1
            if name in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"{key.value} stands in line {seen[name]} and again in line {line}; put both together"
                )
            seen[name] = line
        return super().construct_mapping(node, deep)


# Sections that belong together: a recipe that has its own replaces the other's as a whole.
WHOLE = ("space", "start")


def load_recipe(recipe: str | Path, overrides: list[str] | None = None) -> Recipe:
    """Read a recipe by path, or by the name of one that comes with raysys.

    Parameters
    ----------
    recipe
        A YAML file, or a name from `recipe_names()`. One with `extends: OTHER` is OTHER with what it says itself; OTHER
        is a name, or a file beside it.
    overrides
        "a.b=value" each; the value is read as YAML.

    Raises
    ------
    RaysysError
        One sentence that names the file and the field, what was found and what is allowed.
    """
    path = find(recipe, "recipe", recipe_names())
    content = _extended(path, ())
    for override in overrides or []:
        set_field(content, *parsed(override))
    return checked(content, source=str(path))


def parsed(override: str, *, example: str = "training.steps=500") -> tuple[str, Any]:
    """Field and value of "a.b=value", the value read as YAML; `example` says how to write one."""
    field, sign, text = override.partition("=")
    if not sign or not field:
        raise RaysysError(f"--set {override}: write it as FIELD=VALUE, for example {example}")
    return field.strip(), _yaml_value(text, override)


def recipe_names() -> list[str]:
    """Names of the recipes that come with raysys."""
    return sorted(
        file.name.removesuffix(".yaml")
        for file in resources.files("raysys.recipes").iterdir()
        if file.name.endswith(".yaml")
    )


def find(name: str | Path, what: str, shipped: list[str], folder: str = "") -> Path:
    """The file of that path, or the one of that name that comes with raysys.

    Raises
    ------
    RaysysError
        If there is neither; the sentence lists what comes with raysys.
    """
    path = Path(name)
    refuse_streams(path)
    if path.is_file():
        return path
    # A path with a folder or a suffix was meant as a file: mistyped, it must not find a recipe of ours.
    if path.suffix == "" and path.parent == Path() and path.name in shipped:
        return Path(str(resources.files("raysys.recipes") / folder / f"{path.name}.yaml"))
    raise RaysysError(f"{what} {str(name)!r}: no such file, and not one that comes with raysys ({', '.join(shipped)})")


def read_yaml(path: Path, what: str) -> dict[str, Any]:
    """The mapping in a YAML file, read without running anything; `what` is named where it is none."""
    try:
        content = load_yaml(path.read_text(encoding="utf-8"), UniqueKeys)
    except (OSError, UnicodeDecodeError) as error:
        raise RaysysError(f"{path}: cannot be read as a {what} ({error})") from error
    except yaml.YAMLError as error:
        raise RaysysError(f"{path}: not valid YAML ({' '.join(str(error).split())})") from error
    if not isinstance(content, dict):
        raise RaysysError(f"{path}: a {what} is a YAML mapping, found {content!r:.60}")
    return content


def _extended(path: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    """The content of a recipe file over that of the one it extends."""
    path = path.resolve()
    if path in seen:
        raise RaysysError(f"{path}: extends itself, by way of {', '.join(one.name for one in seen)}")
    if len(seen) > EXTENDED:
        raise RaysysError(f"{seen[0]}: extends more than {EXTENDED} recipes, one upon the other; put some together")
    content = read_yaml(path, f"recipe with the sections {', '.join(Recipe.model_fields)}")
    base = content.pop(EXTENDS, None)
    if base is None:
        return content
    # Beside the recipe, and not where the command runs: a recipe and what it extends are moved together.
    beside = path.parent / str(base)
    other = beside if beside.is_file() else find(str(base), f"{path}: extends: recipe", recipe_names())
    return _over(_extended(other, (*seen, path)), content)


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for name, value in above.items():
        nested = isinstance(value, dict) and isinstance(merged.get(name), dict) and name not in WHOLE
        merged[name] = _over(merged[name], value) if nested else value
    return merged


def _yaml_value(text: str, override: str) -> Any:
    try:
        value = load_yaml(text, UniqueKeys)
    except yaml.YAMLError as error:
        raise RaysysError(f"--set {override}: the value is not valid YAML") from error
    return _number(value)


def _number(value: Any) -> Any:
    # YAML 1.1 reads 1e-4 as text; people mean the number.
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value
