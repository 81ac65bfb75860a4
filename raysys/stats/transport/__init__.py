"""What flows through a pore space: percolation, and permeability by the lattice Boltzmann method."""
