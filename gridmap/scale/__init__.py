"""The assignment over a folder of Parquet files: by threads of this process, or by processes and machines to which dask hands out files."""

from gridmap.scale.job import Options
from gridmap.scale.run import assign

__all__ = ["Options", "assign"]
