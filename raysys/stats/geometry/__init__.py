"""Size and shape: Minkowski functionals, surfaces, pores as objects and the sizes of pores."""
