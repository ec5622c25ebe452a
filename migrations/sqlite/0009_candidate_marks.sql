-- Where a page of a call's candidates begins, without a walk through those behind it: about every 64th candidate, with its event.
CREATE TABLE candidate_marks (
    call INTEGER NOT NULL,
    -- The candidates of both sides up to this event.
    position INTEGER NOT NULL,
    -- The event's number in the log.
    entry INTEGER NOT NULL,
    PRIMARY KEY (call, position)
) STRICT, WITHOUT ROWID;
