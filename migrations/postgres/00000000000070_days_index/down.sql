DROP INDEX booking_by_start;
CREATE INDEX booking_by_start ON booking (start_at, seq, status, provider_id, service_id, tenant_id);
ALTER TABLE booking ALTER COLUMN search_text SET STATISTICS -1;
