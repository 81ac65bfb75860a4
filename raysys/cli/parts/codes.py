"""Codes of textures as `raysys sample` is told them: by name, values, example, on the way between two, as a map."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raysys.cli.parts.terminal import notice
from raysys.errors import RaysysError

if TYPE_CHECKING:
    import numpy as np

    from raysys.models import GenerativeModel
    from raysys.models.condition import CodeCard

TEXTURE = "texture"  # name of the condition of models that have codes


@dataclass(frozen=True)
class Wanted:
    """What the options say; at most one of them."""

    texture: str | None = None
    code: str | None = None
    like: Path | None = None
    between: tuple[str, str] | None = None
    codes: Path | None = None

    def __post_init__(self) -> None:
        given = [f"--{name}" for name, value in vars(self).items() if value]
        if len(given) > 1:
            raise RaysysError(f"{' and '.join(given)} each say what is made; give one of them")

    @property
    def any(self) -> bool:
        """Whether anything is said."""
        return any(vars(self).values())

    @property
    def of_a_loaded_model(self) -> str:
        """The option that needs the model here, if one is given."""
        return "--like" if self.like else "--between" if self.between else ""

    def condition(self, model: GenerativeModel | None = None) -> dict[str, Any]:
        """The same as a condition; of a model that an endpoint has, without `model`.

        Raises
        ------
        RaysysError
            If the model has no codes, or what was typed is none.
        """
        if self.texture:
            names = self.texture.split(",")
            return {TEXTURE: names[0] if len(names) == 1 else names}
        if self.code:
            return {TEXTURE: _values(self.code, f"--code {self.code}")}
        if self.codes:
            return {TEXTURE: {"values": _map(self.codes, None if model is None else code_card(model).length)}}
        assert model is not None
        assert self.like is not None
        return {TEXTURE: _of_example(model, self.like)}


def check_wanted(model: GenerativeModel, wanted: Wanted) -> None:
    """Refuse a model that knows nothing of what is wanted: names are of codes, or of textures that have none."""
    from raysys.models.condition import IndexCard

    card = model.card.condition
    if not (wanted.texture and isinstance(card, IndexCard) and card.name == TEXTURE):
        code_card(model)


def code_card(model: GenerativeModel) -> CodeCard:
    """What a model says of its codes."""
    from raysys.models.condition import CodeCard

    card = model.card.condition
    if not isinstance(card, CodeCard):
        raise RaysysError(
            f"model {model.name!r} has no codes of textures; --texture, --code, --like, --between and --codes are for "
            "models of many textures, such as those of the method multi-texture"
        )
    return card


def way_between(model: GenerativeModel, ends: tuple[str, str], steps: int) -> np.ndarray:
    """Codes float32 (steps, values) on the straight way from one to another, each a name or values."""
    from raysys.models import condition

    card = code_card(model)
    first, second = (
        end if end in card.named or not _is_values(end) else _values(end, f"--between {end}") for end in ends
    )
    return condition.way_between(card, first, second, steps, model=model.name)


def _of_example(model: GenerativeModel, path: Path) -> list[float]:
    """The code of an image that a file holds, said with the nearest name."""
    import numpy as np

    from raysys.data import read_images, to_grey
    from raysys.models.abilities import FindsCodes

    card = code_card(model)
    if not isinstance(model, FindsCodes):
        raise RaysysError(f"model {model.name!r} finds no codes of examples; --like is for models that do")
    kind = model.form.kind
    stored = read_images(path, kind="colour" if kind == "colour" else "grey")
    image = stored if kind == "colour" else to_grey(stored)
    try:
        code = model.encode(image[None] if kind != "binary" else (image[None] > 0.5).astype(np.uint8))[0]
    except RaysysError as error:
        raise RaysysError(f"--like {path}: {error}") from None
    said = f"{path.name} has the code {','.join(f'{value:.4g}' for value in code)}"
    if card.named:
        away = {name: float(np.linalg.norm(code - np.array(other))) for name, other in card.named.items()}
        nearest = min(away, key=lambda name: away[name])
        said += f"; the nearest texture is {nearest}, {away[nearest]:.3g} away"
    notice(said)
    return [float(value) for value in code]


def _is_values(text: str) -> bool:
    try:
        [float(value) for value in text.split(",")]
    except ValueError:
        return False
    return True


def _values(text: str, option: str) -> list[float]:
    if not _is_values(text):
        raise RaysysError(f"{option}: write a code's values with commas between them, as 0.3,-1.2")
    return [float(value) for value in text.split(",")]


def _map(path: Path, length: int | None) -> np.ndarray:
    """A map of codes, values first: (values, rows, columns), of a file that may have them last."""
    import numpy as np

    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise RaysysError(f"--codes {path}: cannot be read as npy ({error})") from None
    if length is not None and values.ndim > 2 and values.shape[0] != length == values.shape[-1]:
        values = np.moveaxis(values, -1, 0)
    return np.asarray(values)
