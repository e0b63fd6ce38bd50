-- The ledger: what is kept of every ticket, and the chains that prove it.
--
-- Ids are ULIDs as text in byte order, so that their order is the order they were made in.
-- JSON that must come back byte for byte is `json`, never `jsonb`. Rows up to 8 KiB stay
-- whole and uncompressed: compressing them costs more than writing them.

CREATE TABLE customers (
    customer_id  text COLLATE "C" PRIMARY KEY CHECK (octet_length(customer_id) = 26),
    created_at   timestamptz NOT NULL,
    contact_name text NOT NULL,
    site_name    text,
    phone        text,
    email        text,
    -- what a customer is found again by: digits only, lower case only
    phone_digits text COLLATE "C" CHECK (phone_digits <> ''),
    email_lower  text COLLATE "C" CHECK (email_lower <> '')
);
CREATE INDEX customers_phone ON customers (phone_digits, customer_id) WHERE phone_digits IS NOT NULL;
CREATE INDEX customers_email ON customers (email_lower, customer_id) WHERE email_lower IS NOT NULL;

CREATE TABLE technicians (
    technician_id text COLLATE "C" PRIMARY KEY CHECK (octet_length(technician_id) = 26),
    name          text NOT NULL CHECK (name <> ''),
    active        boolean NOT NULL,
    timezone      text NOT NULL,
    phone         text,
    registered_at timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL
);

-- One row per ticket: it says where the ticket's chain ends, and what its events add up to.
CREATE TABLE tickets (
    ticket_id      text COLLATE "C" PRIMARY KEY CHECK (octet_length(ticket_id) = 26),
    version        bigint NOT NULL CHECK (version > 0),
    state          text COLLATE "C" NOT NULL CHECK (state IN ('new', 'triaged', 'schedulable', 'scheduled',
                       'dispatched', 'onsite', 'closeout_pending', 'closed', 'canceled')),
    priority       text COLLATE "C" CHECK (priority IN ('standard', 'emergency')),
    customer_id    text COLLATE "C" NOT NULL REFERENCES customers,
    technician_id  text COLLATE "C" REFERENCES technicians,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    -- the canonical snapshot as it is answered, and what rules look at besides
    snapshot       json NOT NULL,
    beside         json NOT NULL,
    chain_sequence bigint NOT NULL CHECK (chain_sequence > 0),
    chain_hash     text COLLATE "C" NOT NULL CHECK (octet_length(chain_hash) = 64),
    -- the words a listing finds the ticket by
    words          tsvector NOT NULL
) WITH (fillfactor = 60, toast_tuple_target = 8160);
CREATE INDEX tickets_state ON tickets (state, ticket_id);
CREATE INDEX tickets_priority ON tickets (priority, ticket_id);
CREATE INDEX tickets_customer ON tickets (customer_id, ticket_id);
CREATE INDEX tickets_technician ON tickets (technician_id, ticket_id) WHERE technician_id IS NOT NULL;
CREATE INDEX tickets_words ON tickets USING gin (words);

-- The case file. Every row stems from one event, named by its place in the ticket's chain;
-- the primary key is also the index of the foreign key.

CREATE TABLE messages (
    ticket_id  text COLLATE "C" NOT NULL REFERENCES tickets,
    sequence   bigint NOT NULL,
    message_id text COLLATE "C" NOT NULL CHECK (octet_length(message_id) = 26),
    at         timestamptz NOT NULL,
    actor      json NOT NULL,
    channel    json,
    direction  text NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    intent     text CHECK (intent IN ('check_in', 'cancel')),
    raw        text NOT NULL,
    normalized text NOT NULL,
    PRIMARY KEY (ticket_id, sequence)
);

CREATE TABLE schedule_proposals (
    ticket_id   text COLLATE "C" NOT NULL REFERENCES tickets,
    sequence    bigint NOT NULL,
    proposal_id text COLLATE "C" NOT NULL CHECK (octet_length(proposal_id) = 26),
    proposed_at timestamptz NOT NULL,
    status      text NOT NULL CHECK (status IN ('open', 'superseded', 'confirmed')),
    windows     json NOT NULL,
    PRIMARY KEY (ticket_id, sequence)
);
CREATE INDEX schedule_proposals_open ON schedule_proposals (ticket_id) WHERE status = 'open';

