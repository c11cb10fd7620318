"""Where HTTP and Lambda become values and back."""
