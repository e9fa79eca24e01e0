DROP TABLE audit;
DROP TABLE sign_in_try;
DROP TABLE staff_link;
