"""Loops of large layers, compiled by numba. Importing a module of this package imports numba: do it inside the function that needs it.

numba keeps compiled code beside the source and looks at the time stamp of the calling function's own file alone: after a change in
`morton.py`, delete `__pycache__` here.
"""
