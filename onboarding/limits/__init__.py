"""How often something may be done, and who counts."""
