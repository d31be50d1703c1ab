"""What a customer does until a request is sent: the draft, its forms, and the ways in."""
