-- One text for both databases. SQLite takes the type names as they are: ids are 16 bytes, instants are integers
-- (microseconds since 1970, UTC), JSON is text. What only one of them can do is in its own folder.

CREATE TABLE tenant (
    id uuid NOT NULL PRIMARY KEY,
    slug text NOT NULL,
    name text NOT NULL,
    time_zone text,
    currency text,
    active boolean NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT tenant_slug_key UNIQUE (slug),
    CONSTRAINT tenant_slug_not_empty CHECK (slug <> ''),
    CONSTRAINT tenant_currency CHECK (length(currency) = 3),
    CONSTRAINT tenant_version CHECK (version >= 1)
);

CREATE TABLE service (
    id uuid NOT NULL PRIMARY KEY,
    tenant_id uuid,
    name text NOT NULL,
    -- The name folded (lower case, no accents), to be searched.
    name_key text NOT NULL,
    duration_minutes integer NOT NULL,
    buffer_before_minutes integer NOT NULL,
    buffer_after_minutes integer NOT NULL,
    requires_approval boolean NOT NULL,
    allow_multiple_clients boolean NOT NULL,
    capacity integer NOT NULL,
    cancellation_allowed boolean NOT NULL,
    cancellation_notice_minutes integer NOT NULL,
    reschedule_allowed boolean NOT NULL,
    reschedule_notice_minutes integer NOT NULL,
    pricing_type text NOT NULL,
    price_minor bigint,
    currency text NOT NULL,
    active boolean NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT service_duration CHECK (duration_minutes > 0),
    CONSTRAINT service_buffers CHECK (buffer_before_minutes >= 0 AND buffer_after_minutes >= 0),
    CONSTRAINT service_capacity CHECK (capacity >= 1),
    CONSTRAINT service_notice CHECK (cancellation_notice_minutes >= 0 AND reschedule_notice_minutes >= 0),
    CONSTRAINT service_currency CHECK (length(currency) = 3),
    CONSTRAINT service_version CHECK (version >= 1)
);
CREATE INDEX service_by_name ON service (tenant_id, name, id);

CREATE TABLE addon (
    id uuid NOT NULL PRIMARY KEY,
    tenant_id uuid,
    -- NULL: fits every service of its tenant.
    service_id uuid,
    name text NOT NULL,
    extra_duration_minutes integer NOT NULL,
    price_minor bigint,
    currency text NOT NULL,
    active boolean NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT addon_extra_duration CHECK (extra_duration_minutes >= 0),
    CONSTRAINT addon_currency CHECK (length(currency) = 3),
    CONSTRAINT addon_version CHECK (version >= 1)
);
CREATE INDEX addon_by_name ON addon (tenant_id, name, id);

CREATE TABLE provider (
    id uuid NOT NULL PRIMARY KEY,
    tenant_id uuid,
    name text NOT NULL,
    -- The name folded (lower case, no accents), to be searched.
    name_key text NOT NULL,
    active boolean NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT provider_version CHECK (version >= 1)
);
CREATE INDEX provider_by_name ON provider (tenant_id, name, id);

