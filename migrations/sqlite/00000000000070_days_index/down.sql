DROP INDEX booking_by_start;
CREATE INDEX booking_by_start ON booking (start_at, seq, status, provider_id, service_id, tenant_id);
DROP INDEX booking_active;
CREATE INDEX booking_active ON booking (provider_id, start_at) WHERE active;
