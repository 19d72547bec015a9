"""Loops compiled by numba. Importing a module of this package imports numba: do it inside the function that needs it."""
