"""The kinds of jobs: reconstructions, syntheses, and samples too large for a request; one file each."""
