"""Everything of Taxiway that ships to Lambda. The rooms: docs/architecture."""
