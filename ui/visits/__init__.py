"""走访: the list, 出发准备, and looking at what was printed."""
