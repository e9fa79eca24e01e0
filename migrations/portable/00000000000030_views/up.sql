-- A list's filters, order and columns under a name. With a person it is theirs, without one it is shared with everybody of
-- the tenant (of those above the tenants where there is none).
CREATE TABLE saved_view (
    id uuid NOT NULL PRIMARY KEY,
    staff_id uuid,
    tenant_id uuid,
    name text NOT NULL,
    -- The name folded, so that Late and late are one.
    name_key text NOT NULL,
    -- As in the list's address.
    query text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT saved_view_name_not_empty CHECK (name_key <> '')
);
CREATE UNIQUE INDEX saved_view_own ON saved_view (staff_id, name_key) WHERE staff_id IS NOT NULL;
CREATE UNIQUE INDEX saved_view_of_tenant ON saved_view (tenant_id, name_key)
    WHERE staff_id IS NULL AND tenant_id IS NOT NULL;
CREATE UNIQUE INDEX saved_view_of_all ON saved_view (name_key) WHERE staff_id IS NULL AND tenant_id IS NULL;

-- How a person likes the list: where it opens, and with which columns (none: the usual ones).
CREATE TABLE list_preference (
    staff_id uuid NOT NULL PRIMARY KEY,
    view_id uuid,
    shown text NOT NULL
);
