"""The protocol room: TAXII 2.1 over the services."""
