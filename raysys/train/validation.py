"""How good a system's images are: a number that depends on the data alone, so that any two trials can be compared."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from raysys.data import Tiles
from raysys.data.separation import Separation, separation
from raysys.data.sources import Images, TrainingData, at_hand, some
from raysys.form import Form
from raysys.spacing import evenly
from raysys.stats import DESCRIPTORS, Baseline, Characterisation, characterise, compare, real_against_real
from raysys.train.floors import TINY, against_floors
from raysys.train.metrics import COLLAPSED, DIVERSITY, MSE, OBJECTIVE, UNSCALED, WHOLE
from raysys.train.topology import Topology
from raysys.train.validation_pictures import curves_picture, picture_of

# The same noise at every validation, so that only the weights change between two of them.
VALIDATION_SEED = 20_000_000
BASELINE_IMAGES = 2048  # of data sets that do not fit into memory
ALIKE = 0.05  # images that differ by less than this share of what real ones do are copies of one another
COMPARED = 256  # training images whose differences are taken for those of real ones
SHOWN = 16  # images that are kept for a picture


class DescriptorValidator:
    """Compares the statistics of a system's images with those of the training images.

    The held-out images take no part: checkpoints and trials are chosen by this comparison, and what is chosen by some
    images is not to be judged by them (`raysys compare` judges by those held out).

    The objective, `descriptor_error`, is the geometric mean over the descriptors of MSE / baseline, where MSE is the
    mean squared error between the mean curves (scaled autocovariance for S2 and the polytope functions, the curve
    itself for the lineal path) and baseline the median of the same number between two disjoint sets of real tiles.
    It is 1 where the images are as near to the training tiles as real tiles are to each other.

    Of each descriptor `band/NAME` is MSE / the upper end of the 95 % band of real against real, and `inside_band` says
    how many descriptors are at most 1; neither is there where the tiles are too few for such a band. `diversity` is by
    how much the images differ from one another, where real tiles have 1; `collapsed` is 1 if they do not, or if each is
    of one phase only, and 0 otherwise.

    `euler` and `parts` are the mean Euler characteristic and number of connected parts of an image, `euler_error` and
    `parts_error` how many standard deviations of a training tile they are off; see `Topology`. They are no part of the
    objective. `whole_error` is the same mean over descriptors, Euler characteristic and parts, see `whole_error`: what
    `training.best_by` names where a checkpoint is to be chosen by how its images hang together, too. `unscaled/S2` is
    the mean squared error of S2 itself, which sees the phase fraction: what the published generators were chosen by.

    Label images are measured phase by phase, each against the others together: metrics are then called
    `mse/PHASE/NAME`, `band/PHASE/NAME`, `phase_fraction/PHASE` and `euler/PHASE`, and the objective is the mean over
    the errors of all of them.

    Parameters
    ----------
    data
        Training and held-out images.
    draw
        Makes the images (N, *tile) of the system as it is, as those of the data.
    form
        Of the images; binary ones if not given.
    """

    def __init__(self, data: TrainingData, draw: Callable[[], np.ndarray], form: Form | None = None) -> None:
        self.draw = draw
        self.form = form or Form("binary", tuple(data.train.shape[1:]))
        real, separate = reference_images(data, self.form)
        self.references = {
            phase: characterise(images, DESCRIPTORS) for phase, images in self.form.indicators(real).items()
        }
        self.independent = {phase: independent(found, separate) for phase, found in self.references.items()}
        self.floors = {
            self.named(phase, name): floor
            for phase, found in self.independent.items()
            for name, floor in floors_of(found).items()
        }
        self.topologies = {phase: Topology(images) for phase, images in self.form.indicators(real).items()}
        # Of some: the mean over pixels is known well from a few hundred images.
        self.variation = variation(in_channels(self.form, some(data.train, COMPARED)))
        # An error that is not defined is not among the metrics of a validation, but may be of the next one.
        self.names = tuple(f"{MSE}{name}" for name in self.floors)
        self._shown: tuple[np.ndarray, dict[str, Characterisation]] | None = None

    def __call__(self) -> dict[str, float]:
        """Metrics of the system as it is now."""
        return self.measure(self.draw())

    def drawn_beside(self, real: Images) -> np.ndarray:
        """Images (N, *tile) of the system to be held against real ones, whatever these are."""
        return self.draw()

    def measure(self, images: np.ndarray) -> dict[str, float]:
        """Metrics of images (N, *tile): the objective, the phase fractions, and each descriptor's."""
        indicators = self.form.indicators(images)
        found = {phase: characterise(indicator, DESCRIPTORS) for phase, indicator in indicators.items()}
        connected = {
            self.of(phase, name): value
            for phase, indicator in indicators.items()
            for name, value in self.topologies[phase].measure(indicator).items()
        }
        self._shown = images[:SHOWN], found
        errors = {
            self.named(phase, name): error
            for phase, reference in self.references.items()
            for name, error in compare(reference, found[phase]).items()
        }
        unscaled = {
            f"{UNSCALED}{self.named(phase, 'S2')}": compare(reference, found[phase], scaled=False)["S2"]
            for phase, reference in self.references.items()
        }
        # An image without one of the phases has no scaled autocovariance: as bad as anything can be.
        metrics, error = against_floors(errors, self.floors)
        fractions = {self.of(phase, "phase_fraction"): each.phase_fraction for phase, each in found.items()}
        alike = likeness(in_channels(self.form, images), self.variation, dims=self.form.dims)
        whole = whole_error(error, len(errors), [v for name, v in connected.items() if "_error" in name], len(images))
        return (
            metrics
            | unscaled
            | fractions
            | connected
            | alike
            | {WHOLE: whole, "descriptor_error": error, OBJECTIVE: error}
        )

    def pictures(self) -> dict[str, np.ndarray]:
        """The first images of the last validation, and the curves of all over those of the training tiles."""
        if self._shown is None:
            return {}
        images, found = self._shown
        curves = {
            "curves" if self.form.kind == "binary" else f"curves {phase}": curves_picture(reference, found[phase])
            for phase, reference in self.independent.items()
        }
        return {"samples": picture_of(self.form, images, 4)} | curves

    def named(self, phase: str, name: str) -> str:
        """What the error of a descriptor of a phase is called."""
        return name if self.form.kind == "binary" else f"{phase}/{name}"

    def of(self, phase: str, name: str) -> str:
        """What another number of a phase is called."""
        return name if self.form.kind == "binary" else f"{name}/{phase}"


