"""The page of a farm of annealing chains, and its live view."""
