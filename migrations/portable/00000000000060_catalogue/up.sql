-- What became of services, add-ons, providers and tenants. Append-only, and no foreign keys: it outlives them.
CREATE TABLE catalogue_event (
    record_id uuid NOT NULL,
    version bigint NOT NULL,
    kind text NOT NULL,
    event_type text NOT NULL,
    -- The record's name as this left it.
    name text NOT NULL,
    tenant_id uuid,
    actor_id uuid,
    actor_name text NOT NULL,
    at timestamptz NOT NULL,
    -- Old and new of every field that changed.
    data jsonb NOT NULL,
    PRIMARY KEY (record_id, version),
    CONSTRAINT catalogue_event_version CHECK (version >= 1),
    CONSTRAINT catalogue_event_kind CHECK (kind IN ('service', 'addon', 'provider', 'tenant')),
    CONSTRAINT catalogue_event_type CHECK (event_type IN ('MADE', 'CHANGED', 'DELETED'))
);

-- Who offers what; a provider without a row offers everything.
CREATE TABLE provider_service (
    provider_id uuid NOT NULL REFERENCES provider (id),
    service_id uuid NOT NULL REFERENCES service (id),
    PRIMARY KEY (provider_id, service_id)
);
CREATE INDEX provider_service_by_service ON provider_service (service_id, provider_id);

-- Whether an add-on was ever booked, before it is deleted.
CREATE INDEX booking_addon_by_addon ON booking_addon (addon_id);
CREATE INDEX addon_by_service ON addon (service_id, id) WHERE service_id IS NOT NULL;
CREATE INDEX staff_by_tenant ON staff (tenant_id, name) WHERE tenant_id IS NOT NULL;

-- The names folded (lower case, no accents), to be searched; what is there already is folded by the program.
ALTER TABLE addon ADD COLUMN name_key text NOT NULL DEFAULT '';
ALTER TABLE tenant ADD COLUMN name_key text NOT NULL DEFAULT '';

-- For those who see every tenant's.
CREATE INDEX service_by_any_name ON service (name, id);
CREATE INDEX addon_by_any_name ON addon (name, id);
CREATE INDEX provider_by_any_name ON provider (name, id);
CREATE INDEX tenant_by_name ON tenant (name, id);
