"""The three rocks that raysys draws, as data sections say them."""

from raysys.data.textures.settings import TexturesSettings


def rocks(**fields: object) -> TexturesSettings:
    """Pieces of 40 voxels."""
    told = {"source": "textures", "images": "synthetic:rocks", "dims": 3, "phase": 1, "tile": 40}
    return TexturesSettings.model_validate(told | fields)
