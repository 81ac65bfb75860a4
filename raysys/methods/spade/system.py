"""SPADE on one texture, in two stages: it learns to make the texture again, and then to make it under any map.

Sources: Park et al. 2019 (arXiv:1903.07291) for networks and losses; Zhou et al. 2023 (CVPR), supplement, appendix B,
for a progression or an orientation in the place of labels, and for the second stage. There a picture has no original:
the conditional adversarial loss is accompanied by Guided Correspondence, and feature matching and VGG-19's differences,
which need one, are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from raysys.errors import RaysysError
from raysys.features.layers import LAYERS
from raysys.features.usual import VARIABLE, usual_kernels
from raysys.features.vgg import Kernels, Vgg19
from raysys.form import Form
from raysys.losses.texture import LAYERS_OF, TextureLoss, grid_patches, layers_with_a_patch
from raysys.methods.spade import loss as losses
from raysys.methods.spade.discriminator import Discriminators
from raysys.methods.spade.generator import Generator, without_spectral_norm
from raysys.methods.spade.guides import as_guidance, as_seen, copies_of, mirrored, principal
from raysys.methods.spade.model import SpadeModel, condition_card
from raysys.methods.spade.settings import SpadeSettings
from raysys.models import Model, ModelCard
from raysys.train.batches import Batch, Draws
from raysys.train.decay import half_cosine, set_rate
from raysys.train.descent import Average, descend
from raysys.train.system import System

if TYPE_CHECKING:
    from raysys.data.guided.selection import GuidedTiles
    from raysys.data.sources import TrainingData
    from raysys.methods.spade.validation import GuidedValidator

GUIDANCE = {"progression": 50.0, "orientation": 5.0}  # the published weights of maps
MEASURED = 16  # batches from which the statistics of normalisation are taken
OFFERED = (
    f"a file that {VARIABLE} or system.features names, system.features=[torchvision] (a download of 548 MB), [random] "
    "for a try, or perceptual and correspondence 0, which look at nothing"
)


class Spade(System):
    """A generator, and the discriminators that see it together with its map.

    One update of the generator and one of the discriminators a step, of the same pictures.
    """

    Settings = SpadeSettings
    kinds = ("binary", "grey", "colour")
    guide: np.ndarray
    texture: TextureLoss | None = None
    network: Vgg19 | None = None
    _validator: GuidedValidator | None = None

    def __init__(self, settings: SpadeSettings, *, form: Form, device: torch.device) -> None:
        self.settings, self.form, self.device = settings, form, device
        self.generator = Generator(
            guide=settings.guide or "progression",
            width=settings.width,
            levels=settings.levels,
            hidden=settings.hidden,
            noise=settings.noise,
            channels=form.channels,
            padding=settings.padding,
        ).to(device)
        self.critic = Discriminators(
            self.generator.told + form.channels, width=settings.critic_width, count=settings.critics
        ).to(device)
        self.modules = {"generator": self.generator, "critic": self.critic}
        betas = (settings.beta1, settings.beta2)
        self.optimizers = {
            "generator": torch.optim.Adam(self.generator.parameters(), settings.learning_rate, betas),
            "critic": torch.optim.Adam(self.critic.parameters(), settings.critic_learning_rate, betas),
        }
        guide = self.generator.guide
        weight = GUIDANCE[guide] if settings.guidance is None else settings.guidance
        self.patches = grid_patches(occurrence=settings.occurrence, **{guide: weight})
        self.kernels: Kernels | None = None

    def check(self) -> None:
        """Whether tiles are whole cells, hold a patch, and weights of VGG-19 are there."""
        cell, shape = self.generator.cell, self.form.shape
        if any(side % cell or side < 2 * cell for side in shape):
            raise RaysysError(
                f"data.tile is {shape[0]} x {shape[1]}, and SPADE of {self.settings.levels} levels makes multiples of "
                f"{cell} pixels, two at least; set data.tile or system.levels accordingly"
            )
        if min(shape) < 8 * 2 ** (self.settings.critics - 1):
            raise RaysysError(
                f"data.tile is {shape[0]} x {shape[1]}, too small for {self.settings.critics} discriminators, each of "
                "which sees half of what the one before; set a larger data.tile, or fewer system.critics"
            )
        if self._looks:
            self._weights()

    @property
    def _looks(self) -> tuple[str, ...]:
        """Layers of VGG-19 that are looked at."""
        deep = tuple(losses.PERCEPTUAL) if self.settings.perceptual else ()
        return deep + (self._compared() if self.settings.correspondence and self.settings.stages == "both" else ())

    def _compared(self, *sizes: tuple[int, int]) -> tuple[str, ...]:
        rows, columns = self.form.shape
        return layers_with_a_patch(LAYERS_OF["guided-correspondence"], self.patches, (rows, columns), *sizes)

    def _weights(self) -> Kernels:
        if self.kernels is None:
            deepest = max(self._looks, key=LAYERS.index)
            sources, sha256 = self.settings.features, self.settings.features_sha256
            self.kernels = usual_kernels(sources, deepest, sha256=sha256, allowed=OFFERED)
        return self.kernels

    def prepare(self, data: TrainingData) -> None:
        """Look at the image and its map that are to be learned from."""
        tiles = _guided(data)
        self.guide = tiles.guide[(slice(None), *tiles.part)]
        with torch.no_grad():
            self.generator.usual.copy_(torch.from_numpy(principal(self.guide)))
        if self.settings.perceptual:
            self.network = Vgg19(
                self._weights(), tuple(losses.PERCEPTUAL), pooling="maximum", padding="zeros", tap="relu"
            ).to(self.device)
        if self.settings.correspondence and self.settings.stages == "both":
            found = copies_of(self.form, np.asarray(tiles.image)[tiles.part], self.guide, self.settings.copies)
            images, maps, coordinates = ([torch.from_numpy(one).to(self.device) for one in each] for each in found)
            self.texture = TextureLoss(
                self._weights(),
                "guided-correspondence",
                images,
                layers=self._compared(*((one.shape[1], one.shape[2]) for one in images)),
                patches=self.patches,
                guidance=[as_guidance(one) for one in maps],
                coordinates=coordinates if len(images) > 1 else None,
            )

    def record(self) -> dict[str, Any]:
        """Which weights of VGG-19 served."""
        return {} if not self._looks else {"features": self._weights().provenance}

    def step(self, batches: list[Batch], draws: Draws, average: Average) -> dict[str, Tensor]:
        """One update of the generator, and one of the discriminators."""
        self._set_rates(draws.step)
        real, guide = mirrored(batches[0].images, batches[0]["guide"], self.settings.flips, draws)
        paired = self.settings.stages == "reconstruction" or draws.step < self.settings.reconstruction_steps
        wanted = guide if paired else self._random_maps(len(real), draws)
        told, asked = as_seen(guide), as_seen(wanted)
        with self.autocast():
            fake = self.generator(asked, self._noise(len(real), draws)).float()
        terms = self._paired(real, fake, told) if paired else self._unpaired(fake, wanted, draws)
        descend(torch.stack(list(terms.values())).sum(), self.generator, self.optimizers["generator"], average)
        critic = self._update_critic(real, told, fake.detach(), asked, average)
        shown = {f"loss_{name}": term.detach() for name, term in terms.items()}
        return shown | {"loss_critic": critic, "stage": critic.new_tensor(1.0 if paired else 2.0)}

    def _set_rates(self, step: int) -> None:
        settings = self.settings
        rates = {"generator": settings.learning_rate, "critic": settings.critic_learning_rate}
        for name, rate in rates.items():
            set_rate(self.optimizers[name], half_cosine(rate, step, settings.decay_steps))

    def _paired(self, real: Tensor, fake: Tensor, told: Tensor) -> dict[str, Tensor]:
        """SPADE's own losses: the picture is to be the one that the map is of."""
        self.critic.requires_grad_(False)
        with self.autocast():
            of_both = self.critic(torch.cat([told, told]), torch.cat([fake, real]))
        self.critic.requires_grad_(True)
        of_fake, of_real = (_half(of_both, place) for place in (0, 1))
        terms = {"adversarial": losses.hinge_of_generator(of_fake)}
        if self.settings.feature_matching:
            terms["matching"] = self.settings.feature_matching * losses.feature_matching(of_real, of_fake)
        if self.network is not None:
            with self.autocast():
                seen = losses.perceptual(self.network, (fake + 1) / 2, (real + 1) / 2)
            terms["perceptual"] = self.settings.perceptual * seen
        return terms

    def _unpaired(self, fake: Tensor, wanted: Tensor, draws: Draws) -> dict[str, Tensor]:
        """The losses of a picture without an original."""
        self.critic.requires_grad_(False)
        with self.autocast():
            of_fake = self.critic(as_seen(wanted), fake)
        self.critic.requires_grad_(True)
        terms = {"adversarial": losses.hinge_of_generator(_half(of_fake, 0, parts=1))}
        if self.texture is not None:
            maps = [as_guidance(one) for one in wanted]
            with self.autocast():
                found = self.texture((fake + 1) / 2, maps, generator=draws.generator("patches"))
            terms["correspondence"] = self.settings.correspondence * found
        return terms

    def _update_critic(self, real: Tensor, told: Tensor, fake: Tensor, asked: Tensor, average: Average) -> Tensor:
        with self.autocast():
            of_both = self.critic(torch.cat([asked, told]), torch.cat([fake, real]))
        loss = losses.hinge_of_discriminators(_half(of_both, 1), _half(of_both, 0))
        descend(loss, self.critic, self.optimizers["critic"], average)
        return loss.detach()

    def _noise(self, count: int, draws: Draws) -> Tensor | None:
        if not self.settings.noise:
            return None
        shape = (self.settings.noise, *(side // self.generator.cell for side in self.form.shape))
        return draws.normal("noise", (count, *shape))

    def _random_maps(self, count: int, draws: Draws) -> Tensor:
        """Maps (count, channels, *tile) of the published mixture, each by the step and its place in the batch."""
        from raysys.data.textures import guidance_mixture

        values = self.guide[0] if len(self.guide) == 1 else np.moveaxis(self.guide, 0, -1)
        first = draws.rank * count
        seeds = [(draws.seed, draws.step, first + place) for place in range(count)]
        drawn = np.stack([guidance_mixture(values, self.form.shape, seed=seed) for seed in seeds])
        drawn = drawn[:, None] if drawn.ndim == 3 else np.moveaxis(drawn, -1, 1)
        return torch.from_numpy(np.ascontiguousarray(drawn)).to(self.device)

    @torch.no_grad()
    def finish(self, data: TrainingData) -> None:
        """Measure the statistics that the model normalises by: under maps of the image, and as many random ones."""
        from raysys.methods.spade.validation import mixture_of

        for norm in (one for one in self.generator.modules() if isinstance(one, nn.BatchNorm2d)):
            norm.reset_running_stats()
            norm.momentum = None  # the plain mean over all batches
        # A pass in training mode goes on with the power iteration of the weights' norms, which is no part of measuring.
        kept = {
            name: value.clone() for name, value in self.generator.state_dict().items() if "parametrizations" in name
        }
        tiles, each = _guided(data), 4
        own = tiles.guides(np.linspace(0, len(tiles.train) - 1, MEASURED * each // 2).round().astype(np.int64))
        maps = torch.from_numpy(np.concatenate([own, mixture_of(self.guide, self.form.shape, MEASURED * each // 2)]))
        chance = torch.Generator().manual_seed(0)
        points = [side // self.generator.cell for side in self.form.shape]
        for part in maps[torch.randperm(len(maps), generator=chance)].chunk(MEASURED):
            noise = torch.randn(len(part), self.settings.noise, *points, generator=chance).to(self.device)
            self.generator(as_seen(part.to(self.device)), noise if self.settings.noise else None)
        self.generator.load_state_dict(self.generator.state_dict() | kept)

    def validator(self, data: TrainingData, *, count: int) -> Callable[[], dict[str, float]]:
        """The statistics of `count` samples of the model as it would be served, and whether it follows maps."""
        from raysys.methods.spade.validation import GuidedValidator

        def sample(maps: np.ndarray, seed: int) -> np.ndarray:
            return self.model(name="validation", card={}).sample(len(maps), seed=seed, condition=maps)

        self._validator = GuidedValidator(_guided(data), sample, count=count, form=self.form)
        return self._validator

    def pictures(self, data: TrainingData) -> dict[str, np.ndarray]:
        """Samples under the training tiles' maps, and maps over what was made of them."""
        return {} if self._validator is None else self._validator.pictures()

    def preview(self, model: Model, data: TrainingData, *, seed: int) -> np.ndarray | None:
        """Samples under maps of the published mixture."""
        from raysys.methods.spade.validation import mixture_of

        assert isinstance(model, SpadeModel)
        tiles = _guided(data)
        maps = mixture_of(tiles.guide[(slice(None), *tiles.part)], self.form.shape, 8)
        return model.sample(8, seed=seed, condition=maps)

    def model(self, *, name: str, card: dict[str, Any]) -> SpadeModel:
        """The generator as a SpadeModel, its spectral normalisation worked into the weights."""
        images = self.images_card(card.pop("images", {}))
        network = without_spectral_norm(self.generator)
        description = ModelCard(
            name=name,
            architecture="spade",
            hyperparameters=network.hyperparameters,
            images=images,
            condition=condition_card(network),
            **card,
        )
        return SpadeModel(description, network)


def _guided(data: TrainingData) -> GuidedTiles:
    from raysys.data.guided.selection import GuidedTiles

    if not isinstance(data, GuidedTiles):
        raise RaysysError(
            "system spade learns from one image and a map of it; set data.source=guided and data.progression or "
            "data.orientation"
        )
    return data


def _half(of_both: list[list[Tensor]], place: int, *, parts: int = 2) -> list[list[Tensor]]:
    """One of the parts of a batch, of every layer of every discriminator, in float32."""
    return [[layer.chunk(parts)[place].float() for layer in one] for one in of_both]


SYSTEM = Spade
