"""Names of what validations measure, as MLflow, sweeps and recipes have them."""

OBJECTIVE = "objective"  # of every system; its validator says beside it, under a name, which number it is
HOPELESS = 1e9  # the objective of images that have no statistics
MSE, BAND = "mse/", "band/"  # begin the names of errors, and of errors beside their real-against-real band
UNSCALED = "unscaled/"  # begins the names of errors of curves that are not divided by the phase fraction's
INSIDE = "inside_band"  # how many of those are within their band
EULER, PARTS = "euler", "parts"  # of an image; with _error, by how much their means are off
WHOLE = "whole_error"  # of descriptors and topology together
COLLAPSED, DIVERSITY = "collapsed", "diversity"
# A metric of a group is called GROUP/NAME, which MLflow shows together.
GROUPS = ("mse", "band", "unscaled", "iou", "dice")


def grouped(name: str) -> str:
    """A metric's name as it is now, of one that may be of an earlier version: mse_S2 was what mse/S2 is."""
    group, sign, rest = name.partition("_")
    return f"{group}/{rest}" if sign and rest and group.removeprefix("-") in GROUPS else name
