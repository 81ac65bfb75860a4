"""`raysys assess edit`: edits of one image, near it or not, recognised or not, copied or not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from raysys.cli.assess_textures import source_image
from raysys.cli.parts.edits import edit_table, read_mask, write_scores
from raysys.cli.parts.named import named_values
from raysys.cli.parts.terminal import notice, show
from raysys.errors import RaysysError


def edit(
    image: Annotated[str, typer.Argument(metavar="IMAGE", help="The image before.")],
    made: Annotated[list[str], typer.Argument(metavar="MADE", help="Edits of it, also as NAME=FILE.")],
    hole: Annotated[str | None, typer.Option(metavar="MASK", help="White where it was filled.")] = None,
    source_mask: Annotated[str | None, typer.Option(metavar="MASK", help="White where the object was.")] = None,
    target_mask: Annotated[str | None, typer.Option(metavar="MASK", help="White where it was wanted.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Also write JSON.")] = None,
    patches: Annotated[int, typer.Option(min=1, help="That a network sees, inside, outside and of the image.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Of their places.")] = 0,
    weights: Annotated[
        str | None, typer.Option(metavar="SOURCE", help="VGG-16's weights, as of raysys assess textures.")
    ] = None,
    linear: Annotated[
        str | None, typer.Option(metavar="SOURCE", help="Linear weights of LPIPS, as of raysys assess textures.")
    ] = None,
    classifier: Annotated[
        str | None, typer.Option(metavar="SOURCE", help="What recognises the image, as of raysys edit.")
    ] = None,
    kind: Annotated[
        Literal["auto", "colour", "grey", "binary"], typer.Option(help="What the images hold, as of raysys edit.")
    ] = "auto",
) -> None:
    """Judge edits of one image: distances inside and outside of the mask, class, overlap with what was asked, copies.

    The same edit without a term (raysys edit --without correspondence), or with turned copies, stands beside it as a
    further MADE.
    """
    from raysys.assess import edit as judge

    if (hole is None) == (source_mask is None and target_mask is None) or (source_mask is None) != (
        target_mask is None
    ):
        raise RaysysError("which edit it was is not said; allowed: --hole MASK, or --source-mask and --target-mask")
    array, what = source_image(image, kind)
    mask = read_mask(str(hole or source_mask), "--hole" if hole else "--source-mask")
    target = None if target_mask is None else read_mask(target_mask, "--target-mask")
    texts = [text if "=" in text else f"{Path(text).stem}={text}" for text in made]
    told: set[str] = set()

    def say(sentence: str) -> None:
        if sentence not in told:  # the same of every edit
            told.add(sentence)
            notice(sentence)

    found = {
        name: judge(
            array,
            source_image(path, what)[0],
            mask,
            target,
            patches=patches,
            seed=seed,
            weights=weights,
            linear=linear,
            classifier=classifier,
            say=say,
        )
        for name, path in named_values("MADE", texts, "NAME=FILE, for example moved=moved.png").items()
    }
    show(edit_table(found))
    if output is not None:
        write_scores(output, found)
