"""`manage.py doctor`: looks at this installation as whoever runs it would, and says what to do."""
