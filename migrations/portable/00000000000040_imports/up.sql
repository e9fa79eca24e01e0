-- Rows of a file that is imported. Kept under a selection, whose id is the batch id of the events, so that a run which broke
-- off goes on where it was. What has become a booking is not kept twice: its record is emptied.
CREATE TABLE import_row (
    selection_id uuid NOT NULL,
    -- In the file, from 1.
    line bigint NOT NULL,
    -- Whether its booking holds time in the end: those that don't come first, since others may take the time they once held.
    holds boolean NOT NULL,
    record text NOT NULL,
    outcome text,
    reference text,
    -- Code, field and sentence of every refusal.
    problems jsonb,
    PRIMARY KEY (selection_id, line),
    CONSTRAINT import_row_outcome CHECK (outcome IN ('CHANGED', 'SAME', 'REFUSED'))
);
CREATE INDEX import_row_by_outcome ON import_row (selection_id, outcome, line);
