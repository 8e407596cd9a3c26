-- What the history asks of a class before its log is read: its name, to search by, and its end.
-- A class that is being deleted is marked first and is gone for everybody from then on; its events
-- follow in small commits.
ALTER TABLE class ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE class ADD COLUMN name_folded TEXT NOT NULL DEFAULT '';
ALTER TABLE class ADD COLUMN ended_at INTEGER;
ALTER TABLE class ADD COLUMN deleted_at INTEGER;
-- How often the log was written anew to erase somebody: what was read of an earlier one is void.
ALTER TABLE class ADD COLUMN edition INTEGER NOT NULL DEFAULT 0;

UPDATE class SET
    name = coalesce((
        SELECT json_extract(body, '$.name') FROM event
        WHERE event.group_id = class.group_id AND event.name = 'onGroupChanged'
        ORDER BY event.seq DESC LIMIT 1
    ), ''),
    ended_at = (
        SELECT CAST(round(unixepoch(json_extract(body, '$.at'), 'subsec') * 1000) AS INTEGER)
        FROM event
        WHERE event.group_id = class.group_id AND event.name = 'onGroupEnded'
        ORDER BY event.seq DESC LIMIT 1
    );
CREATE INDEX class_by_age ON class (created_at, group_id, name_folded) WHERE deleted_at IS NULL;
CREATE INDEX class_by_end ON class (ended_at) WHERE ended_at IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX class_to_clear ON class (deleted_at) WHERE deleted_at IS NOT NULL;

-- Who was in a class before a place in its log, without reading all of the log.
CREATE INDEX event_of_member ON event (group_id, seq)
    WHERE name IN ('onMemberJoined', 'onMemberChanged', 'onMemberLeft');

-- How far the history of a class has been read, and what the application made of it: a cache of a
-- reading of the log, which can be thrown away.
CREATE TABLE reading (
    group_id BLOB    NOT NULL PRIMARY KEY REFERENCES class (group_id),
    seq      INTEGER NOT NULL,
    edition  INTEGER NOT NULL,
    -- The number of the form in which the application put it down.
    version  INTEGER NOT NULL,
    summary  TEXT    NOT NULL,
    state    TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- What an administrator has set.
CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE admin_session (
    token_hash    BLOB    NOT NULL PRIMARY KEY,
    -- The password by which it was opened: another one ends it.
    password_hash BLOB    NOT NULL,
    expires_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
