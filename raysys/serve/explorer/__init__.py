"""The explorer page: one document with nothing from afar, put together of a few files when the endpoint starts."""
