"""The compiled loops that anneal: images kept so that what an exchange of two pixels changes is counted quickly.

`engine` chooses among `lines` (S2 along axes), `maps` (the two-point map) and `mixture` (any terms together). Beside
them stand what they count (`bits`, `line_changes`, `vectors`, `figures`, `surfaces`), how pixels are drawn (`draws`,
`selection`), how trials are taken (`metropolis`), and the counts from scratch that all must agree with (`counts`).
"""
