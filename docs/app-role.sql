-- For PostgreSQL: a role for the web and worker processes that owns nothing. Run it as the owner, after `migrate`, and
-- again after an update. Then put this role into the DATABASE_URL of web and worker; `migrate` keeps the owner's.
--
--     psql "$OWNER_DATABASE_URL" -v ON_ERROR_STOP=1 -f docs/app-role.sql
--     ALTER ROLE portal_app PASSWORD '…';

DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'portal_app') THEN CREATE ROLE portal_app LOGIN; END IF;
END $$;
GRANT USAGE ON SCHEMA public TO portal_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO portal_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO portal_app;

-- Consent records are only ever added. Two ways stay open, and the trigger narrows them further: erasing identifiers,
-- and sealing them with another key.
REVOKE UPDATE, DELETE ON onboarding_consent FROM portal_app;
GRANT UPDATE (attributes, reason, salt, erased_at) ON onboarding_consent TO portal_app;
