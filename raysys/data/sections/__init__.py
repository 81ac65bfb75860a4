"""Sections of a volume in three directions, cut into tiles together."""
