-- The beginning of a reference, byte by byte: the unique index is in the order of the database's language.
CREATE INDEX booking_reference_prefix ON booking (reference text_pattern_ops);
