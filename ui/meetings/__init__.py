"""会议: the list by month, one meeting with its agenda."""
