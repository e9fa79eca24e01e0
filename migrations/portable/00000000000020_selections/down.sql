DROP TABLE selection_item;
DROP TABLE selection;
