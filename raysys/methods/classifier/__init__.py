"""A classifier of labelled images, which judges whether autoencodings keep their class."""
