"""Staff pages of the registry: people, units, strata, export."""
