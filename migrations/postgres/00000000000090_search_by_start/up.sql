-- The search index knows fortnights (since 1970, UTC) beside words: what many have is looked for in a few of them at a time.
DROP INDEX booking_search;
CREATE INDEX booking_search ON booking
    USING gin ((ARRAY[((start_at AT TIME ZONE 'UTC')::date - DATE '1970-01-01') / 14]), search_text gin_trgm_ops);
-- Without a look at the table PostgreSQL knows nothing of what an expression has; of an empty one it would remember that it is empty.
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM booking) THEN ANALYZE booking; END IF;
END $$;
