-- Classes that a program of the operator's, an integration, has begun by its key.
CREATE TABLE integrated_class (
    group_id      BLOB    NOT NULL PRIMARY KEY REFERENCES class (group_id),
    integration   TEXT    NOT NULL,
    -- The last event that its webhook has taken, or that was given up.
    delivered     INTEGER NOT NULL DEFAULT 0,
    -- Since when its webhook has taken nothing, in milliseconds.
    failing_since INTEGER
) STRICT, WITHOUT ROWID;

-- The ids that an integration has for members; nobody else is told of them.
CREATE TABLE own_id (
    group_id BLOB NOT NULL REFERENCES class (group_id),
    id       TEXT NOT NULL,
    user_id  BLOB NOT NULL,
    PRIMARY KEY (group_id, id)
) STRICT, WITHOUT ROWID;

-- Events that a webhook did not take: which, not what they say, so that an erasure reaches that too.
CREATE TABLE dead_letter (
    group_id BLOB    NOT NULL REFERENCES class (group_id),
    first    INTEGER NOT NULL,
    last     INTEGER NOT NULL,
    failure  TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (group_id, first)
) STRICT, WITHOUT ROWID;
