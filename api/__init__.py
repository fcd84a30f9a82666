"""What the outside world talks to: the HTTP endpoints and the command line."""
