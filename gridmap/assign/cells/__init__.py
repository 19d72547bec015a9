"""The table of cells behind `Index`: how it is laid, proven, kept right after a change, and stored. The loops are in `compiled`."""
