"""诉求: the officer's list and the coordinator's dispatch desk."""
