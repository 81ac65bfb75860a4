"""The data section from a recipe, or from an image and `--set`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from raysys.errors import RaysysError

if TYPE_CHECKING:
    from raysys.data import DataSettings


def data_settings(image: str | None, recipe: str | None, overrides: list[str] | None) -> DataSettings:
    """Settings of a recipe's data section, or the defaults; `image` and `overrides` come on top.

    Parameters
    ----------
    image
        Replaces `images`; may be None with a recipe.
    recipe
        Path or name.
    overrides
        "field=value" each, also as "data.field=value"; the value is read as YAML.

    Raises
    ------
    RaysysError
        If neither image nor recipe is given, or a field is unknown or has a value that is not allowed.
    """
    from raysys.train.recipe_files import parsed

    given = dict(parsed(override, example="tile=128") for override in overrides or [])
    fields = {name.removeprefix("data."): value for name, value in given.items()}
    if image is not None:
        fields["images"] = image
    if recipe is not None:
        from raysys.train import load_recipe

        return load_recipe(recipe).with_values({f"data.{name}": value for name, value in fields.items()}).data
    if image is None:
        raise RaysysError("no image: name one, or give --recipe, whose data.images is then read")
    return _checked(fields)


def _checked(fields: dict[str, Any]) -> DataSettings:
    from pydantic import ValidationError

    from raysys.data import DataSettings

    try:
        return DataSettings.model_validate(fields)
    except ValidationError as error:
        problem = error.errors()[0]
    name = ".".join(map(str, problem["loc"][:1]))
    if problem["type"] == "extra_forbidden":
        raise RaysysError(f"--set {name}: unknown field; allowed: {', '.join(DataSettings.model_fields)}")
    message = problem["msg"].removeprefix("Value error, ")
    found = f", found {problem['input']!r:.80}" if name else ""
    raise RaysysError(f"--set {name or 'data'}: {message}{found}")
