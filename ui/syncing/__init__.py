"""同步: what went, what came, what needs somebody."""
