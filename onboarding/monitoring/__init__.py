"""What tells those who run the portal, and everybody who asks, how it is doing."""
