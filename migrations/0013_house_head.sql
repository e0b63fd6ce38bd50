-- Where the house's own chain ends, as each ticket says of its own: events that are taken
-- from the end of a chain leave no gap.
CREATE TABLE house_head (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    sequence bigint NOT NULL CHECK (sequence > 0),
    hash     text NOT NULL CHECK (octet_length(hash) = 64)
);
INSERT INTO house_head (sequence, hash)
SELECT sequence, hash FROM audit_events WHERE chain = 'house' ORDER BY sequence DESC LIMIT 1;
