-- How many answers came of what answered in each arm and window, so that a few odd ones are told from a change. Null: nobody counted (rows from before, and
-- of processes of the release before); a count added to such a row leaves it so.
ALTER TABLE experiment_providers ADD COLUMN answers bigint CHECK (answers > 0);
