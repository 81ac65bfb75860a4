"""Volumes learned from flat sections: a generator in space whose slices a flat critic sees."""
