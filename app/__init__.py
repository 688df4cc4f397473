"""The officer's work: what things are, who may do what, where the laptop keeps them, what is printed."""
