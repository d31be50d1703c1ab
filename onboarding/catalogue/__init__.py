"""What can be connected: types, manufacturers, what each asks for, and the words of help."""
