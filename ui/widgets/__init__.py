"""Small shared widgets, one class a file."""
