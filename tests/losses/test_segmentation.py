"""Dice and weighted cross-entropy: their closed forms, their ends, their gradients."""

import math

import pytest
import torch
from torch.nn import functional

from raysys.losses import class_weights, dice_loss, weighted_cross_entropy

UNLABELLED = 255


@pytest.fixture
def truth() -> torch.Tensor:
    """(2, 5, 6) class numbers 0, 1, 2, all of which occur."""
    return torch.randint(0, 3, (2, 5, 6), generator=torch.Generator().manual_seed(0))


def certain(labels: torch.Tensor) -> torch.Tensor:
    return functional.one_hot(labels, 3).movedim(-1, 1).double()


def test_the_targets_themselves_lose_nothing(truth: torch.Tensor):
    assert dice_loss(certain(truth), truth).item() == 0
    assert weighted_cross_entropy(1e3 * certain(truth), truth, torch.tensor([1.0, 5, 9]).double()).item() == 0


def test_disjoint_labels_lose_everything(truth: torch.Tensor):
    assert dice_loss(certain((truth + 1) % 3), truth).item() == pytest.approx(1)


def test_dice_is_the_mean_over_classes_of_its_definition(truth: torch.Tensor):
    likely = torch.rand(2, 3, 5, 6, generator=torch.Generator().manual_seed(1)).double().softmax(1)
    expected = []
    for k in range(3):
        inside = likely[:, k][truth == k].sum()
        expected.append(1 - 2 * inside / (likely[:, k].sum() + (truth == k).sum()))
    assert dice_loss(likely, truth).item() == pytest.approx(sum(expected).item() / 3)


def test_a_class_that_does_not_occur_has_no_part_in_dice():
    truth = torch.zeros(1, 2, 2, dtype=torch.int64)
    likely = torch.full((1, 3, 2, 2), 1 / 3)
    # 1 - 2 (4 / 3) / (4 / 3 + 4) of class 0 alone
    assert dice_loss(likely, truth).item() == pytest.approx(0.5)


def test_repeating_the_batch_changes_nothing(truth: torch.Tensor):
    logits = torch.randn(2, 3, 5, 6, generator=torch.Generator().manual_seed(2)).double()
    twice, both = torch.cat([logits, logits]), torch.cat([truth, truth])
    weights = torch.tensor([1.0, 2, 3]).double()
    assert dice_loss(twice.softmax(1), both).item() == pytest.approx(dice_loss(logits.softmax(1), truth).item())
    assert weighted_cross_entropy(twice, both, weights).item() == pytest.approx(
        weighted_cross_entropy(logits, truth, weights).item()
    )


def test_cross_entropy_is_a_weighted_mean_over_pixels(truth: torch.Tensor):
    logits = torch.randn(2, 3, 5, 6, generator=torch.Generator().manual_seed(3)).double()
    weights = torch.tensor([0.5, 2.0, 30.0]).double()
    surprise = -logits.log_softmax(1).gather(1, truth[:, None])[:, 0]
    expected = (weights[truth] * surprise).sum() / weights[truth].sum()
    assert weighted_cross_entropy(logits, truth, weights).item() == pytest.approx(expected.item())
    assert weighted_cross_entropy(logits, truth, 7 * weights).item() == pytest.approx(expected.item())
    assert weighted_cross_entropy(torch.zeros_like(logits), truth).item() == pytest.approx(math.log(3))


def test_unlabelled_pixels_have_no_part_and_no_gradient(truth: torch.Tensor):
    logits = torch.randn(2, 3, 5, 6, generator=torch.Generator().manual_seed(4)).double().requires_grad_()
    partly = truth.clone()
    partly[:, 2:] = UNLABELLED
    for loss in (lambda x, t: dice_loss(x.softmax(1), t), weighted_cross_entropy):
        assert loss(logits, partly).item() == pytest.approx(loss(logits[:, :, :2], truth[:, :2]).item())
        (gradient,) = torch.autograd.grad(loss(logits, partly), logits)
        assert (gradient[:, :, 2:] == 0).all()
        assert (gradient[:, :, :2] != 0).all()
        nothing = loss(logits, torch.full_like(truth, UNLABELLED))
        assert nothing.item() == 0
        assert (torch.autograd.grad(nothing, logits)[0] == 0).all()


def test_gradients_are_those_of_finite_differences(truth: torch.Tensor):
    logits = torch.randn(2, 3, 5, 6, generator=torch.Generator().manual_seed(5)).double().requires_grad_()
    partly = truth.clone()
    partly[0, 0] = UNLABELLED
    weights = torch.tensor([1.0, 4.0, 0.5]).double()
    assert torch.autograd.gradcheck(lambda x: dice_loss(x.softmax(1), partly), logits)
    assert torch.autograd.gradcheck(lambda x: weighted_cross_entropy(x, partly, weights), logits)


def test_class_weights_balance_as_far_as_asked():
    shares = torch.tensor([0.79, 0.2075, 0.0025]).double()
    torch.testing.assert_close(class_weights(shares, 0.0), torch.ones(3).double())
    full = class_weights(shares, 1.0)
    torch.testing.assert_close(full * shares, torch.full((3,), 1 / 3).double())  # every class weighs the same
    half = class_weights(shares, 0.5)
    assert (half * shares).sum().item() == pytest.approx(1)
    assert (half[2] / half[0]).item() == pytest.approx((0.79 / 0.0025) ** 0.5)
