"""What all pages are built of: document, style, palette, notation, grids, galleries, tables."""
