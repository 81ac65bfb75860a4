"""Options that guide a synthesis by maps, and what they become."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from raysys.errors import RaysysError

if TYPE_CHECKING:
    import numpy as np

    from raysys.data.textures.map_files import MapKind
    from raysys.synthesis import Copies, Guidance

AUTO = "auto"  # instead of a source's map: it is read off the exemplar
NAMES: tuple[MapKind, ...] = ("progression", "orientation", "annotation")
PANEL = "Guidance"


def _map(help: str) -> typer.models.OptionInfo:
    return typer.Option(metavar="MAP", help=help, rich_help_panel=PANEL)


ProgressionOption = Annotated[
    str | None, _map("How far the texture is to have gone where: black 0, white 1. Maps: raysys guidance --help.")
]
SourceProgressionOption = Annotated[
    str | None, _map("The same of the exemplar; auto reads it off, as raysys guidance progression does.")
]
OrientationOption = Annotated[
    str | None, _map("Along which lines it is to run: an array of vectors or radians (.npy), or a grey picture.")
]
SourceOrientationOption = Annotated[str | None, _map("The same of the exemplar; read off it by default.")]
AnnotationOption = Annotated[str | None, _map("Which part of the exemplar it is to show where: a picture of labels.")]
SourceAnnotationOption = Annotated[str | None, _map("The labels of the exemplar.")]
WeightsOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME=WEIGHT,...",
        help="Of maps, beside features. As published: progression=50, orientation=5, progression=10,orientation=1 of "
        "both, annotation=10.",
        rich_help_panel=PANEL,
    ),
]
FlipsOption = Annotated[
    bool | None,
    typer.Option(
        "--flips/--no-flips",
        help="Take patches from mirror images too; by default with a progression alone.",
        rich_help_panel=PANEL,
    ),
]
RotationsOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Take patches from the exemplar turned to so many directions; by default 8 with an orientation, else 1.",
        rich_help_panel=PANEL,
    ),
]
TogetherOption = Annotated[
    bool, typer.Option("--flips-and-rotations", help="Allow both at once.", rich_help_panel=PANEL)
]

ContextOption = Annotated[
    int,
    typer.Option(
        min=0,
        metavar="R",
        help="Look for matches only within so many cells of features of where the neighbours' point; 0 everywhere.",
        rich_help_panel=PANEL,
    ),
]
TurnOption = Annotated[
    bool,
    typer.Option(
        "--rotate-matches",
        help="Turn matches to the orientation asked for, by 15 degrees or by --rotations; keeps to a local context.",
        rich_help_panel=PANEL,
    ),
]


@dataclass(frozen=True)
class AskedGuidance:
    """What the options say; each a map's name or None."""

    maps: dict[str, tuple[str | None, str | None]]
    weights: str | None = None

    def read(self, exemplar: np.ndarray) -> Guidance | None:
        """The maps, None where no option asks for one."""
        from raysys.synthesis import Guidance

        given = {name: both for name, both in self.maps.items() if any(both)}
        if not given:
            if self.weights:
                raise RaysysError(
                    f"--guidance-weights {self.weights} without a map; allowed: beside --progression, ..."
                )
            return None
        return Guidance(
            **{name: _pair(name, *given[name], exemplar) for name in NAMES if name in given}, weights=self._weights()
        )  # type: ignore[arg-type]

    def _weights(self) -> dict[str, float]:
        found = {}
        for part in self.weights.split(",") if self.weights else []:
            name, _, value = part.partition("=")
            try:
                found[name.strip()] = float(value)
            except ValueError:
                raise RaysysError(
                    f"--guidance-weights {self.weights}: allowed: NAME=NUMBER,... such as progression=50,orientation=5"
                ) from None
        return found


def _pair(
    name: MapKind, target: str | None, source: str | None, exemplar: np.ndarray
) -> tuple[np.ndarray, np.ndarray | None]:
    from raysys.data.textures import progression_of, read_map

    if target is None:
        raise RaysysError(f"--source-{name} {source} without --{name}; give both maps")
    if source is None and name != "orientation":
        auto = ", or --source-progression auto" if name == "progression" else ""
        raise RaysysError(f"--{name} {target} without --source-{name}; give both maps{auto}")
    wanted = read_map(target, name)
    if source is None or (source == AUTO and name == "orientation"):
        return wanted, None
    return wanted, progression_of(exemplar) if source == AUTO and name == "progression" else read_map(source, name)


def asked_copies(flips: bool | None, rotations: int | None, together: bool, guidance: Guidance | None) -> Copies | None:
    """Copies of the exemplar, None where nothing is asked for."""
    from raysys.synthesis import Copies
    from raysys.synthesis.sources import published_copies

    if flips is None and rotations is None and not together:
        return None
    usual = published_copies(frozenset() if guidance is None else guidance.names)
    if rotations is None:
        # Flips that are asked for take the place of the usual rotations.
        rotations = 1 if flips and not together else usual.rotations
    return Copies(together if flips is None else flips, rotations, together)