CREATE TABLE schedule_confirmations (
    ticket_id    text COLLATE "C" NOT NULL REFERENCES tickets,
    sequence     bigint NOT NULL,
    proposal_id  text COLLATE "C" NOT NULL,
    confirmed_at timestamptz NOT NULL,
    confirmed    json NOT NULL,
    PRIMARY KEY (ticket_id, sequence)
);

CREATE TABLE assignments (
    ticket_id     text COLLATE "C" NOT NULL REFERENCES tickets,
    sequence      bigint NOT NULL,
    technician_id text COLLATE "C" NOT NULL REFERENCES technicians,
    assigned_at   timestamptz NOT NULL,
    ended_at      timestamptz,
    assigned_by   json NOT NULL,
    PRIMARY KEY (ticket_id, sequence)
);
CREATE INDEX assignments_technician ON assignments (technician_id);

CREATE TABLE notes (
    ticket_id text COLLATE "C" NOT NULL REFERENCES tickets,
    sequence  bigint NOT NULL,
    note_id   text COLLATE "C" NOT NULL CHECK (octet_length(note_id) = 26),
    at        timestamptz NOT NULL,
    actor     json NOT NULL,
    text      text NOT NULL,
    PRIMARY KEY (ticket_id, sequence)
);

CREATE TABLE attachments (
    attachment_id text COLLATE "C" PRIMARY KEY CHECK (octet_length(attachment_id) = 26),
    ticket_id     text COLLATE "C" NOT NULL REFERENCES tickets,
    sequence      bigint NOT NULL,
    at            timestamptz NOT NULL,
    actor         json NOT NULL,
    attachment    json NOT NULL
);
CREATE INDEX attachments_ticket ON attachments (ticket_id, sequence, attachment_id);

CREATE TABLE checklist_items (
    ticket_id    text COLLATE "C" NOT NULL REFERENCES tickets,
    sequence     bigint NOT NULL,
    item_key     text NOT NULL,
    completed_at timestamptz NOT NULL,
    completed_by json NOT NULL,
    PRIMARY KEY (ticket_id, sequence),
    UNIQUE (ticket_id, item_key)
);

CREATE TABLE invoice_drafts (
    ticket_id          text COLLATE "C" NOT NULL REFERENCES tickets,
    sequence           bigint NOT NULL,
    drafted_at         timestamptz NOT NULL,
    invoice            json NOT NULL,
    pdf_attachment_id  text COLLATE "C" NOT NULL REFERENCES attachments,
    json_attachment_id text COLLATE "C" NOT NULL REFERENCES attachments,
    PRIMARY KEY (ticket_id, sequence)
);
CREATE INDEX invoice_drafts_pdf ON invoice_drafts (pdf_attachment_id);
CREATE INDEX invoice_drafts_json ON invoice_drafts (json_attachment_id);

-- Every committed fact, one chain per ticket and one, named `house`, for the house itself.
-- The feed's order is (tx_id, feed_seq), read only below the oldest transaction still open.
CREATE TABLE audit_events (
    chain       text COLLATE "C" NOT NULL,
    sequence    bigint NOT NULL CHECK (sequence > 0),
    event_id    text COLLATE "C" NOT NULL CHECK (octet_length(event_id) = 26),
    kind        text COLLATE "C" NOT NULL,
    actor_id    text COLLATE "C" NOT NULL CHECK (octet_length(actor_id) = 26),
    hash        text COLLATE "C" NOT NULL CHECK (octet_length(hash) = 64),
    -- the whole event as it was hashed
    body        json NOT NULL,
    tx_id       xid8 NOT NULL DEFAULT pg_current_xact_id(),
    feed_seq    bigint GENERATED ALWAYS AS IDENTITY (CACHE 1),
    PRIMARY KEY (chain, sequence),
    CHECK (chain = 'house' OR octet_length(chain) = 26)
) WITH (toast_tuple_target = 8160);
CREATE UNIQUE INDEX audit_events_event ON audit_events (event_id);
CREATE UNIQUE INDEX audit_events_feed ON audit_events (tx_id, feed_seq);
CREATE INDEX audit_events_kind ON audit_events (kind, tx_id, feed_seq);
CREATE INDEX audit_events_actor ON audit_events (actor_id, tx_id, feed_seq);

