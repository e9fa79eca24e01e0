DROP TRIGGER booking_search_insert;
DROP TRIGGER booking_search_update;
DROP TRIGGER booking_search_delete;
INSERT INTO booking_search (booking_search) VALUES ('delete-all');
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

ALTER TABLE booking DROP COLUMN search_place;
