"""The WGAN-GP in bfloat16 and compiled: an exact penalty, weights in float32, checkpoints of the same keys."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from raysys.errors import RaysysError
from raysys.losses import gradient_penalty
from raysys.methods.wgan_gp.system import WganGp
from raysys.train import load_recipe
from raysys.train.averaging import average_gradients
from raysys.train.batches import Batch, Draws
from raysys.train.compiling import check_compiler, compiled
from raysys.train.loop import build_system, run_training
from raysys.train.ray.engine import check
from raysys.train.session import LocalSession, newest_checkpoint

CPU = torch.device("cpu")
needs_compiler = pytest.mark.skipif(
    shutil.which(os.environ.get("CXX", "g++")) is None, reason="needs a C++ compiler, and there is none"
)


def stepped(recipe, steps: int = 4) -> tuple[list[dict[str, float]], WganGp]:
    """Losses of some steps on images of noise, and the system after them."""
    system = build_system(recipe, CPU)
    assert isinstance(system, WganGp)
    chance = torch.Generator().manual_seed(5)
    batches = [Batch(torch.randn(8, 1, 16, 16, generator=chance).sign()) for _ in range(system.batches_per_step)]
    losses = []
    for step in range(steps):
        found = system.step(batches, Draws(0, step, 0, 1, CPU), lambda parameters: average_gradients(parameters, 1))
        assert all(value.dtype == torch.float32 for value in found.values())
        losses.append({name: float(value) for name, value in found.items()})
    return losses, system


def test_the_penalty_in_bfloat16_is_the_penalty_in_float32_with_its_gradients(tiny):
    critic = build_system(tiny(system={"width": 8}), CPU).modules["critic"]
    chance = torch.Generator().manual_seed(0)
    real, fake = (torch.randn(6, 1, 16, 16, generator=chance) for _ in range(2))
    epsilon = torch.rand(6, generator=chance)
    found = []
    for half in (False, True):
        critic.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            assert critic(real).dtype == (torch.bfloat16 if half else torch.float32)
            penalty = gradient_penalty(critic, real, fake, epsilon)
        penalty.backward()
        found.append([penalty.detach(), *(parameter.grad.clone() for parameter in critic.parameters())])
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))
    # Images that a network left in half precision are not rounded again on the way.
    rounded = fake.bfloat16()
    assert torch.equal(
        gradient_penalty(critic, real, rounded, epsilon), gradient_penalty(critic, real, rounded.float(), epsilon)
    )


def test_a_step_in_bfloat16_computes_its_penalty_from_the_same_images_in_float32(tiny, monkeypatch):
    system = build_system(tiny(training={"precision": "bfloat16"}), CPU)
    assert isinstance(system, WganGp)
    seen: list[tuple[Tensor, Tensor, Tensor, Tensor]] = []
    passes: list[torch.dtype] = []

    def watched(critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, epsilon: Tensor) -> Tensor:
        before = [parameter.dtype for parameter in system.critic.parameters()]
        assert set(before) == {torch.float32}
        passes.append(fake.dtype)
        penalty = gradient_penalty(critic, real, fake, epsilon)
        with torch.autocast("cpu", enabled=False):
            exact = gradient_penalty(system.critic.double(), real.double(), fake.double(), epsilon.double()).float()
        system.critic.float()
        seen.append((penalty.detach(), exact.detach(), real, fake))
        return penalty

    monkeypatch.setattr("raysys.methods.wgan_gp.system.gradient_penalty", watched)
    images = torch.randn(8, 1, 16, 16, generator=torch.Generator().manual_seed(1)).sign()
    system.step([Batch(images)] * system.batches_per_step, Draws(0, 0, 0, 1, CPU), lambda parameters: None)
    assert passes == [torch.float32] * 2
    for penalty, exact, _, fake in seen:
        assert penalty.item() == pytest.approx(exact.item(), rel=1e-6)
        # The images did come out of a generator that computed in bfloat16: they are numbers of eight bits.
        assert torch.equal(fake, fake.bfloat16().float())


def test_training_in_bfloat16_stays_near_float32_and_keeps_its_weights_in_it(tiny):
    whole, _ = stepped(tiny(system={"learning_rate": 2e-3}))
    half, system = stepped(tiny(system={"learning_rate": 2e-3}, training={"precision": "bfloat16"}))
    assert half != whole
    assert whole[-1]["wasserstein_distance"] > 5e-3  # it has learned something that could go astray
    for found, expected in zip(half, whole, strict=True):
        for name, value in expected.items():
            # Scores have eight bits; their small differences are the two losses that are not led by the penalty.
            rounding = {"rel": 1e-3} if name in ("critic_loss", "gradient_penalty") else {"rel": 0.1, "abs": 2e-4}
            assert found[name] == pytest.approx(value, **rounding), name
    for network in system.modules.values():
        assert {value.dtype for value in network.state_dict().values()} <= {torch.float32, torch.int64}
    for optimizer in system.optimizers.values():
        states = [value for state in optimizer.state.values() for value in state.values()]
        assert {value.dtype for value in states} == {torch.float32}
    assert system.model(name="half", card={}).sample(2, seed=0).shape == (2, 16, 16)


@needs_compiler
def test_compiled_it_trains_to_the_same_losses_with_the_same_keys(tiny):
    losses, plain = stepped(tiny())
    found, system = stepped(tiny(training={"compile": True}))
    for one, other in zip(found, losses, strict=True):
        assert one == pytest.approx(other, rel=1e-4, abs=1e-7)
    assert set(system._forwards) == {system.generator, system.critic}
    for name, network in system.modules.items():
        expected = plain.modules[name].state_dict()
        assert list(network.state_dict()) == list(expected)
        for key, tensor in network.state_dict().items():
            torch.testing.assert_close(tensor, expected[key], rtol=1e-4, atol=1e-6, msg=f"{name}/{key}")


@needs_compiler
def test_a_compiled_pass_cannot_carry_the_penalty(tiny):
    # Should torch learn to differentiate compiled code twice, the penalty could be compiled as well.
    critic = nn.Sequential(nn.Conv2d(1, 2, 4, 2), nn.LeakyReLU(0.2), nn.Flatten(), nn.LazyLinear(1))
    real, fake, epsilon = torch.rand(2, 1, 8, 8), torch.rand(2, 1, 8, 8), torch.rand(2)
    gradient_penalty(critic, real, fake, epsilon).backward()
    with pytest.raises(RuntimeError, match="does not currently support double backward"):
        gradient_penalty(compiled(critic), real, fake, epsilon).backward()


def test_a_missing_compiler_is_said_in_one_sentence(tiny, monkeypatch):
    monkeypatch.setenv("CXX", "/nowhere/g++")
    with pytest.raises(RaysysError, match=r"training\.compile: needs a C\+\+ compiler, and /nowhere/g\+\+ is not"):
        check_compiler()
    with pytest.raises(RaysysError, match=r"training\.compile: needs a C\+\+ compiler"):
        check(tiny(training={"compile": True}))
    check(tiny(training={"compile": False}))


def test_what_cannot_be_compiled_is_said_in_one_sentence(monkeypatch):
    import torch._dynamo.exc

    def broken(*inputs: Tensor) -> Tensor:
        raise torch._dynamo.exc.Unsupported("the compiler has no floor\nand more lines")

    monkeypatch.setattr(torch, "compile", lambda network, **options: broken)
    with pytest.raises(
        RaysysError, match=r"could not compile Flatten \(the compiler has no floor.*\); mend it, or set"
    ):
        compiled(nn.Flatten())(torch.ones(1))
    monkeypatch.setattr(torch, "compile", lambda network, **options: network)
    with pytest.raises(RuntimeError, match="shape"):  # the network's own mistakes are not the compiler's
        compiled(nn.Linear(2, 2))(torch.ones(3))


@pytest.mark.parametrize(
    ("of", "override", "sentence"),
    [
        ("wgan-gp", "training.precision=float16", r"training\.precision: small gradients vanish in float16"),
        ("wgan-gp", "training.precision=float8", r"training\.precision: Input should be 'float32' or 'bfloat16'"),
        ("unet", "training.compile=true", r"training\.compile serves system\.method .*wgan-gp, not unet; leave it out"),
        ("autoencoder", "training.compile=true", r"training\.compile serves system\.method .*wgan-gp, not autoencoder"),
    ],
)
def test_what_does_not_go_together_is_refused(recipe_file, of: str, override: str, sentence: str):
    with pytest.raises(RaysysError, match=sentence):
        load_recipe(str(recipe_file(of)), [override])


def test_a_run_in_bfloat16_ends_with_a_float32_checkpoint(tiny):
    progress = run_training(tiny(training={"precision": "bfloat16"}), LocalSession(Path("half")))
    newest = newest_checkpoint(Path("half"))
    assert newest is not None
    assert progress.step == 8
    tensors = load_file(newest / "state.safetensors")
    assert {tensor.dtype for tensor in tensors.values()} <= {torch.float32, torch.int64}
    assert not any("_orig_mod" in name for name in tensors)
