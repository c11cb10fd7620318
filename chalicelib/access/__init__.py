"""Who may do what: API keys, how they are presented, what they grant."""
