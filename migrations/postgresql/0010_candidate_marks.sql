-- Where a page of a call's candidates begins, and where its offers and answers are, without a walk through all that was told: about
-- every 64th candidate.
CREATE TABLE candidate_marks (
    call_id text COLLATE "C" NOT NULL,
    -- The candidates of both sides up to this event.
    position integer NOT NULL,
    -- Which of the call's events with an offer, an answer or candidates it is; and the newest offer and answer before it.
    payload integer NOT NULL,
    offer integer,
    answer integer,
    PRIMARY KEY (call_id, position)
);
