"""From routes to an OpenAPI document. Only for building it: nothing here serves."""
