"""Many chains on Ray: `farm` holds `reconstruct`, and `order` is what all chains have in common.

`dispatch` is the driver's side and `worker` that of the actors; `folder` keeps chains on disk, and `packing` makes
their images small.
"""
