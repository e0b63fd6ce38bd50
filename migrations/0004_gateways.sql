-- OpenClaw gateways: whose they are, the boards and the agents on them. Every change of
-- an entry is an event of the house's chain, and so made under its lock.

CREATE TABLE organizations (
    organization_id text COLLATE "C" PRIMARY KEY CHECK (octet_length(organization_id) = 26),
    name            text NOT NULL CHECK (name <> ''),
    created_at      timestamptz NOT NULL
);
CREATE UNIQUE INDEX organizations_name ON organizations (lower(name));
-- what a house has where nobody asked for more
INSERT INTO organizations (organization_id, name, created_at)
VALUES ('00000000000000000000000000', 'house', now());

CREATE TABLE gateways (
    gateway_id         text COLLATE "C" PRIMARY KEY CHECK (octet_length(gateway_id) = 26),
    organization_id    text COLLATE "C" NOT NULL REFERENCES organizations,
    name               text NOT NULL CHECK (name <> ''),
    url                text NOT NULL CHECK (url <> ''),
    -- where secrets are, never what they are
    token_ref          text CHECK (token_ref <> ''),
    device_key_ref     text CHECK (device_key_ref <> ''),
    device_pairing     boolean NOT NULL,
    allow_insecure_tls boolean NOT NULL,
    token_in_query     boolean NOT NULL,
    workspace_root     text NOT NULL CHECK (workspace_root <> ''),
    minimum_version    text CHECK (minimum_version <> ''),
    -- by kind of channel: {channel, account_id?}
    send_channels      json NOT NULL,
    -- the host that watches it, until then
    watcher            text COLLATE "C",
    watch_until        timestamptz,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    CHECK ((watcher IS NULL) = (watch_until IS NULL))
);
CREATE UNIQUE INDEX gateways_name ON gateways (organization_id, lower(name));

CREATE TABLE boards (
    board_id        text COLLATE "C" PRIMARY KEY CHECK (octet_length(board_id) = 26),
    organization_id text COLLATE "C" NOT NULL REFERENCES organizations,
    -- null once its gateway was removed
    gateway_id      text COLLATE "C" REFERENCES gateways,
    name            text NOT NULL CHECK (name <> ''),
    objective       text CHECK (objective <> ''),
    max_agents      integer NOT NULL CHECK (max_agents >= 0),
    paused          boolean NOT NULL,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL
);
CREATE UNIQUE INDEX boards_name ON boards (organization_id, lower(name));
CREATE INDEX boards_gateway ON boards (gateway_id) WHERE gateway_id IS NOT NULL;

CREATE TABLE gateway_agents (
    agent_id          text COLLATE "C" PRIMARY KEY CHECK (octet_length(agent_id) = 26),
    organization_id   text COLLATE "C" NOT NULL REFERENCES organizations,
    gateway_id        text COLLATE "C" REFERENCES gateways,
    board_id          text COLLATE "C" REFERENCES boards,
    kind              text COLLATE "C" NOT NULL CHECK (kind IN ('main', 'lead', 'worker')),
    name              text NOT NULL CHECK (name <> ''),
    session_key       text COLLATE "C" NOT NULL UNIQUE CHECK (session_key <> ''),
    profile           json NOT NULL,
    heartbeat         json NOT NULL,
    -- SHA-256 of its token, 64 hexadecimal digits; the token itself is nowhere
    token_hash        text COLLATE "C" CHECK (octet_length(token_hash) = 64),
    token_prefix      text COLLATE "C" CHECK (octet_length(token_prefix) = 8),
    status            text COLLATE "C" NOT NULL
                          CHECK (status IN ('provisioning', 'updating', 'online', 'offline', 'removing')),
    generation        bigint NOT NULL CHECK (generation >= 0),
    wake_attempts     integer NOT NULL CHECK (wake_attempts >= 0),
    check_in_deadline timestamptz,
    last_seen_at      timestamptz,
    last_error        text,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    CHECK ((kind = 'main') = (board_id IS NULL)),
    CHECK (kind <> 'main' OR gateway_id IS NOT NULL),
    CHECK ((token_hash IS NULL) = (token_prefix IS NULL))
);
CREATE UNIQUE INDEX gateway_agents_main ON gateway_agents (gateway_id) WHERE kind = 'main';
CREATE UNIQUE INDEX gateway_agents_lead ON gateway_agents (board_id) WHERE kind = 'lead';
CREATE UNIQUE INDEX gateway_agents_name ON gateway_agents (board_id, lower(name)) WHERE board_id IS NOT NULL;
CREATE INDEX gateway_agents_gateway ON gateway_agents (gateway_id, agent_id) WHERE gateway_id IS NOT NULL;
CREATE INDEX gateway_agents_organization ON gateway_agents (organization_id, agent_id);
CREATE INDEX gateway_agents_token ON gateway_agents (token_prefix) WHERE token_prefix IS NOT NULL;
CREATE INDEX gateway_agents_due ON gateway_agents (check_in_deadline) WHERE check_in_deadline IS NOT NULL;
