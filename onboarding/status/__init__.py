"""What a state means for the customer, in words."""
