"""Plans: drafts that are edited, and boundaries that were, are or will be in force."""
