"""Where things are kept. Nobody but the container imports these rooms."""
