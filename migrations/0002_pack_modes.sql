-- Packs beside the active one, and what they judge differently.

-- What a stored pack is used for besides judging; the active one is the highest revision's.
CREATE TABLE pack_modes (
    digest         text COLLATE "C" PRIMARY KEY REFERENCES packs,
    mode           text COLLATE "C" NOT NULL CHECK (mode IN ('shadow', 'off')),
    -- the tools it judges in shadow; null: all of them
    tools          json,
    changed_at     timestamptz NOT NULL,
    changed_by     json NOT NULL,
    house_sequence bigint NOT NULL,
    -- calls judged in shadow, on all hosts, whenever it was
    judged         bigint NOT NULL DEFAULT 0,
    differing      bigint NOT NULL DEFAULT 0
);
-- one at a time
CREATE UNIQUE INDEX pack_modes_shadow ON pack_modes (mode) WHERE mode = 'shadow';

-- Verdicts in shadow that were not as the one that was given. Never applied.
CREATE TABLE shadow_differences (
    digest      text COLLATE "C" NOT NULL REFERENCES pack_modes,
    decision_id text COLLATE "C" NOT NULL CHECK (octet_length(decision_id) = 26),
    -- the whole of it: decision, tool, ticket, both verdicts
    difference  json NOT NULL,
    PRIMARY KEY (digest, decision_id)
) WITH (toast_tuple_target = 8160);
