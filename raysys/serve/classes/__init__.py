"""What only models that know classes can be asked for: the class of every pixel of an upload, or of the whole image.

The work is done in the replica that holds the model; like sampling it keeps no state.
"""
