"""Staff pages of departments, their years and lineage, groups and sectors."""
