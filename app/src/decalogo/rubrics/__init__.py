"""Rubrics that ship with the appliance, as YAML."""
