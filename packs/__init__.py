"""Ready-made watches, one YAML file for each kind of system; `jobs.packs` reads them."""
