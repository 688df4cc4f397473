"""活动与目标: trips, groups on site, events, yearly targets; one list each, with a panel beside it."""
