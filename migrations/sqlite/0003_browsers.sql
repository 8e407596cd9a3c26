-- A browser is known by its newest token and holds memberships; coming into one class more adds a
-- token and a membership, however many classes it is in.
CREATE TABLE token (
    token_hash BLOB    NOT NULL PRIMARY KEY,
    browser    BLOB    NOT NULL,
    -- The tokens of a browser are numbered. One opens the memberships of its own number and before.
    generation INTEGER NOT NULL,
    -- The token that this one replaced; forgotten once this one has been used.
    replaces   BLOB,
    -- When a token that was replaced ends, in milliseconds.
    ends_at    INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX token_by_browser ON token (browser, generation);
CREATE INDEX token_by_end ON token (ends_at) WHERE ends_at IS NOT NULL;

CREATE TABLE membership (
    browser    BLOB    NOT NULL,
    group_id   BLOB    NOT NULL REFERENCES class (group_id),
    generation INTEGER NOT NULL,
    user_id    BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    -- Of several people of one class a token stands for the last one that it opens: the one before
    -- stays until it is known that the browser has got the newer token.
    PRIMARY KEY (browser, group_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX membership_by_group ON membership (group_id, user_id);

-- A browser's tokens go with the last of its memberships.
CREATE TRIGGER tokens_of_nobody AFTER DELETE ON membership
WHEN NOT EXISTS (SELECT 1 FROM membership WHERE browser = OLD.browser)
BEGIN
    DELETE FROM token WHERE browser = OLD.browser;
END;

-- Every token of before is a browser of its own.
INSERT INTO token (token_hash, browser, generation)
    SELECT DISTINCT token_hash, substr(token_hash, 1, 16), 0 FROM credential;
INSERT INTO membership (browser, group_id, generation, user_id, created_at)
    SELECT substr(token_hash, 1, 16), group_id, 0, user_id, created_at FROM credential;
DROP TABLE credential;

-- Who a form that joins a class made a member, so that the form, sent twice, makes one.
CREATE TABLE ticket (
    ticket_hash BLOB    NOT NULL PRIMARY KEY,
    group_id    BLOB    NOT NULL REFERENCES class (group_id),
    user_id     BLOB    NOT NULL,
    expires_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX ticket_by_member ON ticket (group_id, user_id);
CREATE INDEX ticket_by_end ON ticket (expires_at);
CREATE INDEX handover_by_member ON handover (group_id, user_id);
CREATE INDEX handover_by_end ON handover (expires_at);

-- Of a first answer is kept what it takes to make it again, which is little.
CREATE TABLE kept_answer (
    group_id     BLOB    NOT NULL REFERENCES class (group_id),
    user_id      BLOB    NOT NULL,
    key          TEXT    NOT NULL,
    request_hash BLOB    NOT NULL,
    status       INTEGER NOT NULL,
    kept         TEXT    NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (group_id, user_id, key)
) STRICT, WITHOUT ROWID;

INSERT INTO kept_answer (group_id, user_id, key, request_hash, status, kept, at)
    SELECT group_id, user_id, key, request_hash, status,
           json_object('body', CAST(body AS TEXT)), at
    FROM first_answer;
DROP TABLE first_answer;
ALTER TABLE kept_answer RENAME TO first_answer;
CREATE INDEX first_answer_by_age ON first_answer (at);

-- The role of one member, without reading everybody's events.
CREATE INDEX event_of_person ON event (group_id, json_extract(body, '$.userID'), seq)
    WHERE name IN ('onMemberJoined', 'onMemberChanged', 'onMemberLeft');
