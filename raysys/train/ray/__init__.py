"""Training on Ray: the engine (Ray Train), the sweep (Ray Tune) and its Bayesian searcher."""
