CREATE TRIGGER catalogue_event_no_update BEFORE UPDATE ON catalogue_event
BEGIN
    SELECT RAISE(ABORT, 'catalogue_event_append_only');
END;

CREATE TRIGGER catalogue_event_no_delete BEFORE DELETE ON catalogue_event
BEGIN
    SELECT RAISE(ABORT, 'catalogue_event_append_only');
END;

-- REPLACE deletes without a delete trigger.
CREATE TRIGGER catalogue_event_no_replace BEFORE INSERT ON catalogue_event
WHEN EXISTS (SELECT 1 FROM catalogue_event WHERE record_id = NEW.record_id AND version = NEW.version)
BEGIN
    SELECT RAISE(ABORT, 'catalogue_event_append_only');
END;
