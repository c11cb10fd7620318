"""What lists and exports of IOCs are made of, and how they are asked for."""
