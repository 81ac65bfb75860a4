"""Made volumes measured against the rock in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from raysys.assess.listener import Listener, Progress, Say, unheard, unseen
from raysys.assess.rock.crops import Crops, crops_of
from raysys.assess.rock.flow_order import Flow, FlowOrder
from raysys.assess.rock.measures import PERMEABILITY, Measured, measured
from raysys.assess.rock.protocol import Protocol
from raysys.assess.rock.scores import Apart, RockScores, RockSet
from raysys.errors import RaysysError
from raysys.farm import run
from raysys.spacing import Spacing
from raysys.stats import bootstrap

__all__ = ["rocks"]

REAL = "real"
Volumes = np.ndarray | Sequence[np.ndarray]


def rocks(
    real: Volumes,
    made: Volumes | Mapping[str, Volumes],
    *,
    edge: int | None = None,
    spacing: Spacing | None = None,
    flow: bool = True,
    baseline: str | None = None,
    folder: str | Path | None = None,
    workers: int | None = None,
    address: str | None = None,
    say: Say = unheard,
    progress: Progress = unseen,
    **settings: Any,
) -> RockScores:
    """Judge volumes by how statistics are distributed over samples of them and of the rock.

    Parameters
    ----------
    real
        The rock: a volume (D, H, W) uint8 in {0, 1}, 1 = pore, or several.
    made
        Volumes of one generator, or of several by name, such as {"ours": ..., "a GAN of this rock alone": ...}.
    edge
        Side of the samples in voxels, which are cut side by side; by default the shortest side of a made volume.
    spacing
        How far voxels are apart, for permeabilities in m^2.
    flow
        Whether the permeability of each sample is measured, which is most of the time.
    baseline
        The made set that the others are held against.
    folder
        Where permeabilities are kept, so that the same call goes on after an interruption.
    workers, address
        Of the farm that drives the fluid, as of `raysys.farm.run`; few small samples are done in this process.
    say, progress
        Are told what was decided, and how far it is.
    settings
        Further fields of `raysys.assess.rock.protocol.Protocol`.

    Raises
    ------
    RaysysError
        If volumes are none, or smaller than a sample, or a set has one sample only.

    References
    ----------
    Alanov et al., arXiv:1904.04751 (2019), section 4.7: KL of 50 bins over 500 samples a side, 1,000 resamples.
    """
    listener = Listener(say, progress)
    named = made if isinstance(made, Mapping) else {"made": made}
    volumes = {REAL: _listed(real)} | {name: _listed(one) for name, one in named.items()}
    if REAL in named or (baseline is not None and baseline not in named):
        wrong = (
            f"baseline {baseline}" if baseline is not None and baseline not in named else f"a made set called {REAL}"
        )
        raise RaysysError(f"{wrong}; allowed: names of made sets, {', '.join(set(named) - {REAL})}, and none {REAL}")
    sides = [min(volume.shape) for name in named for volume in volumes[name]]
    protocol = Protocol(edge=min(sides) if edge is None else edge, **settings)
    crops = {name: crops_of(each, protocol.edge, protocol.samples, name) for name, each in volumes.items()}
    for name, each in crops.items():
        if len(each.images) < 2:
            raise RaysysError(
                f"{name} has one sample of {protocol.edge} voxels a side; allowed: two and more (smaller ones by edge)"
            )
    numbers = {name: measured(each.images, protocol) for name, each in crops.items()}
    if flow:
        for name, values in _flows(crops, protocol, folder, workers, address, listener).items():
            numbers[name][PERMEABILITY] = values
    sets = {name: RockSet(crops[name], numbers[name]) for name in crops}
    scores = RockScores(protocol, sets[REAL], {name: sets[name] for name in named}, {}, {}, spacing, baseline)
    return replace(scores, floor=_floor(sets[REAL], protocol), apart={name: _apart(scores, name) for name in named})


def _listed(volumes: Volumes) -> list[np.ndarray]:
    if isinstance(volumes, np.ndarray):
        return [volumes] if volumes.ndim == 3 else list(volumes)
    return list(volumes)


def _apart(scores: RockScores, name: str) -> dict[str, Apart]:
    """How far a made set is from the rock, number by number."""
    mine, theirs = scores.real.numbers, scores.made[name].numbers
    return {number: _distance(one.values, theirs[number].values, scores.protocol) for number, one in mine.items()}


def _floor(real: RockSet, protocol: Protocol) -> dict[str, Apart]:
    """How far the two halves of the rock are apart; nothing where it has only one."""
    halves = real.crops.halves
    if halves is None:
        return {}
    one, two = halves
    return {name: _distance(each.values[one], each.values[two], protocol) for name, each in real.numbers.items()}


def _distance(real: np.ndarray, made: np.ndarray, protocol: Protocol) -> Apart:
    """Both samples' values that are known; no distance where one has none."""
    real, made = (values[np.isfinite(values)] for values in (real, made))
    if not (len(real) and len(made)):
        return Apart({}, len(real), len(made))
    how: dict[str, Any] = {"bins": protocol.bins, "rule": protocol.rule, "limits": protocol.limits}
    found = bootstrap(real, made, resamples=protocol.resamples, seed=protocol.seed, **how)
    return Apart(found, len(real), len(made))


def _flows(
    crops: dict[str, Crops],
    protocol: Protocol,
    folder: str | Path | None,
    workers: int | None,
    address: str | None,
    listener: Listener,
) -> dict[str, Measured]:
    """Permeabilities of all samples of all sets, in one farm."""
    order = FlowOrder(np.concatenate([each.images for each in crops.values()]), protocol)
    jobs, done = len(order.samples), [0]
    count = listener.counting(PERMEABILITY, "samples")

    def finished(_: Flow) -> None:
        done[0] += 1
        count(done[0], jobs)

    flows = run(
        order, jobs, checkpoint_folder=folder, workers=workers, address=address, finished=finished
    )  # fmt: skip
    lost = sum(not one.converged.all() for one in flows)
    if lost:
        listener.say(
            f"{lost} of {jobs} permeabilities did not become steady in {protocol.max_steps:,} steps and do not count"
        )
    values = np.array([one.value for one in flows])
    ends = np.cumsum([len(each.images) for each in crops.values()])[:-1]
    stated = {"axes": ",".join(map(str, protocol.axes)), "method": "lattice Boltzmann, two relaxation times"}
    parts = np.split(values, ends)
    return {name: Measured(part, "pixel^2", stated) for name, part in zip(crops, parts, strict=True)}
