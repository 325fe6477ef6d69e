"""A client of the appliance's HTTP interface: hand documents in, follow them, fetch results."""
