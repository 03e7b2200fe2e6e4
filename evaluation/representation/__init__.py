"""Is what was drawn, and what came back, like the register it was drawn from?"""
