DROP INDEX booking_reference_prefix;
