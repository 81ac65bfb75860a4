"""Tiny models whose images vary: weights larger than at the start of a training."""

import sys
from collections.abc import Callable, Iterator

import pytest
import torch
from support.toys import CODE, INDEX, MAP, PLUGGED, toy

from raysys.methods.autoencoder.model import AutoencoderModel
from raysys.methods.autoencoder.network import Autoencoder
from raysys.methods.dts.model import DtsModel
from raysys.methods.dts.network import Dts
from raysys.methods.multi_texture.model import MultiTextureModel
from raysys.methods.multi_texture.model import condition_card as codes_card
from raysys.methods.multi_texture.networks import MultiTexture
from raysys.methods.porous_media_gan.model import PorousMediaModel
from raysys.methods.porous_media_gan.model import condition_card as porosity_card
from raysys.methods.porous_media_gan.network import PorousMedia
from raysys.methods.psgan.model import PsganModel
from raysys.methods.psgan.model import condition_card as psgan_card
from raysys.methods.psgan.network import Psgan
from raysys.methods.slices_to_volume.model import SlicesToVolumeModel
from raysys.methods.spade.generator import Generator as SpadeGenerator
from raysys.methods.spade.generator import without_spectral_norm
from raysys.methods.spade.model import SpadeModel, condition_card
from raysys.methods.texture_nets.model import TextureNetModel
from raysys.methods.texture_nets.network import TextureNet
from raysys.methods.wgan_gp.model import GanModel
from raysys.methods.wgan_gp.networks import Generator
from raysys.models import Model, ModelCard

torch.set_num_threads(1)

CONDITION = {"name": "phase_fraction", "low": 0.1, "high": 0.7, "mean": 0.4}


def card(architecture: str, network: torch.nn.Module) -> ModelCard:
    shape = (network.size,) * network.dims
    return ModelCard(
        name=f"tiny-{architecture}",
        architecture=architecture,
        hyperparameters=network.hyperparameters,
        images={"shape": shape, "phase": "bright", "phase_fraction": 0.4},
        provenance={"source": "synthetic"},
        metrics={"S2": 1e-5, "L": float("nan")},
        condition=CONDITION if getattr(network, "conditions", 0) else None,
    )


def gan(**options: object) -> GanModel:
    torch.manual_seed(1)
    network = Generator(**({"size": 32, "width": 8, "latent_channels": 6} | options))
    if network.conditions:
        network.condition_range.copy_(torch.tensor([[CONDITION[name] for name in ("low", "mean", "high")]]))
    for name, value in network.named_parameters():
        if value.ndim > 1:
            # He initialisation: each pixel sums over 2 of 4 kernel points per axis (over all of a 1x1 layer).
            points = 1 if value.shape[-1] == 1 else 2**network.dims
            inputs = value.shape[1] if value.shape[-1] == 1 else value.shape[0]
            torch.nn.init.normal_(value, 0.0, (2.0 / (inputs * points)) ** 0.5)
        assert value.isfinite().all(), name
    return GanModel(card("wgan-gp", network), network)


def slices_to_volume() -> SlicesToVolumeModel:
    network = gan(latent="lattice", size=16, dims=3, width=4).network
    return SlicesToVolumeModel(card("slices-to-volume", network), network)


def autoencoder(**options: object) -> AutoencoderModel:
    torch.manual_seed(2)
    network = Autoencoder(**({"size": 32, "depth": 2, "width": 4, "latent_channels": 3} | options))
    with torch.no_grad():
        for value in network.parameters():
            if value.ndim > 1:
                value.mul_(1.3)
        network.latent_mean.copy_(torch.tensor([0.5, -0.5, 0.0]))
        network.latent_std.copy_(torch.tensor([1.0, 2.0, 3.0]))
    return AutoencoderModel(card("autoencoder", network), network)


def texture_net(kind: str = "colour", **options: object) -> TextureNetModel:
    torch.manual_seed(3)
    channels = 3 if kind == "colour" else 1
    network = TextureNet(**({"levels": 3, "width": 3, "noise": 2, "channels": channels} | options))
    noise = [torch.rand(4, *shape) for shape in network.shapes((32, 32))]
    for _ in range(20):  # statistics of normalisation
        network(noise)
    with torch.no_grad():
        network.last.weight.normal_()
        grey = network.eval()(noise).clamp(-0.999, 0.999).atanh().mean((0, 2, 3))
        network.last.bias.sub_(grey)  # as much black as white
    described = {"kind": kind, "shape": (32, 24)}
    return TextureNetModel(
        ModelCard(name="tiny", architecture="texture-nets", hyperparameters=network.hyperparameters, images=described),
        network,
    )


