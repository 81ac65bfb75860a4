"""The toy sampler as a method's model."""

from support.toys import ToySampler

MODEL = ToySampler
