"""Time to exhaustion: from a batch of histories and limits to the distribution of each series' first crossing."""
