-- What is done to many looks each of them up, and by its number that takes half as long as by its id.
ALTER TABLE selection_item ADD COLUMN booking_seq bigint NOT NULL DEFAULT 0;
UPDATE selection_item SET booking_seq =
    coalesce((SELECT seq FROM booking WHERE booking.id = selection_item.booking_id), 0);
ALTER TABLE selection_item DROP COLUMN booking_id;
