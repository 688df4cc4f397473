"""First run: server, account, first download."""
