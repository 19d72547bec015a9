"""Events and their steps as they come in, how each stands now, and how many there are."""
