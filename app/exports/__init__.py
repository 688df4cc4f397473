"""Workbooks and other files people take elsewhere."""
