"""Judging: generators, annealing and autoencoders against real images, with verdicts in numbers and words."""
