"""今日: what this person must do today."""
