"""What goes when its time is over, and what of it stays."""
