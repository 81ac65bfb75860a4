"""What a verdict would have noticed: known damage to real images, and the smallest that is told apart."""
