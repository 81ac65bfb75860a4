"""Links of the nodes, laid out block by block, are where the populations of each node are sent from."""

import numpy as np
import pytest

from raysys.stats.transport.lattice import OPPOSITE, Lattice

BLOCK = 64


def flat(node, slot):
    return (node // BLOCK * len(OPPOSITE) + slot) * BLOCK + node % BLOCK


@pytest.mark.parametrize("sides", ["mirrored", "periodic", "walls"])
@pytest.mark.parametrize("ends", ["mirrored", "periodic"])
@pytest.mark.parametrize("shape", [(2, 9, 8, 7), (1, 11, 13)])
def test_links_are_the_arrivals(shape, ends, sides):
    lattice = Lattice.of(np.random.default_rng(0).random(shape) < 0.6, ends, sides)
    links, flips = lattice.links(BLOCK)
    filled = np.arange(lattice.n, links.shape[0] * BLOCK)
    expected = []
    for q in range(1, len(OPPOSITE)):
        node, slot, mirrored = lattice.arrivals(q)
        found = links[:, q - 1].reshape(-1)
        np.testing.assert_array_equal(found[: lattice.n], flat(node, slot))
        np.testing.assert_array_equal(found[lattice.n :], flat(filled, q))
        expected.append(flat(node, slot)[mirrored])
    np.testing.assert_array_equal(np.sort(flips), np.sort(np.concatenate(expected)))
    assert len(np.unique(links)) == links.size  # each place is read by one node alone
