"""What is to be thought of an IOC, and done about it. Pure."""
