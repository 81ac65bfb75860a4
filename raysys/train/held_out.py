"""What a trained generator is worth by the tiles held out of its training, which chose nothing: a card carries it."""

from __future__ import annotations

from collections.abc import Mapping

from raysys.data.sources import TrainingData
from raysys.stats import DESCRIPTORS, Characterisation, characterise, compare
from raysys.train.floors import against_floors
from raysys.train.metrics import BAND, INSIDE
from raysys.train.system import System
from raysys.train.topology import Topology
from raysys.train.validation import DescriptorValidator


def held_out_verdict(
    system: System, data: TrainingData, references: Mapping[str, Characterisation], *, count: int
) -> dict[str, float]:
    """Measure a generator of binary or label images against the held-out tiles, asked for what they have.

    Parameters
    ----------
    system
        With its trained weights.
    data
        Training and held-out tiles.
    references
        Characterisation of the held-out tiles by phase, see `raysys.train.publish.held_out_characterisations`.
    count
        Images that are drawn.

    Returns
    -------
    dict
        `mse/NAME`, and `band/NAME` and `inside_band` where the training part, which the band is of, has regions enough;
        `euler_error` and `parts_error`. Called as those of `DescriptorValidator`, but against the held-out tiles. Empty
        for other systems, and where nothing was held out.
    """
    validator = system.held_out_validator(data, count=count) if references and len(data.held_out) else None
    if not isinstance(validator, DescriptorValidator):
        return {}
    made = validator.drawn_beside(data.held_out)
    drawn, real = (validator.form.indicators(images) for images in (made, data.held_out))
    errors: dict[str, float] = {}
    connected: dict[str, float] = {}
    for phase, reference in references.items():
        found = compare(reference, characterise(drawn[phase], DESCRIPTORS))
        errors |= {validator.named(phase, name): error for name, error in found.items()}
        topology = Topology(real[phase]).measure(drawn[phase])
        connected |= {validator.of(phase, name): value for name, value in topology.items() if name.endswith("_error")}
    metrics, _ = against_floors(errors, validator.floors)
    return metrics | connected


def without_band(metrics: Mapping[str, float]) -> dict[str, float]:
    """Metrics of a validation without the band of the tiles that chose the checkpoint."""
    return {name: value for name, value in metrics.items() if name != INSIDE and not name.startswith(BAND)}
