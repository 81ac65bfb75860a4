"""`raysys assess rocks`: volumes against the rock that they continue."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.table import Table

from raysys.cli.parts.images import read_marked
from raysys.cli.parts.named import named_values
from raysys.cli.parts.options import AddressOption, GreyThresholdOption, PhaseOption, PixelSizeOption
from raysys.cli.parts.terminal import Bars, notice, number, show, wrote
from raysys.files import write_csv

if TYPE_CHECKING:
    from raysys.assess import RockScores

AXES: dict[str, Literal["mean"] | int] = {"mean": "mean", "0": 0, "1": 1, "2": 2}
PAGE = "rocks.html"
FLOWS = "flows"  # the folder of permeabilities below --output


def rocks(
    real: Annotated[str, typer.Argument(metavar="REAL", help="The rock: a volume, or a stack of several.")],
    made: Annotated[
        list[str], typer.Argument(metavar="MADE", help="Volumes of a generator, also as NAME=FILE; stacks of several.")
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="DIR", help="Folder for scores.json, two tables, the page."),
    ] = Path("rock-scores"),
    phase: PhaseOption = None,
    threshold: GreyThresholdOption = None,
    edge: Annotated[
        int | None,
        typer.Option(min=6, metavar="VOXELS", help="Side of a sample; by default the shortest of a made volume."),
    ] = None,
    samples: Annotated[int, typer.Option(min=2, help="Of each set at most, cut side by side.")] = 500,
    bins: Annotated[int, typer.Option(min=1, help="Of the histograms of KL.")] = 50,
    resamples: Annotated[int, typer.Option(min=1, help="Of the bootstrap.")] = 1000,
    connectivity: Annotated[
        Literal["faces", "all"], typer.Option(help="Which voxels of the phase belong together: by 6 or 26 neighbours.")
    ] = "faces",
    axis: Annotated[
        Literal["mean", "0", "1", "2"], typer.Option(help="Along which fluid is driven; mean: each axis by itself.")
    ] = "mean",
    flow: Annotated[
        bool, typer.Option("--permeability/--no-permeability", help="Without, a look takes seconds.")
    ] = True,
    baseline: Annotated[
        str | None, typer.Option(metavar="NAME", help="The made set that the others are held against.")
    ] = None,
    depth: Annotated[
        bool, typer.Option("--depth", help="Also the porosity over depth from the border of volumes as generated.")
    ] = False,
    pixel_size: PixelSizeOption = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap.")] = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="Ray actors that drive fluid, one sample each.")] = None,
    address: AddressOption = None,
) -> None:
    """Judge volumes of rock: how porosity, S2, lineal path, Minkowski functionals and permeability are distributed.

    Each is one number a sample. KL(real || made), Wasserstein-1, Kolmogorov-Smirnov and Hellinger have bootstrap
    intervals, and stand beside the floor: two halves of the rock. The phase is the pore: --phase dark where pores are
    dark. Permeabilities are jobs of a farm; the same command goes on after an interruption.
    """
    from raysys.assess import depth_profile
    from raysys.assess import rocks as judge
    from raysys.report.rocks.page import rock_page

    how = {"phase": phase, "threshold": threshold, "dims": 3, "pixel_size": pixel_size}
    texts = [text if "=" in text else f"{Path(text).stem}={text}" for text in made]
    named = named_values("MADE", texts, "NAME=FILE, for example ours=ours.tif")
    rock = read_marked([real], **how)
    volumes = {name: read_marked([path], **how).images for name, path in named.items()}
    with Bars() as bars:
        scores = judge(
            rock.images,
            volumes,
            edge=edge,
            spacing=rock.spacing,
            flow=flow,
            baseline=baseline,
            folder=output / FLOWS,
            workers=workers,
            address=address,
            say=notice,
            progress=bars.update,
            samples=samples,
            bins=bins,
            resamples=resamples,
            connectivity=connectivity,
            axis=AXES[axis],
            seed=seed,
        )
    for name in scores.made:
        show(distance_table(scores, name))
    for sentence in scores.sentences.values():
        typer.echo(sentence)
    for file in scores.save(output):
        wrote(file)
    rock_page(output / PAGE, scores, title=f"Volumes beside {Path(real).name}")
    wrote(output / PAGE)
    for name, images in volumes.items() if depth else ():
        profile = depth_profile(images)
        typer.echo(f"{name}: {profile.sentence}")
        write_csv(output / f"depth-{name}.csv", profile.rows())
        wrote(output / f"depth-{name}.csv")


def distance_table(scores: RockScores, name: str) -> Table:
    """A row for each number: means, distances with their floor, and whether it is near."""
    from raysys.assess.notation import worded

    table = Table(title=f"{name}: distance from the rock (floor: between two halves of it)")
    table.add_column("number", no_wrap=True)
    for head in ("real", "made", "KL", "+-", "floor", "W1", "floor", "KS", "Hellinger", "near"):
        table.add_column(head, justify="right")
    for row in scores.rows():
        if row["set"] != name:
            continue
        found = [row[key] for key in ("real_mean", "made_mean", "kl", "kl_std", "kl_floor", "w1", "w1_floor")]
        found += [row["ks"], row["hellinger"]]
        near = {True: "yes", False: "no", None: "-"}[row["near"]]
        unit = f" ({row['unit']})" if row["unit"] else ""
        table.add_row(f"{worded(row['number'])}{unit}", *map(number, found), near)
    return table
