"""How fast the database takes what a run has to say."""
