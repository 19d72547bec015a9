"""A project carried elsewhere: backups, files in and out, Parquet."""
