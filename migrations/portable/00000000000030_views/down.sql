DROP TABLE list_preference;
DROP TABLE saved_view;
