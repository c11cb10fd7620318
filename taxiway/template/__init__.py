"""The CloudFormation way: one template that creates what `make deploy` creates.

Pure: from the template that `chalice package` writes, and `taxiway.infra`.
"""
