"""What a deployed stage consists of: pure descriptions. Nothing here calls AWS."""
