"""The pages of the customers: views, and what their templates show."""
