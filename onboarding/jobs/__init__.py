"""What runs later: the lease on a row, the threads of a worker."""
