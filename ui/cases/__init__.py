"""代办: the list of cases, one case with its steps and their Gantt."""
