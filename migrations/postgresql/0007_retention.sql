-- What of a call goes one after the other, some time after its end: offers, answers and candidates, then all that a history does not
-- show, then the call. The further two indexes get a call only then.
ALTER TABLE calls ADD COLUMN details_kept boolean NOT NULL DEFAULT true;

CREATE INDEX calls_with_details ON calls (ended_at) WHERE details_kept AND NOT payloads_kept;
CREATE INDEX calls_without_details ON calls (ended_at) WHERE NOT details_kept;
