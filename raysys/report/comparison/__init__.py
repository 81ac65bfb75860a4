"""Pages that set images against images: descriptors side by side, methods with their verdicts, the claim in words."""
