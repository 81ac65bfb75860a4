"""Weights of VGG-19 and VGG-16 as files hold them: npz, safetensors, torch's pth, Lasagne's pkl."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from raysys.errors import RaysysError
from raysys.features.layers import LAYERS, NETWORKS, TITLES, Network, channels_of, layers_of
from raysys.features.vgg import Kernels

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # torchvision's models
CAFFE_MEAN = (123.68, 116.779, 103.939)  # of bytes: the original networks and their normalised relatives

# All that an array in a pickle needs, under the names that numpy has given it.
ARRAYS = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "_reconstruct"): np._core.multiarray._reconstruct,  # type: ignore[attr-defined]
    ("numpy._core.multiarray", "_reconstruct"): np._core.multiarray._reconstruct,  # type: ignore[attr-defined]
}


def read_kernels(path: Path, network: Network = "vgg19") -> Kernels:
    """Weights in a file, as many layers from conv1_1 on as it holds.

    Parameters
    ----------
    path
        .npz or .safetensors with conv1_1.weight, conv1_1.bias, ... (input: bytes less the Caffe mean) or torchvision's
        names (input: its normalisation), float16 or float32; .pth with torchvision's names; .pkl of Lasagne.
    network
        Whose weights are wanted.

    Raises
    ------
    RaysysError
        If the file is none of these, holds another network, or a layer has another shape than it should.
    """
    named = read_tensors(path)
    torchvision = "features.0.weight" in named
    names = _torchvision_names(network) if torchvision else {layer: layer for layer in layers_of(network)}
    layers = _layers(named, names)
    _check(path, layers, network)
    # VGG-19's file holds all of VGG-16's names, but in it other convolutions stand between them.
    if network == "vgg16" and ("conv3_4.weight" in named or (torchvision and len(layers) < len(names))):
        raise RaysysError(f"{path}: holds another network than VGG-16, such as VGG-19")
    if torchvision:
        return Kernels(layers, IMAGENET_MEAN, IMAGENET_STD, 1.0, network=network)
    return Kernels(layers, CAFFE_MEAN, (1.0, 1.0, 1.0), 255.0, network=network)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """All arrays of a file by their names; nothing in it is executed.

    Raises
    ------
    RaysysError
        If the file is none that weights are read from.
    """
    reader = READERS.get(path.suffix)
    if reader is None:
        raise RaysysError(f"{path}: weights are read from {', '.join(READERS)}")
    try:
        return reader(path)
    except (ValueError, KeyError, EOFError, RuntimeError, pickle.UnpicklingError, zipfile.BadZipFile) as error:
        raise RaysysError(f"{path}: cannot be read as weights ({error})") from None


class _ArraysOnly(pickle.Unpickler):
    """Reads arrays, and refuses everything else that a pickle could call."""

    def find_class(self, module: str, name: str) -> Any:
        """One of the names that arrays need."""
        if (module, name) not in ARRAYS:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is no array")
        return ARRAYS[module, name]


def _read_npz(path: Path) -> dict[str, Tensor]:
    with np.load(path, allow_pickle=False) as held:
        return {name: torch.from_numpy(held[name]) for name in held.files}


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except SafetensorError as error:
        raise ValueError(error) from None


def _read_torch(path: Path) -> dict[str, Tensor]:
    held: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return held


def _read_lasagne(path: Path) -> dict[str, Tensor]:
    """{"param values": [kernel, bias, ...], ...}, the first kernel for blue, green, red; kernels are not flipped."""
    with path.open("rb") as file:
        # Written by Python 2, whose strings of bytes are read so.
        values = [torch.from_numpy(one) for one in _ArraysOnly(file, encoding="latin1").load()["param values"]]
    values[0] = values[0].flip(1)
    kinds = [f"{layer}.{kind}" for layer in LAYERS for kind in ("weight", "bias")]
    return dict(zip(kinds, values, strict=False))


READERS: dict[str, Callable[[Path], dict[str, Tensor]]] = {
    ".npz": _read_npz,
    ".safetensors": _read_safetensors,
    ".pth": _read_torch,
    ".pkl": _read_lasagne,
}


def _torchvision_names(network: Network) -> dict[str, str]:
    """{layer: features.N}: torchvision counts each convolution, its ReLU and each pooling."""
    names, place, layers = {}, 0, iter(layers_of(network))
    for count in NETWORKS[network]:
        for _ in range(count):
            names[next(layers)] = f"features.{place}"
            place += 2
        place += 1
    return names


def _layers(named: Mapping[str, Tensor], names: Mapping[str, str]) -> dict[str, tuple[Tensor, Tensor]]:
    held = {}
    for layer, name in names.items():
        if f"{name}.weight" not in named or f"{name}.bias" not in named:
            break
        held[layer] = (named[f"{name}.weight"].float(), named[f"{name}.bias"].float())
    return held


def _check(path: Path, layers: Mapping[str, tuple[Tensor, Tensor]], network: Network) -> None:
    title = TITLES[network]
    if not layers:
        raise RaysysError(f"{path}: holds no weights of {title} (conv1_1.weight or features.0.weight)")
    for layer, (kernel, bias) in layers.items():
        before, after = channels_of(layer)
        if kernel.shape != (after, before, 3, 3) or bias.shape != (after,):
            raise RaysysError(f"{path}: {layer} has shape {tuple(kernel.shape)}; {title}'s is {(after, before, 3, 3)}")
