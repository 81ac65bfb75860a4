"""Batch normalisation over all workers: two real processes against one with the joined batch."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from support.together import run_together, trained_together
from torch import nn

from raysys.methods.wgan_gp import system as wgan_gp
from raysys.methods.wgan_gp.networks import Generator
from raysys.methods.wgan_gp.system import WganGp
from raysys.train.loop import run_training
from raysys.train.session import LocalSession, newest_checkpoint
from raysys.train.synchronised_norm import SynchronisedBatchNorm, synchronise_norms

LOSSES = ("critic_loss", "wasserstein_distance", "gradient_penalty", "generator_loss")

NORMALISE = """
from safetensors.torch import load_file, save_file
from raysys.train.averaging import average_gradients
from raysys.train.synchronised_norm import synchronise_norms

torch.set_default_dtype(torch.float64)
tensors = load_file("given.safetensors")
norm = torch.nn.Sequential(torch.nn.BatchNorm2d(3))
norm.load_state_dict({name[5:]: tensor for name, tensor in tensors.items() if name.startswith("norm/")})
synchronise_norms(norm)
images = tensors["images"].chunk(count)[rank].requires_grad_()
normalised = norm(images)
# Each worker's loss is a mean over its own share, as a system's losses are.
(normalised * tensors["factors"].chunk(count)[rank]).square().sum(dim=(1, 2, 3)).mean().backward()
average_gradients(norm.parameters(), count)
found = {"normalised": normalised.detach(), "images": images.grad / count}
found |= {f"gradient/{name}": parameter.grad for name, parameter in norm.named_parameters()}
save_file(found | {f"norm/{name}": tensor for name, tensor in norm.state_dict().items()}, f"found-{rank}.safetensors")
"""


class Recorder:
    """Keeps the losses that a tracker is told."""

    def __init__(self) -> None:
        self.told: dict[int, dict[str, float]] = {}

    def log(self, step: int, metrics: dict[str, float]) -> None:
        self.told.setdefault(step, {}).update(metrics)

    def picture(self, *what: object) -> None: ...

    def note(self, **tags: str) -> None: ...

    def flush(self, seconds: float | None = None) -> None: ...


def alone(recipe) -> tuple[dict[int, dict[str, float]], dict[str, torch.Tensor]]:
    recorder = Recorder()
    run_training(recipe, LocalSession(Path("alone")), tracker=recorder)  # type: ignore[arg-type]
    newest = newest_checkpoint(Path("alone"))
    assert newest is not None
    return recorder.told, load_file(newest / "state.safetensors")


def test_two_workers_normalise_and_differentiate_as_one():
    chance = torch.Generator().manual_seed(0)
    images, factors = (torch.randn(8, 3, 5, 4, generator=chance, dtype=torch.float64) for _ in range(2))
    images = images * 3 + torch.tensor([1e3, 0.0, -2.0], dtype=torch.float64).view(3, 1, 1)
    images[:4] += 5.0  # shares that differ, and a mean far beyond the deviation
    norm = nn.Sequential(nn.BatchNorm2d(3, dtype=torch.float64))
    nn.init.uniform_(norm[0].weight, 0.5, 2.0)
    nn.init.uniform_(norm[0].bias, -1.0, 1.0)
    before = {f"norm/{name}": tensor.clone() for name, tensor in norm.state_dict().items()}
    save_file({"images": images, "factors": factors} | before, "given.safetensors")
    run_together(NORMALISE)

    images.requires_grad_()
    normalised = norm(images)
    (normalised * factors).square().sum(dim=(1, 2, 3)).mean().backward()
    halves = [load_file(f"found-{rank}.safetensors") for rank in range(2)]
    exact = {"rtol": 1e-9, "atol": 1e-11}
    torch.testing.assert_close(torch.cat([half["normalised"] for half in halves]), normalised.detach(), **exact)
    torch.testing.assert_close(torch.cat([half["images"] for half in halves]), images.grad, **exact)
    for half in halves:
        for name, parameter in norm.named_parameters():
            torch.testing.assert_close(half[f"gradient/{name}"], parameter.grad, **exact)
        for name, tensor in norm.state_dict().items():
            torch.testing.assert_close(half[f"norm/{name}"], tensor, **exact)


def test_alone_it_is_batch_normalisation_itself_with_the_same_keys_and_tensors():
    torch.manual_seed(0)
    plain, synchronised = (Generator(16, width=4, latent_channels=4, latent="lattice") for _ in range(2))
    synchronised.load_state_dict(plain.state_dict())
    before = dict(synchronised.named_parameters())
    synchronise_norms(synchronised)
    assert sum(isinstance(module, SynchronisedBatchNorm) for module in synchronised.modules()) == 2
    assert list(synchronised.state_dict()) == list(plain.state_dict())
    assert all(parameter is before[name] for name, parameter in synchronised.named_parameters())
    noise = torch.randn(3, 4, *plain.latent_shape(16))
    assert torch.equal(plain(noise), synchronised(noise))
    assert all(torch.equal(one, plain.state_dict()[name]) for name, one in synchronised.state_dict().items())
    assert torch.equal(plain.eval()(noise), synchronised.eval()(noise))


AUGMENTED = {"flips": ["left-right"], "rotations": True, "augment": ["translation", "cutout"]}


@pytest.mark.parametrize(("of", "more"), [("wgan-gp", {}), ("wgan-gp-conditional", AUGMENTED)])
def test_two_workers_train_as_one_on_the_joined_batch(recipe_file, tiny, of: str, more: dict):
    sections = {"of": of, "system": {"sync_norm": True} | more}
    losses, state = alone(tiny(**sections))
    told, states = trained_together(recipe_file(**sections))
    assert sorted(told) == list(range(1, 9))
    for step, metrics in told.items():
        for name in LOSSES:
            assert metrics[name] == pytest.approx(losses[step][name], rel=1e-4, abs=1e-6), (step, name)
    assert all(set(found) == set(state) for found in states)
    for name, tensor in state.items():
        torch.testing.assert_close(states[0][name], tensor, rtol=1e-4, atol=1e-6, msg=name)
        if "averaged" not in name:  # which is measured and saved by the first worker only
            torch.testing.assert_close(states[1][name], tensor, rtol=1e-4, atol=1e-6, msg=name)


def test_two_workers_that_were_interrupted_go_on_to_the_same_end(recipe_file):
    sections = {"of": "wgan-gp-conditional", "system": {"sync_norm": True}}
    told, whole = trained_together(recipe_file(**sections))
    for rank in range(2):
        Path(f"rank-{rank}").rename(f"whole-{rank}")
    trained_together(recipe_file(**sections, training={"steps": 4}))
    # Ray Train hands the first worker's checkpoint to all.
    shutil.rmtree("rank-1")
    shutil.copytree("rank-0", "rank-1")
    after, resumed = trained_together(recipe_file(**sections))
    assert after == {step: told[step] for step in range(5, 9)}
    assert all(torch.equal(tensor, resumed[0][name]) for name, tensor in whole[0].items())


class NormalisingHalves(WganGp):
    """One worker that normalises the two halves of its batch apart, and keeps the first half's running statistics."""

    def computed(self, network: nn.Module, *inputs: torch.Tensor) -> torch.Tensor:
        if network is not self.generator:
            return super().computed(network, *inputs)
        first, second = inputs[0].chunk(2)
        made = network(first)
        kept = [buffer.clone() for buffer in network.buffers()]
        made = torch.cat([made, network(second)])
        for buffer, before in zip(network.buffers(), kept, strict=True):
            buffer.data.copy_(before)
        return made


def test_without_it_each_worker_normalises_its_own_share_and_nothing_else_differs(recipe_file, tiny, monkeypatch):
    told, states = trained_together(recipe_file())
    joined, _ = alone(tiny())
    assert any(told[step][name] != pytest.approx(joined[step][name], rel=1e-3) for step in told for name in LOSSES)
    monkeypatch.setattr(wgan_gp, "SYSTEM", NormalisingHalves)
    recorder = Recorder()
    run_training(tiny(), LocalSession(Path("halves")), tracker=recorder)  # type: ignore[arg-type]
    newest = newest_checkpoint(Path("halves"))
    assert newest is not None
    for step, metrics in told.items():
        for name in LOSSES:
            assert metrics[name] == pytest.approx(recorder.told[step][name], rel=1e-4, abs=1e-6), (step, name)
    for name, tensor in load_file(newest / "state.safetensors").items():
        torch.testing.assert_close(states[0][name], tensor, rtol=1e-4, atol=1e-6, msg=name)
