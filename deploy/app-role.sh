#!/bin/sh
# Make, or bring up to date, the database role of web and worker: docs/app-role.sql, and its password from a file.
set -eu
# A password on the command line is everybody's to read: the owner's goes by the environment, the other by standard input.
url="$(cat "$OWNER_URL_FILE")"
rest="${url#*://*:}"
PGPASSWORD="${rest%%@*}"
export PGPASSWORD
url="${url%%:"$PGPASSWORD"@*}@${rest#*@}"
psql "$url" -q -v ON_ERROR_STOP=1 -f "${APP_ROLE_SQL:-/docs/app-role.sql}"
printf "ALTER ROLE portal_app PASSWORD '%s';\n" "$(cat "$APP_PASSWORD_FILE")" | psql "$url" -q -v ON_ERROR_STOP=1
