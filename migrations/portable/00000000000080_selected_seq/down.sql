ALTER TABLE selection_item ADD COLUMN booking_id uuid;
UPDATE selection_item SET booking_id = (SELECT id FROM booking WHERE booking.seq = selection_item.booking_seq);
ALTER TABLE selection_item DROP COLUMN booking_seq;
