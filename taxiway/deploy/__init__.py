"""Makes a stage on AWS what `taxiway.infra` describes: read, plan, apply.

One module for each kind of thing. A step reads what is there and gives the changes
that are needed: none, the second time.
"""
