"""What an IOC is and how it is told: values, rules, STIX. Pure, as all of core."""
