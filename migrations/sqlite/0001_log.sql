-- The event log is the truth. Everything else here is either identity, which the log does not
-- hold, or a reading of the log that start-up needs without replaying it.

CREATE TABLE class (
    group_id      BLOB    NOT NULL PRIMARY KEY,
    created_at    INTEGER NOT NULL,
    join_code     TEXT    NOT NULL UNIQUE,
    -- The last event's number: an append names the number it expects.
    seq           INTEGER NOT NULL,
    -- The next moment at which something times out, in milliseconds.
    next_deadline INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX class_by_deadline ON class (next_deadline) WHERE next_deadline IS NOT NULL;

CREATE TABLE event (
    group_id BLOB    NOT NULL REFERENCES class (group_id),
    seq      INTEGER NOT NULL,
    name     TEXT    NOT NULL,
    -- The event as every stream sends it.
    body     TEXT    NOT NULL,
    PRIMARY KEY (group_id, seq)
) STRICT, WITHOUT ROWID;

-- One browser's token can stand for a member in each of several classes.
CREATE TABLE credential (
    token_hash BLOB    NOT NULL,
    group_id   BLOB    NOT NULL REFERENCES class (group_id),
    user_id    BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (token_hash, group_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX credential_by_group ON credential (group_id);

-- A link that lets a teacher go on with another device, once.
CREATE TABLE handover (
    token_hash BLOB    NOT NULL PRIMARY KEY,
    group_id   BLOB    NOT NULL REFERENCES class (group_id),
    user_id    BLOB    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The first answer to a request that named an Idempotency-Key.
CREATE TABLE first_answer (
    group_id     BLOB    NOT NULL REFERENCES class (group_id),
    user_id      BLOB    NOT NULL,
    key          TEXT    NOT NULL,
    request_hash BLOB    NOT NULL,
    status       INTEGER NOT NULL,
    body         BLOB    NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (group_id, user_id, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX first_answer_by_age ON first_answer (at);
