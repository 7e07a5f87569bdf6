"""What all cells of a sweep share of one endpoint: its rate limits, its retries, its circuit breaker."""
