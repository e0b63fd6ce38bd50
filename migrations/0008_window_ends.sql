-- Work that somebody is awaited for, by when its window ends: what is late, and what will be
-- next. Kept by the database itself, so that a host of before that still writes keeps it too,
-- and computed from the snapshot for the few states it is about. A column and no index on an
-- expression: such an index would have every call on a ticket write all indexes anew.
--
-- Text, since what makes a time of a text is not immutable; snapshots hold times in UTC with
-- six digits, so that the order of the texts is that of the times.

-- the table is written anew, once
SET LOCAL statement_timeout = 0;

ALTER TABLE tickets ADD COLUMN window_ends text COLLATE "C" GENERATED ALWAYS AS (
    CASE WHEN state IN ('scheduled', 'dispatched') AND snapshot #>> '{schedule,status}' = 'confirmed'
         THEN snapshot #>> '{schedule,window_end}' END
) STORED;
CREATE INDEX tickets_window_ends ON tickets (window_ends, ticket_id) WHERE window_ends IS NOT NULL;
