"""YAML of a size that people write: a few lines may otherwise unfold to more than a machine holds."""

from __future__ import annotations

from typing import Any

import yaml

__all__ = ["load_yaml"]

BYTES, VALUES, DEPTH = 10_000_000, 100_000, 50


def load_yaml(text: str, loader: type[yaml.SafeLoader] = yaml.SafeLoader) -> Any:
    """The value of a YAML text, built by `loader`, which must be a safe one.

    Raises
    ------
    yaml.YAMLError
        If it is no YAML, is longer than 10 MB, nests more than 50 deep, or has more than 100,000 values once each
        `*name` is replaced by what it stands for.
    """
    if len(text) > BYTES:
        raise yaml.YAMLError(f"{len(text)} characters; allowed: {BYTES}")
    _weigh(text)
    return yaml.load(text, loader)


def _weigh(text: str) -> None:
    """Count values without building any: the parser's events come one by one, however deep they nest."""
    named: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = [(None, 0)]  # anchor, and values inside until now
    for event in yaml.parse(text, yaml.SafeLoader):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append((event.anchor, 1))
            if len(open_nodes) > DEPTH:
                raise yaml.YAMLError(f"line {line}: nested more than {DEPTH} deep")
            continue
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, count = open_nodes.pop()
        elif isinstance(event, yaml.ScalarEvent):
            anchor, count = event.anchor, 1
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in named:
                raise yaml.YAMLError(f"line {line}: *{event.anchor} stands for nothing that ends before it")
            anchor, count = None, named[event.anchor]
        else:
            continue
        if anchor is not None:
            named[anchor] = count
        around, inside = open_nodes.pop()
        open_nodes.append((around, inside + count))
        if inside + count > VALUES:
            raise yaml.YAMLError(f"line {line}: more than {VALUES:,} values, names replaced by what they stand for")
