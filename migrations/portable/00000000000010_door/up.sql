-- One link at a time with which somebody sets their password once: an invitation or a reset.
CREATE TABLE staff_link (
    staff_id uuid NOT NULL PRIMARY KEY REFERENCES staff (id),
    token_digest bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT staff_link_token_digest_key UNIQUE (token_digest)
);

-- Wrong sign-ins of the last minutes, under a digest of the name and network.
CREATE TABLE sign_in_try (
    key_digest bytea NOT NULL PRIMARY KEY,
    tries integer NOT NULL,
    first_at timestamptz NOT NULL,
    CONSTRAINT sign_in_try_tries CHECK (tries >= 0)
);
CREATE INDEX sign_in_try_by_time ON sign_in_try (first_at);

-- Append-only, and no foreign keys: it outlives the accounts it names. Ids grow with time (UUID version 7).
CREATE TABLE audit (
    id uuid NOT NULL PRIMARY KEY,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    -- Who did it; no id for programs and for those nobody knows.
    actor_id uuid,
    actor_name text NOT NULL,
    -- The actor's name folded, to be filtered by.
    actor_key text NOT NULL,
    -- Whose owners see it; none for those above the tenants only.
    tenant_id uuid,
    -- What it was done to.
    subject text NOT NULL,
    -- The network address it came from, where there is one.
    address text NOT NULL,
    data jsonb NOT NULL
);
CREATE INDEX audit_by_kind ON audit (kind, id);
CREATE INDEX audit_by_actor ON audit (actor_key, id);
CREATE INDEX audit_by_tenant ON audit (tenant_id, id);
