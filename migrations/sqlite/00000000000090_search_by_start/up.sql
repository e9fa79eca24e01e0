-- The search index in the order of lists: its rows are numbered by the minute of the start (UTC, since 1970), then by seq (31 bits
-- of it, two milliards of bookings). What is searched is met in order, as far as the page goes and no further.
ALTER TABLE booking ADD COLUMN search_place bigint GENERATED ALWAYS AS (start_at / 60000000 * 2147483648 + seq) VIRTUAL;

DROP TRIGGER booking_search_insert;
DROP TRIGGER booking_search_update;
DROP TRIGGER booking_search_delete;
INSERT INTO booking_search (booking_search) VALUES ('delete-all');
INSERT INTO booking_search (rowid, search_text)
    SELECT search_place, search_text FROM booking INDEXED BY booking_by_start ORDER BY start_at, seq;

CREATE TRIGGER booking_search_insert AFTER INSERT ON booking
BEGIN
    INSERT INTO booking_search (rowid, search_text) VALUES (NEW.search_place, NEW.search_text);
END;

CREATE TRIGGER booking_search_update AFTER UPDATE OF seq, start_at, search_text ON booking
WHEN OLD.search_text <> NEW.search_text OR OLD.search_place <> NEW.search_place
BEGIN
    DELETE FROM booking_search WHERE rowid = OLD.search_place;
    INSERT INTO booking_search (rowid, search_text) VALUES (NEW.search_place, NEW.search_text);
END;

CREATE TRIGGER booking_search_delete AFTER DELETE ON booking
BEGIN
    DELETE FROM booking_search WHERE rowid = OLD.search_place;
END;
