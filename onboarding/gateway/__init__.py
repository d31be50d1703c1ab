"""What stands between the workers and the platform: the circuit breaker, the ceiling, and how it is doing."""
