"""French as it is written: 23 novembre 2026 à 14 h 05, with spaces at which no line breaks."""

DATE_FORMAT = "j F Y"
TIME_FORMAT = "H\N{NO-BREAK SPACE}\\h\N{NO-BREAK SPACE}i"
DATETIME_FORMAT = f"j F Y à {TIME_FORMAT}"
SHORT_DATE_FORMAT = "j M Y"
SHORT_DATETIME_FORMAT = f"j M Y, {TIME_FORMAT}"
