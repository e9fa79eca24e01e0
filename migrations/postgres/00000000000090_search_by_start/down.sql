DROP INDEX booking_search;
CREATE INDEX booking_search ON booking USING gin (search_text gin_trgm_ops);
