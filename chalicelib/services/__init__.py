"""One module per question the product answers. Ports in, core values out."""
