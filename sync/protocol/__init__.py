"""What goes over the wire, and nothing else. Specified in sync/README.md."""
