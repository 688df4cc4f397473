"""企业: the list, and the page of one enterprise."""
