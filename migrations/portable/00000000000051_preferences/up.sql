-- What a person chose for themselves; without a row everything is as it comes.
CREATE TABLE staff_preference (
    staff_id uuid NOT NULL PRIMARY KEY REFERENCES staff (id),
    -- IANA zone of the times they see and type; none is their tenant's or the installation's.
    time_zone text,
    theme text NOT NULL,
    shortcuts boolean NOT NULL,
    CONSTRAINT staff_preference_theme CHECK (theme IN ('system', 'light', 'dark'))
);
