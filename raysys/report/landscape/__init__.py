"""The page of the losses' landscape."""
