"""Methods of reconstruction against real images: references, sets, copies, verdicts, records."""
