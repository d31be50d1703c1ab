"""Who may open a request: the browsers that hold it, and the links that let another one in."""
