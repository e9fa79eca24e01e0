-- The extensions stay: others may use them.
DROP TRIGGER booking_event_no_truncate ON booking_event;
DROP TRIGGER booking_event_append_only ON booking_event;
DROP FUNCTION booking_event_append_only();
DROP INDEX booking_search;
ALTER TABLE booking
    DROP CONSTRAINT booking_busy_window,
    DROP CONSTRAINT booking_no_overlap,
    ALTER COLUMN seq DROP IDENTITY,
    ALTER COLUMN seq TYPE integer;
