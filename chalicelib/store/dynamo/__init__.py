"""The stores on DynamoDB. Keys: schema.py. Why it is so: docs/architecture."""
