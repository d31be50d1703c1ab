"""What a colleague does for a request, for one or for many."""
