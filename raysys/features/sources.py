"""The kinds of sources that weights may come from, told apart without loading any."""


def is_file_source(source: str) -> bool:
    """Whether a source is a path, and not an address, a package, or random weights."""
    return source != "torchvision" and source.partition(":")[0] not in ("random", "http", "https", "package")
