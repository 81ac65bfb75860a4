"""Pictures of a texture beside their source: what was made, where each place of it comes from, and the scores."""
