"""Carrying changes between laptops and the centre: the wire format, the client, the server."""
