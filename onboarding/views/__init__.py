"""The pages. Each view: guards, then one action, then a redirect or a page."""
