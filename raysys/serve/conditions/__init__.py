"""What conditional models can be asked for beside values: codes of examples, the way between two, and uploaded maps."""
