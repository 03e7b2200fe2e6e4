"""Every change of the registry and of its snapshots."""
