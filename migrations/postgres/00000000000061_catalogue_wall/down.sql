DROP TRIGGER catalogue_event_no_truncate ON catalogue_event;
DROP TRIGGER catalogue_event_append_only ON catalogue_event;
DROP FUNCTION catalogue_event_append_only();
