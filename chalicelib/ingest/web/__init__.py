"""The way to the internet: checked addresses, fetching, unpacking."""
