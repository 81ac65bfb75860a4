"""Names of what validations measure, as MLflow, sweeps and recipes have them."""

OBJECTIVE = "objective"  # of every system; its validator says beside it, under a name, which number it is
HOPELESS = 1e9  # the objective of images that have no statistics
BAND = "band_"  # begins the names of what has a real-against-real band
INSIDE = "inside_band"  # how many of those are within their band
EULER, PARTS = "euler", "parts"  # of an image; with _error, by how much their means are off
COLLAPSED, DIVERSITY = "collapsed", "diversity"
