-- What becomes of a message that a committed call owes: who is at it, how often it was tried,
-- and how it left or why it was given up. Whoever commits a call writes none of this.

ALTER TABLE outbox
    ADD COLUMN attempts     integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    -- tries that a gateway answered with a failure: it answers the same key the same for a while
    ADD COLUMN failures     integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
    -- not before; null: at once
    ADD COLUMN due_at       timestamptz,
    -- the host that is at it, by a word of its own for each try, and until when
    ADD COLUMN lease        text COLLATE "C",
    ADD COLUMN leased_until timestamptz,
    ADD COLUMN last_error   text,
    ADD COLUMN sent         json,
    ADD COLUMN dead_at      timestamptz,
    ADD COLUMN dead_reason  text COLLATE "C",
    ADD COLUMN replayed_at  timestamptz,
    ADD CHECK (done_at IS NULL OR dead_at IS NULL),
    ADD CHECK ((dead_at IS NULL) = (dead_reason IS NULL)),
    ADD CHECK ((lease IS NULL) = (leased_until IS NULL));

-- a new row enters this one only, as it did the one before
DROP INDEX outbox_due;
CREATE INDEX outbox_waiting ON outbox (outbox_id) WHERE done_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_sent ON outbox (outbox_id) WHERE done_at IS NOT NULL;
CREATE INDEX outbox_dead ON outbox (outbox_id) WHERE dead_at IS NOT NULL;
