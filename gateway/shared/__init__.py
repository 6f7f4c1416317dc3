"""What several processes of one gateway must know together: counts of requests and attempts, retry tokens, names that are good once."""
