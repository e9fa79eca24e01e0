-- Bookings chosen for one verb: kept here, so that a page carries an id and no thousands of inputs, and that a run which
-- broke off goes on where it was. The id is the batch id of the events it makes.
CREATE TABLE selection (
    id uuid NOT NULL PRIMARY KEY,
    staff_id uuid,
    what jsonb NOT NULL,
    state text NOT NULL,
    items bigint NOT NULL,
    -- The selection whose changes this one takes back.
    undoes uuid,
    created_at timestamptz NOT NULL,
    -- Of the last sign of life of whoever runs it.
    beat_at timestamptz,
    ended_at timestamptz,
    CONSTRAINT selection_state CHECK (state IN ('READY', 'RUNNING', 'STOPPED', 'DONE'))
);
CREATE INDEX selection_by_created ON selection (created_at);

CREATE TABLE selection_item (
    selection_id uuid NOT NULL,
    place bigint NOT NULL,
    booking_id uuid NOT NULL,
    -- As it was seen.
    version bigint NOT NULL,
    outcome text,
    code text,
    message text,
    PRIMARY KEY (selection_id, place),
    CONSTRAINT selection_item_outcome CHECK (outcome IN ('CHANGED', 'SAME', 'REFUSED'))
);
