"""How fast a month of history comes into arrays, against curl and against what most code does."""
