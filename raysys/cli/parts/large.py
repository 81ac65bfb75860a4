"""What commands do differently with images larger than memory: windows, a bar, and a word on where things are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from raysys.cli.parts.terminal import Bar, by, notice, show, warnings_as_notices, wrote
from raysys.errors import RaysysError

if TYPE_CHECKING:
    import numpy as np

    from raysys.data import DataSettings, Tiles
    from raysys.data.phases import Decision
    from raysys.form import Kind
    from raysys.methods.unet.model import SegmenterModel

FEW_TILES = 32  # a batch of fewer different tiles teaches a critic little but them


@contextmanager
def shown(name: str) -> Iterator[Callable[[int, int, str], None]]:
    """A bar as the steps of a large image tell it how far they are."""
    with Bar(name, "step") as bar:
        yield lambda done, total, what: bar.update(done, total, step=what)


def prepared(settings: DataSettings) -> Tiles:
    """`prepare`, with a bar and a notice for a large image; of a photograph it is said that it becomes grey."""
    from raysys.data import prepare
    from raysys.data.large import is_large

    if not is_large(settings):
        with warnings_as_notices():
            tiles = prepare(settings)
    else:
        with shown(Path(settings.images).name) as told:
            tiles = prepare(settings, show=told)
        notice(f"the phases of {settings.images} are kept in {tiles.provenance['segmented']}, which may be deleted")
    return tiles


def warn_of_few(tiles: Tiles) -> None:
    """Say so if there are few training tiles."""
    if len(tiles.train) < FEW_TILES:
        notice(
            f"warning: {len(tiles.train)} training tiles are few (below {FEW_TILES}); "
            "take a smaller tile or stride, or a larger image"
        )


def segment_in_windows(settings: DataSettings, output: Path) -> None:
    """Write the phases of a large image, and say their fraction before and after."""
    from raysys.data import segment_large
    from raysys.data.preparation.window import with_window

    settings = with_window(settings)
    with shown(Path(settings.images).name) as told:
        found = segment_large(settings, output, show=told)
    before = found.phase_fraction_before
    typer.echo(fractions(found.phase_fraction, before, settings, found.phase_fractions, found.decision))
    wrote(output, f"{by(found.shape)} pixels")


def segment_by_model(
    network: SegmenterModel,
    image: str,
    output: Path,
    how: dict[str, int | None],
    which: dict[str, int | None],
) -> tuple[tuple[int, int], np.ndarray]:
    """Write class numbers of a large image; its shape, and pixels of each class (256,).

    Parameters
    ----------
    how
        Tile and overlap, as `SegmenterModel.bands` takes them.
    which
        Series, channel and time of a file that holds several.

    Raises
    ------
    RaysysError
        For a file that is no flat grey image, or an output of another format than .tif and .npy.
    """
    import numpy as np

    from raysys.data.large import LargeImage, bands, check_name, surveyed, write_labels
    from raysys.grey_levels import grey_limits_of_bands

    # Before the image is read, which takes minutes.
    check_name(output)
    with LargeImage(image, **which) as stored, shown(Path(image).name) as told:
        if stored.in_hue:
            raise RaysysError(f"image {image} is a colour picture, and its channels differ; save it as a grey one")
        surveyed(stored, told)
        shape = stored.shape
        # From the whole image: bands on grey scales of their own would show seams.
        limits = grey_limits_of_bands(
            lambda: (stored[start:stop] for start, stop in bands(shape)), network.network.grey
        )  # fmt: skip
        likely = network.bands(lambda start, stop: stored[start:stop], shape, limits=limits, **how)
        # A generator: bands are computed while the earlier ones are written, and one is in memory.
        labels = (band.argmax(0).astype(np.uint8) for band in likely)
        return shape, write_labels(output, labels, shape, show=told, spacing=stored.spacing)


def fractions(
    after: float,
    before: float,
    settings: DataSettings,
    phases: Mapping[str, float] | None = None,
    by: Decision | None = None,
) -> str:
    """Phase fractions in words, of label images those of all `phases`; of grey and colour images the mean value."""
    if phases:
        return f"phase fractions {in_words(phases)} ({settings.images})"
    if settings.kind in ("grey", "colour"):
        return f"mean value {after:.4f} ({settings.kind} values of {settings.images})"
    return (
        f"phase fraction {after:.4f} ({settings.named_phase} phase of {settings.images}{how_told(by, settings)}; "
        f"before downscaling and removal of specks {before:.4f})"
    )


def fractions_of(tiles: Tiles, settings: DataSettings) -> str:
    """Phase fractions of a prepared image in words, as `fractions` has them."""
    return fractions(
        tiles.phase_fraction, tiles.phase_fraction_before, settings, tiles.phase_fractions, decision_of(tiles)
    )


def decision_of(tiles: Tiles) -> Decision | None:
    """How the phase of a prepared image was told from the rest."""
    from raysys.data.phases import told_decision

    return told_decision(tiles.provenance.get("decision"))


def how_told(by: Decision | None, settings: DataSettings) -> str:
    """How a phase was told from the rest, as it goes on behind its name; nothing where it is not known."""
    if by is None:
        return ""
    denoised = by.threshold is not None and settings.denoise_sigma_spatial > 0
    return f", {by.how}{' after denoising' if denoised else ''}"


def in_words(shares: Mapping[str, float]) -> str:
    """Shares of phases: "pore 0.4005, solid 0.5995"."""
    return ", ".join(f"{name} {share:.4f}" for name, share in shares.items())


def write_drawn(path: Path, tiles: Any, kind: Kind) -> None:
    """Write tiles, in memory or behind a file; `kind` says what their values mean."""
    from raysys.data import write_images
    from raysys.data.large import write_tiles
    from raysys.data.preparation import CutTiles

    if not isinstance(tiles, CutTiles):
        return write_images(path, tiles, kind=kind)
    with shown(path.name) as told:
        write_tiles(path, tiles, show=told)
    return None


def is_large_file(path: str, how: dict[str, Any]) -> bool:
    """Whether an image is read in windows; `how` as `read_sets` takes it."""
    from raysys.data import DataSettings
    from raysys.data.large import is_large

    return is_large(DataSettings(images=path, **_reading(how)))


def show_representative(
    path: str, how: dict[str, Any], options: dict[str, Any], *, csv: Path | None, others: Sequence[str]
) -> None:
    """Find the representative size of a large file, of which windows alone are read, and show it.

    Parameters
    ----------
    path, how
        Of the one image, and as `read_sets` takes it.
    options
        As `representative_size` takes them.
    csv
        Where the sizes go, as a table.
    others
        Options that were given and are not for large images.

    Raises
    ------
    RaysysError
        If there are others, or the image is too small or of one level.
    """
    from raysys.cli.parts.numbers import write_numbers
    from raysys.cli.parts.tables import sizes_table
    from raysys.data.large import LargeImage, PhaseView
    from raysys.data.phases import SIDES, stored_value
    from raysys.stats import representative_size

    if others:
        raise RaysysError(
            f"{path} is a large image, of which --res alone is found, in windows, and {', '.join(others)} was given; "
            "for the rest cut it into tiles (raysys data tile)"
        )
    named = how["phase"]
    phase = named if named in (None, *SIDES) else stored_value(named)
    kind: Kind = "labels" if isinstance(phase, float) else "grey"
    with LargeImage(path, **_reading(how), kind=kind) as image, shown(Path(path).name) as told:
        view: Any = PhaseView(image, phase, threshold=how["threshold"], show=told)
        if view.limit is not None:
            notice(
                f"{path} is grey, so its windows were segmented at Otsu's threshold of the whole image, "
                f"{view.limit:.6g}: {phase or 'bright'} phase (for denoising: raysys data segment)"
            )
        sizes = representative_size(view, progress=lambda done, of: told(done, of, "windows"), **options)
    show(sizes_table(sizes, Path(path).name))
    typer.echo(f"{sizes.reason} {sizes.rule}")
    if csv is not None:
        write_numbers(csv, {}, [], sizes)


def _reading(how: dict[str, Any]) -> dict[str, Any]:
    return {name: how.get(name) for name in ("shape", "dtype", "dataset", "series", "channel", "time")}
