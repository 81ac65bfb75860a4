"""The one call that judges generators, annealing and other images against real ones: prepare, measure, judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from raysys.assess.listener import Listener, Progress, Say, unheard, unseen
from raysys.assess.methods.comparison import Comparison
from raysys.assess.methods.copies import LookUp
from raysys.assess.methods.label_comparison import LabelComparison
from raysys.assess.methods.labelling import AskedPhases
from raysys.assess.methods.method import Kind
from raysys.assess.methods.reference import Preparation, Real
from raysys.assess.methods.sets import Origin
from raysys.assess.methods.stages import Request, judge_sets, made_sets, measure_sets, prepare_sets
from raysys.assess.power.rungs import Level, check_level
from raysys.data.sets import Reading
from raysys.errors import RaysysError
from raysys.stats import Boundary

__all__ = ["compare_methods"]


def compare_methods(
    real: Real,
    sets: Mapping[str, Origin],
    *,
    kinds: Mapping[str, Kind] | None = None,
    descriptors: str | Sequence[str] = "default",
    pores: bool = True,
    n: int | None = None,
    seed: int = 0,
    phase: str | int | None = None,
    phases: AskedPhases | None = None,
    tile: int | None = None,
    stride: int | None = None,
    dims: int = 2,
    reading: Reading = Reading(),
    boundary: Boundary = "open",
    r_max: int | None = None,
    nearest: int | None = None,
    nearest_side: int | None = None,
    power: Level = "quick",
    device: str | None = None,
    tracking_uri: str | None = None,
    say: Say | None = None,
    progress: Progress | None = None,
) -> Comparison | LabelComparison:
    """Compare ways of making images with real images and with each other.

    Sentences of errors name the options of `raysys compare`; the keywords here are called like them.

    Parameters
    ----------
    real
        The image that the models were trained on, or real tiles: a file, a folder, skimage:NAME, or an array (H, W),
        (N, H, W) or, with dims=3, of volumes. If the first model's card says how this very file was prepared, the
        tiles that were held out of its training are the reference; otherwise its own tiles are.
    sets
        {name: what it is made of}: an array (N, ...) of images, a file or folder of images, a folder of `raysys
        anneal`, a saved model's folder, an MLflow URI or the name of a registered model, or a loaded model.
    kinds
        {name: "model", "annealed" or "images"} of sets that are not to be told apart by looking.
    descriptors
        Names that `raysys.stats.KNOWN` lists, or "default" or "all"; several in one string are separated by commas.
    pores
        Whether connected parts are measured: areas, shapes, directions.
    n, seed
        Samples of each model, by default as many as there are real tiles; the seed of the first.
    phase
        Phase of interest of `real`: "bright", "dark" or a stored value; of grey images it has to be said here or on a
        card.
    phases
        Compare label images in all their phases, as is done of itself where models make them: "all" for every value
        that `real` holds, names of the values 0, 1, ..., or {name: value or values}. Without, images hold the numbers
        of the phases on the first model's card; `real` what that card says, where it speaks of this very file.
    tile, stride
        Pixels of the tiles that `real` is cut into, whatever a card says, and between such tiles.
    dims
        Axes of one image.
    reading
        Which of several images in a file is meant (of `real` and of other methods' files), how far the pixels of
        `real`, and of sets out of files, are apart, and above which stored value a pixel is bright.
    boundary, r_max
        As `raysys.stats.characterise` takes them.
    nearest, nearest_side
        Images of each set, or windows of larger ones, that are looked up among all windows of the training image, to
        find copies, and their side in pixels; 0 for none; by default 64 images as large as a tile, fewer or none for a
        large training image.
    power
        Which known damage is tried on the real images, to say what the verdict would have noticed: "quick" (flipped
        pixels, growth, smoothed edges, specks, a Gaussian field of the same S2, copies), "full" (also loss, removed
        pores, shifted phase fractions, annealing on S2 alone; minutes, once for a reference), or "none": then a set
        that is not told apart has no verdict.
    device
        Where models draw, such as "cuda"; by default where they are.
    tracking_uri
        Where MLflow keeps models, see `raysys.models.registry.tracking_location`.
    say, progress
        Are told what is decided on the way, and how far it is, see `raysys.assess.listener.Listener`.

    Returns
    -------
    Comparison, or LabelComparison of label images
        Verdicts on whole sets with their power, errors with their bands and verdicts, distances of distributions,
        copies, times; as tables and in words.

    Raises
    ------
    RaysysError
        If something cannot be read, or does not fit the real images; before anything is drawn or measured wherever
        that can be known by then.
    """
    _check_numbers({"n": (n, 2), "seed": (seed, 0), "tile": (tile, 2), "stride": (stride, 1), "r_max": (r_max, 1),
                    "nearest": (nearest, 0), "nearest_side": (nearest_side, 2)})  # fmt: skip
    notices: list[str] = []

    def hear(sentence: str) -> None:
        notices.append(sentence)
        (say or unheard)(sentence)

    listener = Listener(hear, progress or unseen)
    request = Request(
        preparation=Preparation(None if phase is None else str(phase), tile, stride, dims, reading=reading),
        look_up=LookUp(nearest, nearest_side),
        phases=phases,
        descriptors=descriptors,
        pores=pores,
        boundary=boundary,
        r_max=r_max,
        n=n,
        seed=seed,
        power=check_level(power),
        device=device,
        tracking_uri=tracking_uri,
    )
    prepared = prepare_sets(real, sets, kinds or {}, request, listener)
    made = made_sets(prepared, request, listener)
    measured = measure_sets(prepared, made, request, listener)
    return replace(judge_sets(prepared, made, measured, request, listener), notices=tuple(notices))


def _check_numbers(numbers: dict[str, tuple[int | None, int]]) -> None:
    for name, (value, least) in numbers.items():
        if value is not None and value < least:
            raise RaysysError(f"{name} is {value}; allowed: {least} or more")
