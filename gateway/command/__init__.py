"""What the verbs of the command do, but for serving: they print, and return the exit status."""
