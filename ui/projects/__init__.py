"""项目: the list by class, one project with its chart, milestones, months and weekly reports."""
