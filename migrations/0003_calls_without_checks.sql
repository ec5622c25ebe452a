-- A call's row is written by the machine's hand alone, and SQLite makes a temporary table for each `IN` that it checks. Only the
-- schema's text changes, the rows are as they were: https://www.sqlite.org/lang_altertable.html, section 8.
-- From here on an entry of `timeline` may be `[seq, milliseconds, what, actor, detail?]`, which earlier versions can't read.

PRAGMA writable_schema = ON;

UPDATE sqlite_schema
SET sql = replace(replace(sql, ' CHECK (state IN (''inviting'', ''ringing'', ''connecting'', ''active'', ''ended''))', ''), ',
    CHECK ((state = ''ended'') = (ended_at IS NOT NULL))', '')
WHERE type = 'table' AND name = 'calls';

PRAGMA writable_schema = RESET;
