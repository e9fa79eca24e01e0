-- The second wall against double bookings. Active windows of one provider are disjoint or share a slot, so whatever clashes
-- with [s, e) starts between the last start before s and the first start from e on: a handful of index entries, however
-- long the history.
CREATE TRIGGER booking_no_overlap_insert BEFORE INSERT ON booking
WHEN NEW.status IN ('PENDING', 'CONFIRMED')
BEGIN
    SELECT RAISE(ABORT, 'booking_no_overlap') WHERE EXISTS (
        SELECT 1 FROM booking INDEXED BY booking_active
        WHERE active AND provider_id = NEW.provider_id
            AND start_at >= coalesce((
                SELECT max(start_at) FROM booking INDEXED BY booking_active
                WHERE active AND provider_id = NEW.provider_id AND start_at < NEW.busy_start
            ), NEW.busy_start)
            AND start_at <= coalesce((
                SELECT min(start_at) FROM booking INDEXED BY booking_active
                WHERE active AND provider_id = NEW.provider_id AND start_at >= NEW.busy_end
            ), NEW.busy_end)
            AND busy_start < NEW.busy_end AND busy_end > NEW.busy_start
            AND slot_key <> NEW.slot_key
    );
END;

CREATE TRIGGER booking_no_overlap_update
BEFORE UPDATE OF id, provider_id, start_at, busy_start, busy_end, status, slot_key ON booking
WHEN NEW.status IN ('PENDING', 'CONFIRMED')
BEGIN
    SELECT RAISE(ABORT, 'booking_no_overlap') WHERE EXISTS (
        SELECT 1 FROM booking INDEXED BY booking_active
        WHERE active AND provider_id = NEW.provider_id
            AND start_at >= coalesce((
                SELECT max(start_at) FROM booking INDEXED BY booking_active
                WHERE active AND provider_id = NEW.provider_id AND start_at < NEW.busy_start
            ), NEW.busy_start)
            AND start_at <= coalesce((
                SELECT min(start_at) FROM booking INDEXED BY booking_active
                WHERE active AND provider_id = NEW.provider_id AND start_at >= NEW.busy_end
            ), NEW.busy_end)
            AND busy_start < NEW.busy_end AND busy_end > NEW.busy_start
            AND slot_key <> NEW.slot_key AND seq <> OLD.seq
    );
END;

-- A CHECK on PostgreSQL, where instants are not numbers.
CREATE TRIGGER booking_busy_window_insert BEFORE INSERT ON booking
WHEN NEW.busy_start <> NEW.start_at - NEW.buffer_before_minutes * 60000000
    OR NEW.busy_end <> NEW.end_at + NEW.buffer_after_minutes * 60000000
BEGIN
    SELECT RAISE(ABORT, 'booking_busy_window');
END;

CREATE TRIGGER booking_busy_window_update
BEFORE UPDATE OF start_at, end_at, busy_start, busy_end, buffer_before_minutes, buffer_after_minutes ON booking
WHEN NEW.busy_start <> NEW.start_at - NEW.buffer_before_minutes * 60000000
    OR NEW.busy_end <> NEW.end_at + NEW.buffer_after_minutes * 60000000
BEGIN
    SELECT RAISE(ABORT, 'booking_busy_window');
END;

CREATE TRIGGER booking_event_no_update BEFORE UPDATE ON booking_event
BEGIN
    SELECT RAISE(ABORT, 'booking_event_append_only');
END;

CREATE TRIGGER booking_event_no_delete BEFORE DELETE ON booking_event
BEGIN
    SELECT RAISE(ABORT, 'booking_event_append_only');
END;

-- REPLACE deletes without a delete trigger (recursive_triggers is off), so a second row of one key is refused before it.
CREATE TRIGGER booking_event_no_replace BEFORE INSERT ON booking_event
WHEN EXISTS (SELECT 1 FROM booking_event WHERE booking_id = NEW.booking_id AND version = NEW.version)
BEGIN
    SELECT RAISE(ABORT, 'booking_event_append_only');
END;

-- Trigrams of the folded text: names, e-mail, phone and reference by any three characters of theirs. Positions are not
-- kept (detail=none, a third of the size): a query asks for all of its trigrams and looks again at the rows found.
CREATE VIRTUAL TABLE booking_search USING fts5 (
    search_text, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram case_sensitive 1'
);
INSERT INTO booking_search (rowid, search_text) SELECT seq, search_text FROM booking;

CREATE TRIGGER booking_search_insert AFTER INSERT ON booking
BEGIN
    INSERT INTO booking_search (rowid, search_text) VALUES (NEW.seq, NEW.search_text);
END;

CREATE TRIGGER booking_search_update AFTER UPDATE OF seq, search_text ON booking
WHEN OLD.search_text <> NEW.search_text OR OLD.seq <> NEW.seq
BEGIN
    DELETE FROM booking_search WHERE rowid = OLD.seq;
    INSERT INTO booking_search (rowid, search_text) VALUES (NEW.seq, NEW.search_text);
END;

CREATE TRIGGER booking_search_delete AFTER DELETE ON booking
BEGIN
    DELETE FROM booking_search WHERE rowid = OLD.seq;
END;
