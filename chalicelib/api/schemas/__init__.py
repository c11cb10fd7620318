"""Models of answers, for OpenAPI alone: nothing that serves imports them."""
