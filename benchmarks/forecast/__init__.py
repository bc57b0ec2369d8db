"""How good forecasts are, and how fast: ours beside the methods that people use, on open data."""
