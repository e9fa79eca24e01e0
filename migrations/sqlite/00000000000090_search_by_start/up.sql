-- The search index in the order of lists: its rows are numbered by the minute of the start (UTC, since 1970), then by seq (31 bits
-- of it, two thousand million bookings). What is searched is met in order, as far as the page goes and no further.
ALTER TABLE booking ADD COLUMN search_place bigint GENERATED ALWAYS AS (start_at / 60000000 * 2147483648 + seq) VIRTUAL;

DROP TRIGGER booking_search_insert;
DROP TRIGGER booking_search_update;
DROP TRIGGER booking_search_delete;
-- Beside the old one: SQLite keeps in memory what was on a page that is filled anew.
CREATE VIRTUAL TABLE booking_search_by_start USING fts5 (
    search_text, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram case_sensitive 1'
);
INSERT INTO booking_search_by_start (rowid, search_text)
    SELECT search_place, search_text FROM booking INDEXED BY booking_by_start ORDER BY start_at, seq;
DROP TABLE booking_search;
ALTER TABLE booking_search_by_start RENAME TO booking_search;

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
