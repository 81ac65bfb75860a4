"""`raysys edit`: an object of one image moved, scaled, repeated or redrawn, or a hole filled with what is around."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from raysys.cli.assess_textures import source_image
from raysys.cli.parts.edits import edit_table, read_mask, write_scores
from raysys.cli.parts.interruption import again, keeping
from raysys.cli.parts.terminal import by, facts, notice, number, show, wrote
from raysys.cli.parts.watching import watching
from raysys.cli.stats import StatsCommand
from raysys.errors import RaysysError

if TYPE_CHECKING:
    from raysys.synthesis import Synthesis
    from raysys.synthesis.descent import Plan

SUFFIXES = (".png", ".tif", ".tiff", ".npy", ".npz")
OBJECT, TERMS = "An object", "What is minimised"


class EditCommand(StatsCommand):
    """The command, whose --shift takes two numbers."""

    of_numbers = ("--shift",)


def edit(
    image: Annotated[str, typer.Argument(metavar="IMAGE", help="A photograph or a micrograph, in any format.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write: .png, .tif, .npy or .npz.")],
    hole: Annotated[
        str | None,
        typer.Option(metavar="MASK", help="White where the image is to be filled; all else stays as it is."),
    ] = None,
    source_mask: Annotated[
        str | None, typer.Option(metavar="MASK", help="White where the object is.", rich_help_panel=OBJECT)
    ] = None,
    target_mask: Annotated[
        str | None, typer.Option(metavar="MASK", help="White where it is wanted.", rich_help_panel=OBJECT)
    ] = None,
    shift: Annotated[
        str | None,
        typer.Option(
            metavar="DX DY",
            help="Instead of a target: pixels to the right and downwards.",
            rich_help_panel=OBJECT,
        ),
    ] = None,
    scale: Annotated[
        float | None,
        typer.Option(metavar="S", help="Instead of a target: how many times as large.", rich_help_panel=OBJECT),
    ] = None,
    copy: Annotated[
        bool, typer.Option("--copy", help="The object also stays where it was.", rich_help_panel=OBJECT)
    ] = False,
    border: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="PIXELS",
            help="Around what changes, that may change too; all else stays. By default 16 of the fast preset; with "
            "published anything may change.",
            rich_help_panel=OBJECT,
        ),
    ] = None,
    rotations: Annotated[
        int, typer.Option(min=1, help="Take patches from the image turned to so many directions, such as 8.")
    ] = 1,
    flips: Annotated[bool, typer.Option("--flips", help="Take patches from mirror images too.")] = False,
    preset: Annotated[
        Literal["fast", "published"],
        typer.Option(
            help="fast begins with the image, what is missing quilted, and takes 100 steps; published with noise, "
            "224 x 224 pixels, and takes 2,000."
        ),
    ] = "fast",
    seed: Annotated[int, typer.Option(min=0, help="What is drawn is a function of it.")] = 0,
    kind: Annotated[
        Literal["auto", "colour", "grey", "binary"],
        typer.Option(help="What the image holds; auto looks whether it has colours, or two values."),
    ] = "auto",
    without: Annotated[
        str | None,
        typer.Option(
            metavar="TERM,...",
            help="Leave out terms: correspondence, classification, moments, variation, norm.",
            rich_help_panel=TERMS,
        ),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE",
            help="VGG-19's weights, as of raysys synthesise; without any the fast preset only quilts.",
            rich_help_panel=TERMS,
        ),
    ] = None,
    classifier: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE",
            help="What recognises the object: a file of ResNet-50's weights, torchvision (a download of 98 MB), or a "
            "classifier of yours. By default what RAYSYS_RESNET50 names, or torchvision's file if it was downloaded "
            "before.",
            rich_help_panel=TERMS,
        ),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="The image depends on their number, in its last digits.")
    ] = None,
    scores: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also judge the edit, as raysys assess edit does, and write JSON."),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show the image as it changes, here and on a page beside the output.")
    ] = False,
) -> None:
    """Edit one image: move, scale, repeat or redraw an object of it, or fill a hole with what is around.

    Say where the object is, and where it is wanted by a mask, a shift or a scale; or give the hole alone. After an
    interruption the same command goes on, to the same image. raysys assess edit says how good it became.
    """
    from raysys import farm
    from raysys.synthesis import Copies, edit_order

    _check(output, hole, source_mask, target_mask)
    array, what = source_image(image, kind)
    if kind == "auto":
        notice(f"{image} is taken as {what}; --kind says otherwise")
    given = {"hole": hole, "source-mask": source_mask, "target-mask": target_mask}
    masks = {name: read_mask(path, f"--{name}") for name, path in given.items() if path is not None}
    order = edit_order(
        array,
        masks.get("hole", masks.get("source-mask")),  # type: ignore[arg-type]
        target=masks.get("target-mask"),
        shift=None if shift is None else _shift(shift),
        scale=scale,
        copy=copy,
        kind=what,  # type: ignore[arg-type]
        preset=preset,
        seed=seed,
        copies=Copies(flips, rotations),
        border=border,
        without=tuple(name.strip() for name in without.split(",")) if without else (),
        weights=weights,
        classifier=classifier,
        threads=threads,
    )
    for sentence in order.plan.notices:
        notice(sentence)
    folder = output.with_name(f"{output.name}.pictures")
    page = output.with_name(f"{output.name}.live.html") if watch else None
    with keeping(lambda: f"what the image had reached is kept in {folder}, to go on: {again()}"):
        with watching(order.nouns, 1, page) as heard:
            made = farm.run(order, 1, checkpoint_folder=folder, progress=heard, patience=farm.Patience(checkpoint=2.0))[
                0
            ]
    _write(output, made, order.plan.exemplar.kind)
    shutil.rmtree(folder, ignore_errors=True)
    _show(made)
    if scores is not None:
        _judge(scores, order.plan, made)


def _check(output: Path, hole: str | None, source_mask: str | None, target_mask: str | None) -> None:
    """Refuse before any work what cannot be meant, or not be written."""
    if output.suffix.lower() not in SUFFIXES:
        raise RaysysError(f"-o {output}: unknown format; allowed: {', '.join(SUFFIXES)}")
    if hole is not None and (source_mask or target_mask):
        raise RaysysError("--hole beside a mask of an object; allowed: one of them, an edit after the other")
    if hole is None and source_mask is None:
        raise RaysysError("nothing says what to edit; allowed: --hole MASK, or --source-mask MASK and where it goes")


def _shift(text: str) -> tuple[float, float]:
    try:
        right, down = (float(word) for word in text.replace(",", " ").split())
    except ValueError:
        raise RaysysError(f"--shift {text}: allowed: two numbers, pixels to the right and downwards") from None
    return right, down


def _write(output: Path, made: Synthesis, kind: str) -> None:
    from raysys.data import write_images

    write_images(output, made.image[None], kind=kind)  # type: ignore[arg-type]
    wrote(output, f"{by(made.image.shape[:2])} pixels")


def _judge(path: Path, plan: Plan, made: Synthesis) -> None:
    from raysys.assess import edit as judge
    from raysys.synthesis.editing.plan import EditPlan

    assert isinstance(plan, EditPlan)
    change = plan.change
    found = judge(
        plan.exemplar.image,
        made.image,
        change.source,
        None if change.hole else change.target,
        classifier=plan.recogniser,
        say=notice,
    )
    show(edit_table({"edit": found}))
    write_scores(path, {"edit": found})


def _show(made: Synthesis) -> None:
    told = made.provenance
    classifier, terms = told["classifier"], told["terms"]
    assert isinstance(terms, dict)
    title = "quilted only" if made.method == "quilting" else f"{len(made.losses)} steps"
    show(
        facts(
            f"Edited: {title}",
            {
                "preset": made.preset,
                "seed": made.seed,
                "terms": ", ".join(f"{weight:g} {name}" for name, weight in terms.items()),
                "loss at the end": number(float(made.losses[-1])) if len(made.losses) else "-",
                "seconds": f"{made.seconds:.1f}",
                "weights": told.get("source", "none"),
                "classifier": classifier["classifier"] if isinstance(classifier, dict) else classifier,
            },
        )
    )
