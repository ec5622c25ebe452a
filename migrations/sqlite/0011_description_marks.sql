-- The events of the newest offer and answer before each mark: 0 if there is none, NULL if that was not known.
ALTER TABLE candidate_marks ADD COLUMN offer INTEGER;
ALTER TABLE candidate_marks ADD COLUMN answer INTEGER;
