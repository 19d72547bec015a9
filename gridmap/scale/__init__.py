"""The assignment over a folder of Parquet files, on several processes or machines: `dask.distributed` hands out files."""

from gridmap.scale.job import Options
from gridmap.scale.run import assign

__all__ = ["Options", "assign"]
