-- Integrations, and the end of one device. What each table is for is told in more words where SQLite has it.

CREATE TABLE integrated_class (
    group_id      bytea  NOT NULL PRIMARY KEY REFERENCES class (group_id),
    integration   text   NOT NULL,
    delivered     bigint NOT NULL DEFAULT 0,
    failing_since bigint
);

CREATE TABLE own_id (
    group_id bytea NOT NULL REFERENCES class (group_id),
    id       text  NOT NULL,
    user_id  bytea NOT NULL,
    PRIMARY KEY (group_id, id)
);

CREATE TABLE dead_letter (
    group_id bytea  NOT NULL REFERENCES class (group_id),
    first    bigint NOT NULL,
    last     bigint NOT NULL,
    failure  text   NOT NULL,
    at       bigint NOT NULL,
    PRIMARY KEY (group_id, first)
);

-- One browser is not this member any more. Whoever it was in the class before is put to sleep.
CREATE FUNCTION end_device(id bytea, theirs bytea, of_browser bytea, asleep bigint) RETURNS void
LANGUAGE sql AS $$
    UPDATE membership AS held SET generation = held.generation + asleep
        FROM membership AS own
        WHERE own.group_id = id AND own.user_id = theirs AND own.browser = of_browser
          AND own.generation < asleep
          AND held.browser = of_browser AND held.group_id = id AND held.generation < own.generation;
    DELETE FROM membership WHERE group_id = id AND user_id = theirs AND browser = of_browser;
$$;

-- As before, with three kinds of writes more.
CREATE OR REPLACE FUNCTION commit_batch(
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
        WHEN 'integrated' THEN
            INSERT INTO integrated_class (group_id, integration) VALUES (id, write ->> 'integration');
        WHEN 'ownId' THEN
            INSERT INTO own_id (group_id, id, user_id) VALUES (id, write ->> 'id', theirs)
                ON CONFLICT ON CONSTRAINT own_id_pkey DO UPDATE SET user_id = excluded.user_id;
        WHEN 'endDevice' THEN
            PERFORM end_device(id, theirs, decode(write ->> 'browser', 'hex'), (write ->> 'asleep')::bigint);
        END CASE;
    END LOOP;
END $$;
