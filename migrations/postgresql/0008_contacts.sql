ALTER TABLE users ADD COLUMN calls_from text NOT NULL DEFAULT 'everyone' CHECK (calls_from IN ('everyone', 'contacts'));

-- Who may call a user who receives calls from contacts only.
CREATE TABLE contacts (
    user_id text COLLATE "C" NOT NULL REFERENCES users (user_id),
    contact_id text COLLATE "C" NOT NULL REFERENCES users (user_id),
    created_at bigint NOT NULL,
    PRIMARY KEY (user_id, contact_id),
    CHECK (user_id <> contact_id)
);

CREATE INDEX contacts_by_contact ON contacts (contact_id);