-- No foreign keys to the catalogue: whoever builds on the crates keeps services and providers in tables of their own.
CREATE TABLE booking (
    -- The rowid of SQLite's search table, and a key that grows with time.
    seq INTEGER PRIMARY KEY,
    id uuid NOT NULL,
    reference text NOT NULL,
    tenant_id uuid,
    service_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    client_name text NOT NULL,
    client_email text NOT NULL,
    client_phone text NOT NULL,
    client_user_id uuid,
    start_at timestamptz NOT NULL,
    end_at timestamptz NOT NULL,
    -- start_at and end_at with the buffers: what overlaps is judged by.
    busy_start timestamptz NOT NULL,
    busy_end timestamptz NOT NULL,
    -- The service as it was, without add-ons.
    duration_minutes integer NOT NULL,
    buffer_before_minutes integer NOT NULL,
    buffer_after_minutes integer NOT NULL,
    status text NOT NULL,
    status_before_cancel text,
    active boolean GENERATED ALWAYS AS (status IN ('PENDING', 'CONFIRMED')) STORED,
    shared boolean NOT NULL,
    -- Equal for bookings that share one start of one service, the booking's own id otherwise.
    slot_key uuid NOT NULL,
    requires_approval boolean NOT NULL,
    cancellation_allowed boolean NOT NULL,
    cancellation_notice_minutes integer NOT NULL,
    reschedule_allowed boolean NOT NULL,
    reschedule_notice_minutes integer NOT NULL,
    party_size integer NOT NULL,
    capacity_consumed integer NOT NULL,
    pricing_type text NOT NULL,
    price_minor bigint,
    currency text NOT NULL,
    notes_internal text NOT NULL,
    notes_client text NOT NULL,
    metadata jsonb NOT NULL,
    idempotency_key text,
    idempotency_digest bytea,
    search_text text NOT NULL,
    version bigint NOT NULL,
    chain_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    created_by uuid,
    CONSTRAINT booking_id_key UNIQUE (id),
    CONSTRAINT booking_reference_key UNIQUE (reference),
    CONSTRAINT booking_idempotency_key_key UNIQUE (idempotency_key),
    CONSTRAINT booking_idempotency_pair CHECK ((idempotency_key IS NULL) = (idempotency_digest IS NULL)),
    CONSTRAINT booking_end_after_start CHECK (end_at > start_at),
    CONSTRAINT booking_duration CHECK (duration_minutes > 0),
    CONSTRAINT booking_buffers CHECK (buffer_before_minutes >= 0 AND buffer_after_minutes >= 0),
    CONSTRAINT booking_notice CHECK (cancellation_notice_minutes >= 0 AND reschedule_notice_minutes >= 0),
    CONSTRAINT booking_status CHECK (status IN ('PENDING', 'CONFIRMED', 'CANCELLED', 'COMPLETED', 'NO_SHOW')),
    CONSTRAINT booking_status_before_cancel CHECK (
        (status = 'CANCELLED') = (status_before_cancel IS NOT NULL) AND
        (status_before_cancel IS NULL OR status_before_cancel IN ('PENDING', 'CONFIRMED'))
    ),
    CONSTRAINT booking_party_size CHECK (party_size >= 1 AND (shared OR party_size = 1)),
    CONSTRAINT booking_capacity_consumed CHECK (
        capacity_consumed >= party_size AND (shared OR capacity_consumed = party_size)
    ),
    CONSTRAINT booking_slot_key CHECK (shared OR slot_key = id),
    CONSTRAINT booking_currency CHECK (length(currency) = 3),
    CONSTRAINT booking_version CHECK (version >= 1)
);
-- One for every order and filter a list has.
CREATE INDEX booking_by_start ON booking (start_at, seq);
CREATE INDEX booking_by_created ON booking (created_at, seq);
CREATE INDEX booking_by_client ON booking (client_name, seq);
CREATE INDEX booking_by_provider ON booking (provider_id, start_at, seq);
CREATE INDEX booking_by_service ON booking (service_id, start_at, seq);
CREATE INDEX booking_by_status ON booking (status, start_at, seq);
CREATE INDEX booking_by_tenant ON booking (tenant_id, start_at, seq);
-- What holds a provider's time, by time. Queries must say `active` alone, or SQLite passes it by; and it comes last because
-- of two indexes that look as good SQLite takes the newer.
CREATE INDEX booking_active ON booking (provider_id, start_at) WHERE active;

CREATE TABLE booking_addon (
    booking_id uuid NOT NULL REFERENCES booking (id),
    addon_id uuid NOT NULL,
    position integer NOT NULL,
    name text NOT NULL,
    extra_duration_minutes integer NOT NULL,
    price_minor bigint,
    currency text NOT NULL,
    PRIMARY KEY (booking_id, addon_id),
    CONSTRAINT booking_addon_extra_duration CHECK (extra_duration_minutes >= 0),
    CONSTRAINT booking_addon_currency CHECK (length(currency) = 3)
);

-- Append-only, and no foreign key: history outlives its booking.
CREATE TABLE booking_event (
    booking_id uuid NOT NULL,
    version bigint NOT NULL,
    event_type text NOT NULL,
    actor_id uuid,
    actor_name text NOT NULL,
    at timestamptz NOT NULL,
    data jsonb NOT NULL,
    personal_digest bytea,
    hash bytea NOT NULL,
    PRIMARY KEY (booking_id, version),
    CONSTRAINT booking_event_version CHECK (version >= 1),
    CONSTRAINT booking_event_type CHECK (event_type IN (
        'CREATED', 'CONFIRMED', 'CANCELLED', 'RESCHEDULED', 'COMPLETED', 'NO_SHOW', 'NOTE_ADDED', 'EDITED', 'REINSTATED'
    ))
);
CREATE INDEX booking_event_by_time ON booking_event (at);

-- The message and the personal values of an event, which can be erased; its digest stays in the chain.
CREATE TABLE booking_event_personal (
    booking_id uuid NOT NULL,
    version bigint NOT NULL,
    salt bytea NOT NULL,
    data jsonb NOT NULL,
    PRIMARY KEY (booking_id, version)
);

CREATE TABLE staff (
    id uuid NOT NULL PRIMARY KEY,
    name text NOT NULL,
    -- The name folded, so that Ann and ann are one.
    name_key text NOT NULL,
    password_hash text NOT NULL,
    role text NOT NULL,
    tenant_id uuid REFERENCES tenant (id),
    active boolean NOT NULL,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT staff_name_key_key UNIQUE (name_key),
    CONSTRAINT staff_name_not_empty CHECK (name_key <> ''),
    CONSTRAINT staff_role CHECK (role IN ('viewer', 'staff', 'admin', 'owner')),
    CONSTRAINT staff_version CHECK (version >= 1)
);

-- No foreign key: a session that outlives its account is found with no account, and is nobody's.
CREATE TABLE session (
    key_digest bytea NOT NULL PRIMARY KEY,
    staff_id uuid,
    data text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX session_by_staff ON session (staff_id);
CREATE INDEX session_by_expiry ON session (expires_at);
