-- One index for every way a list is walked (bookings-db/src/bookings/scan.rs): what is filtered by, then the order, then what
-- else can be filtered by, so that rows that don't fit are passed in the index and never looked up.
DROP INDEX booking_by_start;
DROP INDEX booking_by_created;
DROP INDEX booking_by_client;
DROP INDEX booking_by_provider;
DROP INDEX booking_by_service;
DROP INDEX booking_by_status;
DROP INDEX booking_by_tenant;
CREATE INDEX booking_by_start ON booking (start_at, seq, status, provider_id, service_id, tenant_id);
CREATE INDEX booking_by_created ON booking (created_at, seq, start_at, status, provider_id, service_id, tenant_id);
CREATE INDEX booking_by_client ON booking (client_name, seq, start_at, status, provider_id, service_id, tenant_id);
CREATE INDEX booking_by_reference ON booking (reference, seq, start_at, status, provider_id, service_id, tenant_id);
CREATE INDEX booking_by_status ON booking (status, start_at, seq, provider_id, service_id, tenant_id);
CREATE INDEX booking_by_status_created ON booking (status, created_at, seq, start_at);
CREATE INDEX booking_by_provider ON booking (provider_id, start_at, seq, status, service_id, tenant_id);
CREATE INDEX booking_by_provider_created ON booking (provider_id, created_at, seq, start_at, status, service_id, tenant_id);
CREATE INDEX booking_by_service ON booking (service_id, status, start_at, seq, tenant_id);
CREATE INDEX booking_by_service_created ON booking (service_id, status, created_at, seq, start_at, tenant_id);
-- Where there are no tenants these cost nothing.
CREATE INDEX booking_by_tenant ON booking (tenant_id, status, start_at, seq) WHERE tenant_id IS NOT NULL;
CREATE INDEX booking_by_tenant_created ON booking (tenant_id, status, created_at, seq, start_at)
    WHERE tenant_id IS NOT NULL;
-- Of two indexes that look as good SQLite takes the newer: what holds a provider's time is asked for most.
DROP INDEX booking_active;
CREATE INDEX booking_active ON booking (provider_id, start_at) WHERE active;
