ALTER TABLE users ADD COLUMN calls_from TEXT NOT NULL DEFAULT 'everyone' CHECK (calls_from IN ('everyone', 'contacts'));

-- Who may call a user who receives calls from contacts only.
CREATE TABLE contacts (
    user_id TEXT NOT NULL REFERENCES users (user_id),
    contact_id TEXT NOT NULL REFERENCES users (user_id),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, contact_id),
    CHECK (user_id <> contact_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX contacts_by_contact ON contacts (contact_id);
