"""German as it is written: 23. November 2026, 14:05 Uhr."""

DATE_FORMAT = "j. F Y"
TIME_FORMAT = r"H:i \U\h\r"
DATETIME_FORMAT = f"j. F Y, {TIME_FORMAT}"
SHORT_DATE_FORMAT = "j. M Y"
SHORT_DATETIME_FORMAT = f"j. M Y, {TIME_FORMAT}"
