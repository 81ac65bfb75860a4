from .affine import moved, rotated, stretched
from .mixture import guidance_mixture, mixture_part
from .orientation import angles_of, orientation_of, vectors_of
from .perlin import perlin
from .progression import progression_of

__all__ = [
    "angles_of",
    "guidance_mixture",
    "mixture_part",
    "moved",
    "orientation_of",
    "perlin",
    "progression_of",
    "rotated",
    "stretched",
    "vectors_of",
]
