"""A method of the tests, found as somebody else's would be."""
