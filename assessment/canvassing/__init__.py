"""Reports of canvassing (拉票): received from anybody, examined, decided by two persons, with a veto if need be."""
