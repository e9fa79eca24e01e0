DROP TABLE staff_preference;