def spade(kind: str = "colour", **options: object) -> SpadeModel:
    torch.manual_seed(4)
    channels = 3 if kind == "colour" else 1
    learned = SpadeGenerator(**({"width": 3, "levels": 2, "hidden": 4, "noise": 2, "channels": channels} | options))
    for value in learned.parameters():
        if value.ndim > 1:
            torch.nn.init.normal_(value, 0.0, (1.5 / value[0].numel()) ** 0.5)
    told, points = torch.rand(4, learned.told, 32, 32), 32 // learned.cell
    learned(told, torch.randn(4, learned.noise, points, points))
    network = without_spectral_norm(learned)
    return SpadeModel(
        ModelCard(
            name="tiny",
            architecture="spade",
            hyperparameters=network.hyperparameters,
            images={"kind": kind, "shape": (32, 24)},
            condition=condition_card(network),
        ),
        network,
    )


def multi_texture(kind: str = "colour", dims: int = 2, **options: object) -> MultiTextureModel:
    torch.manual_seed(5)
    channels = 3 if kind == "colour" else 1
    small = {"width": 6, "levels": 2 if dims == 2 else 1, "local": 3, "waves": 3, "textures": 2}
    network = MultiTexture(**({"dims": dims, "channels": channels} | small | options))
    with torch.no_grad():
        for value in network.parameters():
            if value.ndim > 2:
                torch.nn.init.normal_(value, 0.0, (3 / value[:, 0].numel()) ** 0.5)
        if network.waves:
            network.generator.periods[0].weight.normal_(0, 0.3)
        network.codes.copy_(torch.tensor([[0.5, -1.0], [2.0, 0.25]])[: len(network.codes)])
        images = torch.rand(8, channels, *(16,) * dims) * 2 - 1
        for _ in range(20):  # statistics of normalisation
            network.encoder(images)
            points = torch.randn(8, network.generator.local, *(sum(network.generator.reach) + 3,) * dims)
            network.generator(network.generator.noise(torch.randn(8, 2), points, torch.rand(8, network.waves)))
    return MultiTextureModel(
        ModelCard(
            name="tiny-textures",
            architecture="multi-texture",
            hyperparameters=network.hyperparameters,
            images={"kind": kind, "shape": (16, 12, 8)[:dims]},
            condition=codes_card(network, ("brick", "gravel")[: len(network.codes)]),
        ),
        network,
    )


def psgan(kind: str = "colour", **options: object) -> PsganModel:
    torch.manual_seed(6)
    channels = 3 if kind == "colour" else 1
    network = Psgan(**({"channels": channels, "width": 6, "levels": 2, "local": 3, "waves": 4} | options))
    _alive(network, network.code)
    with torch.no_grad():
        network.generator.periods[0].weight.normal_(0, 0.3)
    described = {"kind": kind, "shape": (16, 12)}
    return PsganModel(
        ModelCard(
            name="tiny-psgan",
            architecture="psgan",
            hyperparameters=network.hyperparameters,
            images=described,
            condition=psgan_card(network),
        ),
        network,
    )


def porous_media(**options: object) -> PorousMediaModel:
    torch.manual_seed(7)
    network = PorousMedia(**({"width": 6, "levels": 1, "local": 3} | options))
    network.generator.condition_range.copy_(torch.tensor([[0.1, 0.4, 0.7]]))
    _alive(network, network.conditions)
    described = {"kind": "binary", "shape": (16, 12, 8)}
    return PorousMediaModel(
        ModelCard(
            name="tiny-rock",
            architecture="porous-media-gan",
            hyperparameters=network.hyperparameters,
            images=described,
            condition=porosity_card(network),
        ),
        network,
    )


def _alive(network: Psgan | PorousMedia, code: int) -> None:
    """Larger weights, and statistics of normalisation that fit them."""
    generator = network.generator
    with torch.no_grad():
        for value in network.parameters():
            if value.ndim > 2:
                torch.nn.init.normal_(value, 0.0, (3 / value[:, 0].numel()) ** 0.5)
        for _ in range(20):
            points = torch.randn(8, generator.local, *(sum(generator.reach) + 3,) * generator.dims)
            generator(generator.noise(torch.randn(8, code), points, torch.rand(8, generator.waves)))


