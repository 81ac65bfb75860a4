"""What a recipe may say: every field of every section with its meaning and what is allowed, read from the settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from raysys.data.sources import SOURCES
from raysys.errors import RaysysError
from raysys.method_folders import method_names, settings_class
from raysys.train.ray.space import Choice, Integer, LogUniform, Uniform
from raysys.train.recipe import Recipe

__all__ = ["RecipeField", "recipe_fields", "section_names"]

TOP = "recipe"  # the fields above all sections
KINDS = {one.model_fields["kind"].annotation.__args__[0]: one for one in (Uniform, LogUniform, Integer, Choice)}  # type: ignore[union-attr]
LIMITS = {"minimum": ">= {}", "exclusiveMinimum": "> {}", "maximum": "<= {}", "exclusiveMaximum": "< {}"}
OF_CHOICES = {"method": "What is trained; the other fields are its own.", "kind": "How the field is varied."}
LENGTHS = {"minLength": "{} or more characters", "minItems": "{} or more", "minProperties": "{} or more"}
TYPES = {"integer": "whole number", "number": "number", "boolean": "true or false", "string": "text", "null": "null"}


@dataclass(frozen=True)
class RecipeField:
    """One field: its name, what is allowed, what it is by default ("" if a recipe must say it), and what it means."""

    name: str
    allowed: str
    default: str
    meaning: str


def section_names() -> list[str]:
    """Names of the sections, with those of which there is one for each source, method or kind."""
    system = [f"system.{name}" for name in method_names()]
    space = [f"sweep.space.{name}" for name in KINDS]
    return [TOP, *(f"data.{name}" for name in SOURCES), *system, "training", "scaling", "tracking", "sweep", *space]


def recipe_fields(section: str) -> list[RecipeField]:
    """The fields of a section, in the order of its settings.

    Parameters
    ----------
    section
        One of `section_names()`.

    Raises
    ------
    RaysysError
        If there is no such section.
    """
    if section not in section_names():
        raise RaysysError(f"recipes have no section {section!r}; allowed: {', '.join(section_names())}")
    return list(_fields(section))


def _fields(section: str) -> Iterator[RecipeField]:
    settings = _settings(section)
    schema = settings.model_json_schema(mode="validation")
    others = {name.partition(".")[0] for name in section_names()} if section == TOP else set()
    for name, info in settings.model_fields.items():
        if name in others:
            continue
        # From the schema, and not the annotation: limits and unions are spelled out in it.
        words = allowed(schema["properties"][name], schema.get("$defs", {}))
        yield RecipeField(name, words, _default(info), " ".join((info.description or OF_CHOICES[name]).split()))


def _settings(section: str) -> type[BaseModel]:
    first, _, rest = section.partition(".")
    if first == "data":
        found: type[BaseModel] = SOURCES[rest]
    elif first == "system":
        found = settings_class(rest)
    elif rest:
        found = KINDS[rest.removeprefix("space.")]
    elif first == TOP:
        found = Recipe
    else:
        annotation = Recipe.model_fields[first].annotation
        assert isinstance(annotation, type)
        found = annotation
    return found


def allowed(schema: dict[str, Any], known: dict[str, Any]) -> str:
    """What a JSON schema allows, in words; `known` are the schemas that it refers to."""
    # pydantic writes settings inside settings once, and names them where they stand.
    if "$ref" in schema:
        return allowed(known[schema["$ref"].rpartition("/")[2]], known)
    if "const" in schema or "enum" in schema:
        return ", ".join(map(_told, schema.get("enum", [schema.get("const")])))
    if parts := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(dict.fromkeys(allowed(part, known) for part in parts))
    if schema.get("type") == "array":
        return _list(schema, known)
    if schema.get("type") == "object":
        return "a mapping"
    words = TYPES.get(schema.get("type", ""), "anything")
    limits = [text.format(_told(schema[key])) for key, text in (LIMITS | LENGTHS).items() if key in schema]
    return ", ".join([words, *limits])


def _list(schema: dict[str, Any], known: dict[str, Any]) -> str:
    if "prefixItems" in schema:
        return f"{len(schema['prefixItems'])} of: {allowed(schema['prefixItems'][0], known)}"
    return f"a list of: {allowed(schema.get('items', {}), known)}"


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return ""
    value = info.get_default(call_default_factory=True)
    return "null" if value is None else _told(value)


def _told(value: Any) -> str:
    # Before numbers, since a bool is one; and as YAML writes it.
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_told, value))}]"
    return str(value)
