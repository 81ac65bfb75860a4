"""Figures of descriptors: curves with their bands, roses, pores, distances, the representative size."""
