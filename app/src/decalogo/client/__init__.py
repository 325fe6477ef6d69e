"""A client of the appliance's HTTP interface: submit documents, follow them, fetch results."""
