"""A process that serves: sockets, signals, a stop that drains, and mappings taken up while it runs."""
