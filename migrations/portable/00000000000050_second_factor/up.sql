-- A second factor of an account: an app that makes codes (RFC 6238). The secret is sealed by the program's key.
CREATE TABLE second_factor (
    staff_id uuid NOT NULL PRIMARY KEY REFERENCES staff (id),
    sealed_secret bytea NOT NULL,
    -- Set once a first code was right; until then it counts for nothing.
    confirmed_at timestamptz,
    -- The step of the last code that was accepted: no code is accepted twice.
    last_step bigint NOT NULL,
    CONSTRAINT second_factor_last_step CHECK (last_step >= 0)
);

-- For whoever lost the app: codes that work once each. Only their digests are kept.
CREATE TABLE recovery_code (
    staff_id uuid NOT NULL REFERENCES staff (id),
    code_digest bytea NOT NULL,
    CONSTRAINT recovery_code_key PRIMARY KEY (staff_id, code_digest)
);
