"""统计: the figures of a period and scope as cards."""
