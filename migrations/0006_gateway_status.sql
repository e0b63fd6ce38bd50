-- How each gateway was found last, by the host that holds its watch: what the next change
-- is a change from, whichever host sees it.

ALTER TABLE gateways
    ADD COLUMN status       text COLLATE "C" NOT NULL DEFAULT 'starting'
        CHECK (status IN ('starting', 'online', 'degraded', 'auth_failed', 'incompatible', 'unreachable')),
    ADD COLUMN status_since timestamptz,
    -- an operator was called, and was not told yet that it is over
    ADD COLUMN alerted_at   timestamptz;
