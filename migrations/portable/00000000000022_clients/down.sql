DROP INDEX booking_by_email;
DROP INDEX booking_by_phone;
DROP INDEX booking_by_user;
