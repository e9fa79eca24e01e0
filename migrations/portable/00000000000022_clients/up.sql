-- All bookings of one client, by start. Addresses are compared in lower case.
CREATE INDEX booking_by_email ON booking (lower(client_email), start_at, seq) WHERE client_email <> '';
CREATE INDEX booking_by_phone ON booking (client_phone, start_at, seq) WHERE client_phone <> '';
CREATE INDEX booking_by_user ON booking (client_user_id, start_at, seq) WHERE client_user_id IS NOT NULL;
