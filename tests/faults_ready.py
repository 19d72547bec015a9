"""Imported by the process that the writers of `faults` start from: the loops of the assignment are loaded there once."""

import faults

from gridmap.assign import Index

Index(faults.grids())
