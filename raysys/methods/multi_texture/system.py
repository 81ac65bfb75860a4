"""The user-controllable multi-texture GAN: five networks, one simultaneous step (Alanov et al. 2019, arXiv:1904.04751).

An encoder gives an image a code, a generator makes an image of a code and noise. The image critic compares images with
those of prior and of found codes, the code critic found codes with the prior, and the pair critic two pieces of one
texture with a piece and its reproduction. The encoder learns from the code critic and the pair critic, the generator
from the image critic and the pair critic (Algorithm 2).
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from raysys.errors import RaysysError
from raysys.form import Form
from raysys.methods.multi_texture.averaged import follow, measure_anew, set_momentum
from raysys.methods.multi_texture.critics import CodeCritic, ImageCritic, PairCritic
from raysys.methods.multi_texture.layers import check_tile, usual_levels
from raysys.methods.multi_texture.loss import as_fake, as_real, divergence_from_prior, real_gradient, s2_distance
from raysys.methods.multi_texture.model import MultiTextureModel, condition_card
from raysys.methods.multi_texture.networks import MultiTexture
from raysys.methods.multi_texture.random_features import RandomGrams
from raysys.methods.multi_texture.settings import MultiTextureSettings
from raysys.models import Model, ModelCard
from raysys.models.channels import to_channels
from raysys.train.batches import Batch, Draws
from raysys.train.synchronised_norm import synchronise_norms
from raysys.train.system import Average, System, unlike

if TYPE_CHECKING:
    from raysys.data.sources import TrainingData
    from raysys.data.textures.selection import Textures
    from raysys.methods.multi_texture.validation import TexturesValidator

NORM_BATCH, NORM_BATCHES = 16, 8  # pairs of images from which the statistics of the averaged networks are measured
ENCODED = 64  # images of each texture of whose codes the mean is taken
CRITICS = ("image_critic", "pair_critic", "code_critic")


class MultiTextureSystem(System):
    """Encoder, generator, three critics, and the averaged networks that become the model.

    All gradients are taken before any network moves. Batch normalisation uses each worker's own share of the batch,
    unless `sync_norm` is set; everything else equals one worker on the joined batch.
    """

    Settings = MultiTextureSettings
    kinds = ("binary", "grey", "colour")
    dims = (2, 3)
    _validator: TexturesValidator | None = None

    def __init__(self, settings: MultiTextureSettings, *, form: Form, device: torch.device) -> None:
        self.settings, self.form, self.device = settings, form, device
        levels = usual_levels(form) if settings.levels is None else settings.levels
        self.architecture: dict[str, Any] = {
            "dims": form.dims,
            "channels": form.channels,
            "width": settings.width,
            "levels": levels,
            "code": settings.code,
            "local": settings.local,
            "waves": settings.waves or 0,
            "textures": len(settings.textures),
            "momentum": settings.bn_momentum,
            "border": settings.border,
            "upsample": settings.upsample,
        }
        self.network = MultiTexture(**self.architecture).to(device)
        size: dict[str, Any] = {"width": settings.width, "spectral": settings.spectral_norm}
        told = settings.code if settings.projection else 0
        self.image_critic = ImageCritic(form.dims, form.channels, levels=levels, code=told, **size).to(device)
        self.pair_critic = PairCritic(form.dims, form.channels, levels=levels, **size).to(device)
        self.code_critic = CodeCritic(form.dims, settings.code, **size).to(device)
        self.averaged = copy.deepcopy(self.network)  # with plain norms: the first worker measures and validates it
        if settings.sync_norm:
            synchronise_norms(self.network)
        self.critics: dict[str, nn.Module] = {name: getattr(self, name) for name in CRITICS}
        self.modules = {"network": self.network, "averaged": self.averaged, **self.critics}
        self.parts: dict[str, nn.Module] = {
            "encoder": self.network.encoder, "generator": self.network.generator, **self.critics,
        }  # fmt: skip
        betas = (settings.beta1, settings.beta2)
        self.optimizers = {
            name: torch.optim.Adam(part.parameters(), settings.learning_rate, betas, weight_decay=settings.weight_decay)
            for name, part in self.parts.items()
        }
        self.grams = RandomGrams(form.dims, form.channels, device)

    def check(self) -> None:
        """Whether the critics see enough of a tile, and the losses are of such images."""
        if self.settings.statistics and self.form.channels > 1:
            raise RaysysError(
                f"system.statistics is of binary and grey images, and these are {self.form.kind} ones; leave it out"
            )
        check_tile(self.form, self.architecture["levels"], whole=True)

    def step(self, batches: list[Batch], draws: Draws, average: Average) -> dict[str, Tensor]:
        """One update of all five networks, by gradients of the same weights."""
        batch = batches[0]
        if "others" not in batch.others:
            raise RaysysError("system multi-texture learns from pairs of pieces; set data.source=textures")
        real, other = batch.images, batch["others"]
        for optimizer in self.optimizers.values():
            optimizer.zero_grad(set_to_none=True)
        prior = draws.normal("prior", (len(real), self.settings.code))
        mean, log_deviation, found = self._encoded(real, draws)
        seen = found.detach().requires_grad_()
        fakes = self.computed(self.network.generator, self._noise(torch.cat([prior, seen]), draws))
        fakes = fakes[(slice(None), slice(None), *map(slice, self.form.shape))]
        places = self._places(draws)
        losses = self._descend_both(real, fakes, (mean, log_deviation, found, seen, prior), places)
        losses |= self._descend_critics(real, other, fakes.detach(), prior, found.detach(), places)
        for part in self.parts.values():
            average(part.parameters())
        for optimizer in self.optimizers.values():
            optimizer.step()
        follow(self.averaged, self.network, self.settings.average, draws.step, kept=("codes",))
        return losses | {"code_deviation": log_deviation.detach().exp().mean()}

    def _encoded(self, real: Tensor, draws: Draws) -> tuple[Tensor, Tensor, Tensor]:
        """Mean, logarithm of the deviation, and a code drawn with both."""
        with self.autocast():
            mean, log_deviation = (part.float() for part in self.network.encoder(real))
        drawn = draws.normal("code", (len(real), self.settings.code))
        return mean, log_deviation, mean + log_deviation.exp() * drawn

    def _noise(self, codes: Tensor, draws: Draws) -> Tensor:
        """Noise of prior codes and of found ones, one half each."""
        generator, half = self.network.generator, len(codes) // 2
        points = generator.points(self.form.shape)
        local = torch.cat([draws.normal(f"local {k}", (half, generator.local, *points)) for k in range(2)])
        phases = torch.cat([draws.uniform(f"phases {k}", (half, generator.waves)) for k in range(2)])
        return generator.noise(codes, local, phases)

    def _places(self, draws: Draws) -> tuple[Tensor, Tensor] | None:
        """The places that the pair critic looks at, the same for all workers; None for all."""
        if self.settings.positions is None:
            return None
        count = self.map_size
        chance = torch.Generator().manual_seed(hash((draws.seed, draws.step)) % 2**63)
        one, other = (torch.randperm(count, generator=chance)[: self.settings.positions] for _ in range(2))
        return one.to(self.device), other.to(self.device)

    @property
    def map_size(self) -> int:
        """Places of the pair critic's map of a tile."""
        cell = self.network.generator.cell
        return int(np.prod([side // cell - (3 if self.form.dims == 3 else 0) for side in self.form.shape]))

    def _descend_both(
        self, real: Tensor, fakes: Tensor, codes: tuple[Tensor, ...], places: tuple[Tensor, Tensor] | None
    ) -> dict[str, Tensor]:
        """Gradients of generator and encoder; the one of the pair critic is taken once and serves both.

        The image critic's reaches no encoder, since reproductions are made of codes that are cut off; the code critic's
        reaches no generator.
        """
        settings, generator = self.settings, list(self.network.generator.parameters())
        mean, log_deviation, found, seen, prior = codes
        for critic in self.critics.values():
            critic.requires_grad_(False)
        told = (prior, found.detach())
        parts = zip(fakes.chunk(2), told, strict=True)
        of_images = torch.stack([as_real(self._judged(part, code)) for part, code in parts]).sum()
        copies = fakes[len(real) :]
        of_pairs = settings.pair_weight * as_real(self._pairs(real, copies, places))
        if settings.gram:
            off = (self.grams(copies) - self.grams(real)).square().sum(1).mean()
            of_pairs = of_pairs + settings.gram * off
        if settings.statistics:
            of_pairs = of_pairs + settings.statistics * s2_distance(copies, real)
        of_codes = settings.code_weight * as_real(self.computed(self.code_critic, found))
        if settings.kl:
            of_codes = of_codes + settings.kl * divergence_from_prior(mean, log_deviation)
        by_images = torch.autograd.grad(settings.image_weight * of_images, generator, retain_graph=True)
        *by_pairs, of_seen = torch.autograd.grad(of_pairs, [*generator, seen])
        for parameter, one, two in zip(generator, by_images, by_pairs, strict=True):
            parameter.grad = one + two
        torch.autograd.backward([of_codes, found], [torch.ones_like(of_codes), of_seen])
        for critic in self.critics.values():
            critic.requires_grad_(True)
        return {
            "loss_generator_images": of_images.detach(),
            "loss_pairs": of_pairs.detach(),
            "loss_encoder_codes": of_codes.detach(),
        }

    def _descend_critics(
        self,
        real: Tensor,
        other: Tensor,
        fakes: Tensor,
        prior: Tensor,
        found: Tensor,
        places: tuple[Tensor, Tensor] | None,
    ) -> dict[str, Tensor]:
        """Gradients of the three critics."""
        if self.settings.r1:
            real, other, prior = (one.detach().requires_grad_() for one in (real, other, prior))
        told = torch.cat([found, prior, found])
        of_real, of_prior, of_found = self._judged(torch.cat([real, fakes]), told).chunk(3)
        images = as_real(of_real) + as_fake(of_prior) + as_fake(of_found)
        alike, unlike_pairs = self._pairs(real, other, places), self._pairs(real.detach(), fakes[len(real) :], places)
        pairs = as_real(alike) + as_fake(unlike_pairs)
        of_prior_codes = self.computed(self.code_critic, prior)
        codes = as_real(of_prior_codes) + as_fake(self.computed(self.code_critic, found))
        total = images + pairs + codes
        if self.settings.r1:
            slopes = [real_gradient(of_real, real), real_gradient(alike, real, other)]
            total = total + self.settings.r1 * torch.stack([*slopes, real_gradient(of_prior_codes, prior)]).sum()
        total.backward()  # type: ignore[no-untyped-call]
        found_losses = {"loss_image_critic": images, "loss_pair_critic": pairs, "loss_code_critic": codes}
        return {name: loss.detach() for name, loss in found_losses.items()}

    def _judged(self, images: Tensor, codes: Tensor) -> Tensor:
        """Logits of the image critic, which is told the codes where it can be."""
        told = (codes,) if self.settings.projection else ()
        return self.computed(self.image_critic, images, *told)

    def _pairs(self, one: Tensor, other: Tensor, places: tuple[Tensor, Tensor] | None) -> Tensor:
        with self.autocast():
            logits: Tensor = self.pair_critic(one, other, places)
        return logits.float()

    @torch.no_grad()
    def finish(self, data: TrainingData) -> None:
        """Measure the statistics of normalisation of the averaged networks, and then each texture's mean code."""
        textures = _textures(data)
        measure_anew(self.averaged)
        count = NORM_BATCH if self.form.dims == 2 else NORM_BATCH // 4  # volumes of 160 are 4 million voxels each
        chance, generator = torch.Generator().manual_seed(0), self.averaged.generator
        points = generator.points(self.form.shape)
        for number in range(NORM_BATCHES):
            places = np.arange(number * count, (number + 1) * count) % len(textures.train)
            mean, log_deviation = self.averaged.encoder(self._seen(textures.train[places]))
            shape = (count, self.settings.code)
            prior, drawn = (torch.randn(shape, generator=chance).to(self.device) for _ in range(2))
            codes = torch.cat([prior, mean + log_deviation.exp() * drawn])
            local = torch.randn((len(codes), generator.local, *points), generator=chance).to(self.device)
            phases = torch.rand((len(codes), generator.waves), generator=chance).to(self.device)
            generator(generator.noise(codes, local, phases))
        self.averaged.eval()
        for number in range(len(self.settings.textures)):
            own = np.flatnonzero(textures.train_targets == number)[:ENCODED]
            self.averaged.codes[number] = self.averaged.encoder(self._seen(textures.train[own]))[0].mean(0)

    def _seen(self, images: np.ndarray) -> Tensor:
        return to_channels(self.form, torch.from_numpy(images).to(self.device))

    def validator(self, data: TrainingData, *, count: int) -> Callable[[], dict[str, float]]:
        """Reproductions of each texture against the texture, and samples of prior codes."""
        from raysys.methods.multi_texture.rock_validation import RocksValidator
        from raysys.methods.multi_texture.validation import TexturesValidator

        served = lambda: self.model(name="validation", card={})  # noqa: E731
        rocks = self.form.kind == "binary" and self.form.dims == 3
        judge = RocksValidator if rocks else TexturesValidator
        self._validator = judge(_textures(data), served, self.grams, form=self.form, count=count)
        return self._validator

    def pictures(self, data: TrainingData) -> dict[str, np.ndarray]:
        """Samples of prior codes, and each texture beside what is made of its code."""
        return {} if self._validator is None else self._validator.pictures()

    def begin_from(self, model: Model) -> None:
        """Take over encoder and generator; the critics begin anew."""
        wanted = {key: value for key, value in self.architecture.items() if key != "textures"}
        has = model.card.hyperparameters
        if not isinstance(model, MultiTextureModel) or any(has.get(key) != wanted[key] for key in wanted):
            raise RaysysError(unlike(model, "multi-texture", wanted))
        state = {key: value for key, value in model.network.state_dict().items() if key != "codes"}
        for network in (self.network, self.averaged):
            network.load_state_dict(state, strict=False)

    def model(self, *, name: str, card: dict[str, Any]) -> MultiTextureModel:
        """The averaged networks as a MultiTextureModel."""
        images = self.images_card(card.pop("images", {}))
        network = copy.deepcopy(self.averaged).cpu().eval()
        set_momentum(network, self.settings.bn_momentum)
        description = ModelCard(
            name=name,
            architecture="multi-texture",
            hyperparameters=self.architecture,
            images=images,
            condition=condition_card(network, self.settings.textures),
            **card,
        )
        return MultiTextureModel(description, network)


def _textures(data: TrainingData) -> Textures:
    from raysys.data.textures.selection import Textures

    if not isinstance(data, Textures):
        raise RaysysError("system multi-texture learns from several textures; set data.source=textures")
    return data


SYSTEM = MultiTextureSystem
