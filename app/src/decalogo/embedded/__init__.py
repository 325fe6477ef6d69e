"""The appliance as local processes under one supervisor, for hosts without a container engine."""
