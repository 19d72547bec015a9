"""Where a project is kept: a GeoPackage file or a PostgreSQL database, and how it is written to."""
