#!/bin/sh
# Make, or bring up to date, the database role of web and worker: docs/app-role.sql, and its password from a file.
set -eu
psql "$(cat "$OWNER_URL_FILE")" -q -v ON_ERROR_STOP=1 -f "${APP_ROLE_SQL:-/docs/app-role.sql}"
# By standard input: a password on the command line is everybody's to read.
printf "ALTER ROLE portal_app PASSWORD '%s';\n" "$(cat "$APP_PASSWORD_FILE")" |
  psql "$(cat "$OWNER_URL_FILE")" -q -v ON_ERROR_STOP=1
