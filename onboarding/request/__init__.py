"""One device of one customer: its row, its states, its timeline, and how it is found and masked."""
