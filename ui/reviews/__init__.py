"""评审: the list, one review, the scoring sheet."""
