-- The event log is the truth. Everything else here is either identity, which the log does not
-- hold, or a reading of the log that start-up needs without replaying it. What each table is for is
-- told in more words where SQLite has it.

CREATE TABLE class (
    group_id      bytea   NOT NULL PRIMARY KEY,
    created_at    bigint  NOT NULL,
    join_code     text    NOT NULL UNIQUE,
    -- The last event's number: an append names the number it expects.
    seq           bigint  NOT NULL,
    -- The next moment at which something times out, in milliseconds.
    next_deadline bigint,
    name          text    NOT NULL DEFAULT '',
    name_folded   text    NOT NULL DEFAULT '',
    ended_at      bigint,
    deleted_at    bigint,
    -- How often the log was written anew to erase somebody: what was read of an earlier one is void.
    edition       integer NOT NULL DEFAULT 0,
    -- Its home: the holder of the lease of the server that decides on it. One whose lease is no more is
    -- nobody's.
    home          bytea
);

CREATE INDEX class_by_deadline ON class (next_deadline) WHERE next_deadline IS NOT NULL;
CREATE INDEX class_by_age ON class (created_at, group_id) WHERE deleted_at IS NULL;
CREATE INDEX class_by_end ON class (ended_at) WHERE ended_at IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX class_to_clear ON class (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX class_of_home ON class (home) WHERE home IS NOT NULL;
CREATE INDEX class_that_goes_on ON class (created_at) WHERE ended_at IS NULL AND deleted_at IS NULL;

-- Its class is there, for an append goes through the class's row: no foreign key is looked up for each
-- event of a storm.
CREATE TABLE event (
    group_id bytea  NOT NULL,
    seq      bigint NOT NULL,
    at       bigint NOT NULL,
    name     text   NOT NULL,
    -- Of what is about somebody's being in the class: who it is.
    person   bytea,
    -- The event as every stream sends it.
    body     text   NOT NULL,
    PRIMARY KEY (group_id, seq)
);

CREATE INDEX event_of_person ON event (group_id, person, seq) WHERE person IS NOT NULL;

CREATE TABLE token (
    token_hash bytea   NOT NULL PRIMARY KEY,
    browser    bytea   NOT NULL,
    generation bigint  NOT NULL,
    replaces   bytea,
    ends_at    bigint
);

CREATE INDEX token_by_browser ON token (browser, generation);
CREATE INDEX token_by_end ON token (ends_at) WHERE ends_at IS NOT NULL;

CREATE TABLE membership (
    browser    bytea  NOT NULL,
    group_id   bytea  NOT NULL REFERENCES class (group_id),
    generation bigint NOT NULL,
    user_id    bytea  NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (browser, group_id, user_id)
);

CREATE INDEX membership_by_group ON membership (group_id, user_id);

-- A browser's tokens go with the last of its memberships.
CREATE FUNCTION end_tokens_of_nobody() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM token WHERE browser = OLD.browser
        AND NOT EXISTS (SELECT FROM membership WHERE browser = OLD.browser);
    RETURN NULL;
END $$;

CREATE TRIGGER tokens_of_nobody AFTER DELETE ON membership
    FOR EACH ROW EXECUTE FUNCTION end_tokens_of_nobody();

CREATE TABLE handover (
    token_hash bytea  NOT NULL PRIMARY KEY,
    group_id   bytea  NOT NULL REFERENCES class (group_id),
    user_id    bytea  NOT NULL,
    expires_at bigint NOT NULL
);

CREATE INDEX handover_by_member ON handover (group_id, user_id);
CREATE INDEX handover_by_end ON handover (expires_at);

CREATE TABLE ticket (
    ticket_hash bytea  NOT NULL PRIMARY KEY,
    group_id    bytea  NOT NULL REFERENCES class (group_id),
    user_id     bytea  NOT NULL,
    expires_at  bigint NOT NULL
);

CREATE INDEX ticket_by_member ON ticket (group_id, user_id);
CREATE INDEX ticket_by_end ON ticket (expires_at);

CREATE TABLE first_answer (
    group_id     bytea   NOT NULL REFERENCES class (group_id),
    user_id      bytea   NOT NULL,
    key          text    NOT NULL,
    request_hash bytea   NOT NULL,
    status       integer NOT NULL,
    kept         text    NOT NULL,
    at           bigint  NOT NULL,
    PRIMARY KEY (group_id, user_id, key)
);

CREATE INDEX first_answer_by_age ON first_answer (at);

CREATE TABLE reading (
    group_id bytea   NOT NULL PRIMARY KEY REFERENCES class (group_id),
    seq      bigint  NOT NULL,
    edition  integer NOT NULL,
    version  bigint  NOT NULL,
    summary  text    NOT NULL,
    state    text    NOT NULL
);

CREATE TABLE setting (
    name  text NOT NULL PRIMARY KEY,
    value text NOT NULL
);

CREATE TABLE admin_session (
    token_hash    bytea  NOT NULL PRIMARY KEY,
    password_hash bytea  NOT NULL,
    expires_at    bigint NOT NULL
);

CREATE INDEX admin_session_by_end ON admin_session (expires_at);

-- The servers that serve this database, by their leases. Whoever commits names the holder and the epoch, and
-- keeps the row from being taken meanwhile: so nothing is written by a server that another one has
-- replaced, nor by a request that was on its way when its connection was given up.
CREATE TABLE lease (
    holder      bytea       NOT NULL PRIMARY KEY,
    epoch       bigint      NOT NULL,
    -- The process of PostgreSQL that renews it: with its end the holder has gone as well.
    backend     integer     NOT NULL,
    -- Where the other servers reach it; none where it serves alone.
    address     text        UNIQUE,
    note        text        NOT NULL,
    alive_until timestamptz NOT NULL
);

-- The leases that hold: they have not run out, and whoever renews them is connected.
CREATE VIEW held_lease AS
    SELECT holder, address, note FROM lease
    WHERE alive_until > clock_timestamp()
      AND EXISTS (SELECT FROM pg_stat_activity WHERE pid = backend);

-- One commit of the server's, in one round trip: what waits is appended, and then written in its order, or
-- nothing of it.
CREATE FUNCTION commit_batch(
    by_holder     bytea,
    in_epoch      bigint,
    now           bigint,
    -- Of each append
    groups        bytea[],
    expected_seqs bigint[],
    last_seqs     bigint[],
    deadlines     bigint[],
    codes         text[],
    begun_at      bigint[],
    names         text[],
    names_folded  text[],
    ends_at       bigint[],
    -- Of each event
    event_groups  bytea[],
    event_seqs    bigint[],
    event_ats     bigint[],
    event_names   text[],
    event_persons bytea[],
    event_bodies  text[],
    -- Those classes that are only written beside
    guarded       bytea[],
    writes        jsonb
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    write   jsonb;
    id      bytea;
    theirs  bytea;
BEGIN
    PERFORM FROM lease WHERE holder = by_holder AND epoch = in_epoch FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'another server holds the lease' USING ERRCODE = 'HU001';
    END IF;
    FOR i IN 1 .. cardinality(groups) LOOP
        IF codes[i] IS NOT NULL THEN
            INSERT INTO class (group_id, created_at, join_code, seq, home)
                VALUES (groups[i], begun_at[i], codes[i], 0, by_holder);
        END IF;
        UPDATE class SET seq = last_seqs[i], next_deadline = deadlines[i],
                name = coalesce(names[i], name),
                name_folded = coalesce(names_folded[i], name_folded),
                ended_at = coalesce(ends_at[i], ended_at)
            WHERE group_id = groups[i] AND seq = expected_seqs[i] AND home = by_holder;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the log does not end at %, or another server is its home', expected_seqs[i]
                USING ERRCODE = 'HU002';
        END IF;
    END LOOP;
    PERFORM FROM class WHERE group_id = ANY (guarded) AND home IS DISTINCT FROM by_holder;
    IF FOUND THEN
        RAISE EXCEPTION 'another server is the home' USING ERRCODE = 'HU002';
    END IF;
    INSERT INTO event (group_id, seq, at, name, person, body)
        SELECT * FROM unnest(event_groups, event_seqs, event_ats, event_names, event_persons, event_bodies);
    FOR write IN SELECT * FROM jsonb_array_elements(writes) LOOP
        id := decode(write ->> 'group', 'hex');
        theirs := decode(write ->> 'user', 'hex');
        CASE write ->> 'is'
        WHEN 'admit' THEN
            INSERT INTO token (token_hash, browser, generation, replaces)
                SELECT decode(it ->> 'token', 'hex'), decode(it ->> 'browser', 'hex'),
                    (it ->> 'generation')::bigint, decode(it ->> 'replaces', 'hex')
                FROM jsonb_array_elements(write -> 'tokens') AS it;
            INSERT INTO membership AS held (browser, group_id, generation, user_id, created_at)
                -- Of those of one person the last holds.
                SELECT DISTINCT ON (it ->> 'browser', it ->> 'group', it ->> 'user')
                    decode(it ->> 'browser', 'hex'), decode(it ->> 'group', 'hex'),
                    (it ->> 'generation')::bigint, decode(it ->> 'user', 'hex'), now
                FROM jsonb_array_elements(write -> 'memberships') WITH ORDINALITY AS one (it, number)
                ORDER BY it ->> 'browser', it ->> 'group', it ->> 'user', number DESC
                ON CONFLICT (browser, group_id, user_id)
                    DO UPDATE SET generation = excluded.generation;
        WHEN 'takeAlong' THEN
            INSERT INTO membership (browser, group_id, generation, user_id, created_at)
                SELECT decode(write ->> 'to', 'hex'), group_id, generation, user_id, created_at
                FROM membership
                WHERE browser = decode(write ->> 'from', 'hex')
                  AND generation <= (write ->> 'generation')::bigint
                ORDER BY created_at DESC LIMIT (write ->> 'most')::bigint
                ON CONFLICT DO NOTHING;
        WHEN 'ticket' THEN
            INSERT INTO ticket (ticket_hash, group_id, user_id, expires_at)
                VALUES (decode(write ->> 'token', 'hex'), id, theirs, (write ->> 'expiresAt')::bigint)
                ON CONFLICT DO NOTHING;
        WHEN 'revoke' THEN
            PERFORM revoke_member(id, theirs, (write ->> 'asleep')::bigint);
        WHEN 'joinCode' THEN
            UPDATE class SET join_code = write ->> 'code' WHERE group_id = id;
        WHEN 'handover' THEN
            DELETE FROM handover WHERE group_id = id AND user_id = theirs;
            INSERT INTO handover (token_hash, group_id, user_id, expires_at)
                VALUES (decode(write ->> 'token', 'hex'), id, theirs, (write ->> 'expiresAt')::bigint);
        WHEN 'spendHandover' THEN
            DELETE FROM handover WHERE token_hash = decode(write ->> 'token', 'hex');
        WHEN 'endHandovers' THEN
            DELETE FROM handover WHERE group_id = id AND (theirs IS NULL OR user_id = theirs);
        WHEN 'firstAnswer' THEN
            INSERT INTO first_answer (group_id, user_id, key, request_hash, status, kept, at)
                VALUES (id, theirs, write ->> 'key', decode(write ->> 'request', 'hex'),
                    (write ->> 'status')::integer, write ->> 'kept', now)
                ON CONFLICT (group_id, user_id, key) DO UPDATE
                    SET request_hash = excluded.request_hash, status = excluded.status,
                        kept = excluded.kept, at = excluded.at;
        END CASE;
    END LOOP;
END $$;

-- Everything by which a member could come in again. Whoever their browser was in the class before is put to
-- sleep.
CREATE FUNCTION revoke_member(id bytea, theirs bytea, asleep bigint) RETURNS void LANGUAGE sql AS $$
    UPDATE membership AS held SET generation = held.generation + asleep
        FROM membership AS own
        WHERE own.group_id = id AND own.user_id = theirs AND own.generation < asleep
          AND held.browser = own.browser AND held.group_id = id
          AND held.generation < own.generation;
    DELETE FROM membership WHERE group_id = id AND user_id = theirs;
    DELETE FROM handover WHERE group_id = id AND user_id = theirs;
    DELETE FROM ticket WHERE group_id = id AND user_id = theirs;
$$;

-- Makes this server the home of a class that has none; whether it is its home then. None when there is no such
-- class.
CREATE FUNCTION claim(id bytea, by_holder bytea) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    whose bytea;
BEGIN
    SELECT home INTO whose FROM class WHERE group_id = id AND deleted_at IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF whose = by_holder THEN
        RETURN true;
    END IF;
    IF EXISTS (SELECT FROM held_lease WHERE holder = whose) THEN
        RETURN false;
    END IF;
    UPDATE class SET home = by_holder WHERE group_id = id;
    RETURN true;
END $$;
