"""Arguments of the form NAME=WHAT, as several commands take them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from raysys.errors import RaysysError

__all__ = ["name_and_value", "named_values"]


def name_and_value(text: str, *, refused: str) -> tuple[str, str]:
    """Split NAME=WHAT.

    Parameters
    ----------
    text
        As it was typed.
    refused
        The sentence that says how to write it.

    Raises
    ------
    RaysysError
        If there is no equals sign, or nothing before or behind it.
    """
    name, _, value = text.partition("=")
    if not (name and value):
        raise RaysysError(refused)
    return name, value


def named_values(
    option: str, texts: Sequence[str], example: str, *, taken: Collection[str] = (), reserved: str = ""
) -> dict[str, str]:
    """Read [NAME=]WHAT of an option that may be repeated; without a name it is called as WHAT is.

    Parameters
    ----------
    option
        As it stands in sentences.
    texts
        As they were typed.
    example
        How to write it.
    taken
        Names that other options have given.
    reserved
        A name that is always taken.

    Returns
    -------
    {name: WHAT}

    Raises
    ------
    RaysysError
        If a name stands twice, is taken, or is not allowed.
    """
    from raysys.models.card import check_name
    from raysys.models.naming import called

    values: dict[str, str] = {}
    for text in texts:
        name, value = called(text), text
        if "=" in text:
            name, value = name_and_value(text, refused=f"{option} {text}: write it as {example}")
        if check_name(name, option) in (*values, *taken, reserved):
            raise RaysysError(f"{option} {text}: there is a set {name} already; give each a name of its own: {example}")
        values[name] = value
    return values
