from .affine import moved, rotated, stretched
from .copies import Copy, mirrored_copies, turned_copies
from .drawing import Shape, clustered, distances, gradient, painted
from .map_files import map_picture, read_map, write_map
from .mixture import guidance_mixture, mixture_part
from .orientation import angles_of, orientation_of, vectors_of
from .perlin import perlin
from .progression import progression_of
from .refinement import refined

__all__ = [
    "Copy",
    "Shape",
    "angles_of",
    "clustered",
    "distances",
    "gradient",
    "guidance_mixture",
    "map_picture",
    "mirrored_copies",
    "mixture_part",
    "moved",
    "orientation_of",
    "painted",
    "perlin",
    "progression_of",
    "read_map",
    "refined",
    "rotated",
    "stretched",
    "turned_copies",
    "vectors_of",
    "write_map",
]
