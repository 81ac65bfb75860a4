"""Several trainings compared: studies of recipes, the demo's journey, the losses' landscape."""
