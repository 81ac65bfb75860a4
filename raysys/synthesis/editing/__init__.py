"""One image edited: an object moved, scaled, repeated or drawn anew by masks, and holes filled with what is around."""