def dts(kind: str = "colour", **options: object) -> DtsModel:
    torch.manual_seed(8)
    channels = 3 if kind == "colour" else 1
    network = Dts(**({"textures": 3, "channels": channels, "width": 2, "levels": 1} | options))
    for turn in range(30):  # statistics of normalisation
        selection = torch.eye(network.textures)[turn % network.textures].expand(8, -1)
        network(torch.cat([torch.rand(8, network.noise), selection], 1)[:, :, None, None])
    with torch.no_grad():
        network.last[-1].weight.mul_(20)
        seen = torch.cat([torch.rand(8, network.noise), torch.eye(network.textures)[torch.arange(8) % 3]], 1)
        made = network.eval()(seen[:, :, None, None])
        network.last[-1].bias.sub_(made.mean((0, 2, 3)))  # as much black as white
    return DtsModel(
        ModelCard(
            name="tiny-selected",
            architecture="dts",
            hyperparameters=network.hyperparameters,
            images={"kind": kind, "shape": (network.side,) * 2},
            condition={"kind": "index", "name": "texture", "names": ["brick", "gravel", "sand"]},
        ),
        network,
    )


# Every sampling model passes tests/models/test_conformance.py: a new one joins with a line here.
MODELS: dict[str, Callable[[], Model]] = {
    "gan-lattice": lambda: gan(latent="lattice"),
    "gan-one-level": lambda: gan(latent="lattice", levels=1, size=16),
    "gan-conditional": lambda: gan(latent="lattice", conditions=1),
    "gan-conditional-vector": lambda: gan(latent="vector", conditions=1),
    "gan-vector": lambda: gan(latent="vector"),
    "gan-lattice-3d": lambda: gan(latent="lattice", size=16, dims=3, width=4),
    "gan-vector-3d": lambda: gan(latent="vector", size=16, dims=3, width=4),
    "slices-to-volume": slices_to_volume,
    "autoencoder": autoencoder,
    "autoencoder-zeros": lambda: autoencoder(padding="zeros", head="relu", size=16, depth=1),
    "autoencoder-3d": lambda: autoencoder(dims=3, size=8, depth=1, width=2),
    "texture-net": texture_net,
    "texture-net-binary": lambda: texture_net("binary", levels=2),
    "texture-net-grey": lambda: texture_net("grey", levels=4),
    "spade-progression": spade,
    "spade-orientation": lambda: spade("grey", guide="orientation", levels=3),
    "spade-binary": lambda: spade("binary", levels=1, padding="zeros"),
    "multi-texture": multi_texture,
    "multi-texture-binary": lambda: multi_texture("binary", waves=0, textures=0, border="published"),
    "multi-texture-grey": lambda: multi_texture("grey", upsample="nearest"),
    "multi-texture-3d": lambda: multi_texture("binary", 3),
    "psgan": psgan,
    "psgan-binary": lambda: psgan("binary", noise="uniform", along_axes=True, border="published", slope=0.0),
    "porous-media": porous_media,
    "porous-media-porosity": lambda: porous_media(conditions=1),
    "dts": dts,
    "dts-binary": lambda: dts("binary", upsample="transposed", padding="zeros"),
    "toy-colour": lambda: toy("colour"),
    "toy-grey": lambda: toy("grey"),
    "toy-labels": lambda: toy("labels"),
    "toy-labels-3d": lambda: toy("labels", (8, 12, 4)),
    "toy-colour-3d": lambda: toy("colour", (4, 8, 12)),
    "toy-waves": lambda: toy(waves=4, condition=CODE),
    "toy-waves-3d": lambda: toy("grey", (8, 4, 12), waves=3, condition=CODE),
    "toy-map": lambda: toy("colour", condition=MAP),
    "toy-index": lambda: toy("labels", condition=INDEX),
}


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The toys are somebody else's method, found while this lasts."""
    monkeypatch.syspath_prepend(str(PLUGGED))
    yield
    # A namespace package keeps its folders when they leave the path.
    for name in [name for name in sys.modules if name.partition(".")[0] == "raysys_methods"]:
        del sys.modules[name]


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest, plugged: None) -> Model:
    return MODELS[request.param]()


@pytest.fixture(params=[name for name in MODELS if name.startswith("autoencoder")])
def coder(request: pytest.FixtureRequest) -> AutoencoderModel:
    return MODELS[request.param]()


@pytest.fixture
def lattice_gan() -> GanModel:
    return gan(latent="lattice")


@pytest.fixture
def conditional_gan() -> GanModel:
    return gan(latent="lattice", conditions=1)


@pytest.fixture
def vector_gan() -> GanModel:
    return gan(latent="vector")


@pytest.fixture
def small_autoencoder() -> AutoencoderModel:
    return autoencoder()


@pytest.fixture(scope="session")
def two_models() -> list[GanModel]:
    return [gan(latent="lattice"), gan(latent="vector")]
