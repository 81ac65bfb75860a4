"""Speed of the Minkowski functionals on one core, against scikit-image's, as ratios within one run.

    python benchmarks/minkowski.py [--repeats 7]

One volume of 160^3 voxels, phase fraction 0.2 (a thresholded Gaussian random field, sigma 4): volume, Crofton surface
and mean breadth of 13 directions and Euler characteristic in one call, packing included, against scikit-image's Euler
number alone and its marching cubes with the area of their mesh alone. Then 128 images of 128 x 128, phase fraction
0.352: area, perimeter and Euler characteristic against Euler number and Crofton perimeter, image by image. CPU time of
one thread, runs interleaved, median. What both measure is compared before it is timed: Euler numbers and perimeters
are equal, the mesh's area is within some per cent.
"""

from __future__ import annotations

import argparse

import numpy as np
from skimage.measure import euler_number, marching_cubes, mesh_surface_area, perimeter_crofton
from timing import machine, one_thread, seconds, show, thresholded_field

from raysys.stats import local_configurations, minkowski

REACH = {"faces": 1, "all": 3}


def mesh_area(volume: np.ndarray) -> float:
    vertices, faces, _, _ = marching_cubes(volume, 0.5)
    return float(mesh_surface_area(vertices, faces))


def a_volume(repeats: int) -> None:
    volumes = thresholded_field((160,) * 3, 1, phi=0.2, sigma=4)
    volume = volumes[0]
    for connectivity, reach in REACH.items():
        found = minkowski(volumes, connectivity=connectivity).totals["euler_characteristic"][0]
        assert found == euler_number(volume, reach)
    # The mesh is open where the volume ends, and its steps are bevelled: longer than the smooth surface.
    window = minkowski(volumes, edges="window").totals["surface"][0]
    assert abs(mesh_area(volume) / window - 1) < 0.12
    work = {
        "raysys, volume, surface, breadth, Euler number": lambda: minkowski(volumes),
        "raysys, the histogram of configurations alone": lambda: local_configurations(volumes),
        "scikit-image, Euler number (6) alone": lambda: euler_number(volume, 1),
        "scikit-image, Euler number (26) alone": lambda: euler_number(volume, 3),
        "scikit-image, marching cubes and area alone": lambda: mesh_area(volume),
    }
    show("a volume of 160^3 voxels, phase fraction 0.2", seconds(work, repeats), volume.size, "voxels")


def flat_images(repeats: int) -> None:
    images = thresholded_field((128, 128), 128)
    found = minkowski(images).totals
    np.testing.assert_array_equal(found["euler_characteristic"], [euler_number(one, 1) for one in images])
    np.testing.assert_allclose(found["perimeter"], [perimeter_crofton(one) for one in images], rtol=1e-12)
    work = {
        "raysys, area, perimeter, Euler number": lambda: minkowski(images),
        "scikit-image, Euler number alone": lambda: [euler_number(one, 1) for one in images],
        "scikit-image, Crofton perimeter alone": lambda: [perimeter_crofton(one) for one in images],
    }
    show("128 images of 128^2 pixels, phase fraction 0.352", seconds(work, repeats), len(images))


def main() -> None:
    one_thread()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    print(machine("numpy", "numba", "scikit-image"))
    a_volume(repeats)
    flat_images(repeats)


if __name__ == "__main__":
    main()