def whole_error(descriptor_error: float, descriptors: int, topology: Sequence[float], images: int) -> float:
    """Geometric mean over descriptors and topology of errors beside those that real images have.

    Parameters
    ----------
    descriptor_error, descriptors
        The mean over so many descriptors.
    topology
        Errors of means in standard deviations of an image. Squared, they are 1 / images of as many real ones, which is
        what they are taken beside; less than that is chance, and no better than 1.
    images
        How many were drawn.
    """
    ratios = [max(1.0, images * error**2) for error in topology]
    logarithms = descriptors * math.log(max(descriptor_error, TINY)) + sum(map(math.log, ratios))
    return math.exp(logarithms / (descriptors + len(ratios)))


def in_channels(form: Form, images: np.ndarray) -> np.ndarray:
    """Images whose differences are numbers: (N, C, *spatial), a channel for each phase or colour, or one."""
    if form.kind == "labels":
        return np.stack(list(form.indicators(images).values()), axis=1)
    return np.moveaxis(images, -1, 1) if form.kind == "colour" else images[:, None]


def variation(images: np.ndarray) -> float:
    """Mean variance over images (N, ...) of a pixel: of binary ones half the share in which two of them differ."""
    if len(images) < 2:
        return math.nan
    return float(np.var(images, axis=0, dtype=np.float64, ddof=1).mean())


def likeness(images: np.ndarray, real: float, *, dims: int | None = None) -> dict[str, float]:
    """Whether images (N, ...) are copies of one another or constant, where real ones have the variation `real`.

    The last `dims` axes are spatial, all but the first by default; an image is constant if each of its channels is.
    """
    found = variation(images)
    spatial = tuple(range(1 if dims is None else images.ndim - dims, images.ndim))
    # Of grey values a little noise is no structure either.
    constant = bool((np.ptp(images, axis=spatial) < ALIKE).all())
    if not (math.isfinite(found) and real > 0):  # one image is no copy
        return {COLLAPSED: float(constant)}
    return {DIVERSITY: found / real, COLLAPSED: float(constant or found < ALIKE * real)}


def reference_images(data: TrainingData, form: Form | None = None) -> tuple[np.ndarray, Separation | None]:
    """The training images that others are compared with, and which of them may be split into independent sets.

    All of them, or BASELINE_IMAGES evenly taken where they are behind a file; of images that are no tiles of one image
    each stands for itself (None).

    Parameters
    ----------
    data
        Whose training images.
    form
        Of the images; binary ones if not given.
    """
    form = form or Form("binary", tuple(data.train.shape[1:]))
    whole = at_hand(data.train) or len(data.train) <= BASELINE_IMAGES
    chosen = np.arange(len(data.train)) if whole else evenly(BASELINE_IMAGES, len(data.train))
    images = data.train[:] if whole else data.train[chosen]
    if not isinstance(data, Tiles):
        return images, None
    return images, separation(images, data.train_origins[chosen], form)


def training_characterisation(data: TrainingData) -> Characterisation:
    """Characterise all binary training images, or some where they are many."""
    return characterise(reference_images(data)[0], DESCRIPTORS)


def independent(found: Characterisation, separate: Separation | None) -> Characterisation:
    """The images that share no pixel with those of another group, and their groups; all where each is for itself."""
    return found if separate is None else replace(found.subset(separate.places), groups=separate.groups)


def floors_of(found: Characterisation) -> dict[str, Baseline]:
    """Real against real; tiles of a single region have a median, so that objectives are numbers, but no band."""
    if found.units > 1:
        return real_against_real(found)
    halves = real_against_real(replace(found, groups=None))
    return {name: Baseline(one.median, math.nan, math.nan, ways=0) for name, one in halves.items()}