-- Every verdict, allowed or refused, with what it depended on where the call was read that far.
CREATE TABLE decisions (
    decision_id          text COLLATE "C" PRIMARY KEY CHECK (octet_length(decision_id) = 26),
    decided_at           timestamptz NOT NULL,
    request_id           text,
    correlation_id       text,
    tool                 text COLLATE "C" NOT NULL,
    ticket_id            text COLLATE "C",
    actor_role           text COLLATE "C",
    actor_id             text COLLATE "C",
    allowed              boolean NOT NULL,
    code                 text COLLATE "C",
    phase                text COLLATE "C",
    determining_policies json NOT NULL,
    pack_name            text,
    pack_version         text,
    pack_digest          text COLLATE "C",
    judged_us            bigint NOT NULL,
    question             json,
    verdict              json,
    -- the committed events, by their places in the ticket's chain
    first_sequence       bigint,
    last_sequence        bigint,
    CHECK (allowed = (code IS NULL)),
    CHECK (allowed = (last_sequence IS NOT NULL))
) WITH (toast_tuple_target = 8160);
CREATE INDEX decisions_ticket ON decisions (ticket_id, decision_id) WHERE ticket_id IS NOT NULL;
CREATE INDEX decisions_tool ON decisions (tool, decision_id);
CREATE INDEX decisions_code ON decisions (code, decision_id) WHERE code IS NOT NULL;
CREATE INDEX decisions_allowed ON decisions (decision_id) WHERE allowed;
CREATE UNIQUE INDEX decisions_committed ON decisions (ticket_id, last_sequence) WHERE allowed;
CREATE INDEX decisions_refused ON decisions (decision_id) WHERE NOT allowed;

-- What a key was answered, byte for byte.
CREATE TABLE idempotency (
    key_digest     bytea PRIMARY KEY CHECK (octet_length(key_digest) = 32),
    content_digest bytea NOT NULL CHECK (octet_length(content_digest) = 32),
    answer         bytea NOT NULL,
    committed_at   timestamptz NOT NULL
) WITH (toast_tuple_target = 8160);

-- What must go out later.
CREATE TABLE outbox (
    outbox_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id  text COLLATE "C" NOT NULL REFERENCES tickets,
    event_id   text COLLATE "C" NOT NULL,
    topic      text COLLATE "C" NOT NULL,
    owed_since timestamptz NOT NULL,
    done_at    timestamptz
);
CREATE INDEX outbox_ticket ON outbox (ticket_id);
CREATE INDEX outbox_due ON outbox (outbox_id) WHERE done_at IS NULL;

CREATE TABLE uploads (
    storage_key  text COLLATE "C" PRIMARY KEY,
    sha256       text COLLATE "C" NOT NULL CHECK (octet_length(sha256) = 64),
    size_bytes   bigint NOT NULL CHECK (size_bytes >= 0),
    content_type text NOT NULL,
    uploaded_at  timestamptz NOT NULL,
    uploaded_by  json NOT NULL
);

CREATE TABLE packs (
    digest    text COLLATE "C" PRIMARY KEY CHECK (octet_length(digest) = 64),
    name      text NOT NULL,
    version   text NOT NULL,
    archive   bytea NOT NULL,
    stored_at timestamptz NOT NULL
);
-- an archive is compressed already, or nearly
ALTER TABLE packs ALTER COLUMN archive SET STORAGE EXTERNAL;

-- The highest revision is the active one.
CREATE TABLE pack_activations (
    revision       bigint PRIMARY KEY CHECK (revision > 0),
    digest         text COLLATE "C" NOT NULL REFERENCES packs,
    activated_at   timestamptz NOT NULL,
    activated_by   json NOT NULL,
    house_sequence bigint NOT NULL
);
CREATE INDEX pack_activations_digest ON pack_activations (digest);

CREATE TABLE revoked_tokens (
    token_id   text COLLATE "C" PRIMARY KEY CHECK (token_id <> ''),
    revoked_at timestamptz NOT NULL,
    revoked_by json NOT NULL,
    -- after this the token would be refused anyway
    expires_at timestamptz
);

-- Append-only: refused by the database itself, for its owner and a superuser too, and with
-- `session_replication_role` set. One trigger per statement, so that an insert pays nothing.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: its rows are never changed nor removed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE audit_events ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON decisions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE decisions ENABLE ALWAYS TRIGGER append_only;

REVOKE UPDATE, DELETE, TRUNCATE ON audit_events, decisions FROM PUBLIC;
REVOKE UPDATE, DELETE, TRUNCATE ON audit_events, decisions FROM CURRENT_USER;
