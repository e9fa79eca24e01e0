CREATE FUNCTION catalogue_event_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'catalogue_event_append_only'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'catalogue_event_append_only';
END
$$;

CREATE TRIGGER catalogue_event_append_only BEFORE UPDATE OR DELETE ON catalogue_event
    FOR EACH ROW EXECUTE FUNCTION catalogue_event_append_only();
CREATE TRIGGER catalogue_event_no_truncate BEFORE TRUNCATE ON catalogue_event
    FOR EACH STATEMENT EXECUTE FUNCTION catalogue_event_append_only();
