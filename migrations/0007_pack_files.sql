-- Packs by the content of their files: what two packs share is kept, and written, once.

CREATE TABLE pack_contents (
    sha256  bytea PRIMARY KEY CHECK (octet_length(sha256) = 32),
    content bytea NOT NULL
);
-- components are compressed already, or nearly
ALTER TABLE pack_contents ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE pack_files (
    digest text COLLATE "C" NOT NULL REFERENCES packs ON DELETE CASCADE,
    path   text COLLATE "C" NOT NULL CHECK (path <> ''),
    sha256 bytea NOT NULL REFERENCES pack_contents,
    PRIMARY KEY (digest, path)
);
CREATE INDEX pack_files_sha256 ON pack_files (sha256);

-- Archives until now: `DPACK1` and a line feed, then for each file the lengths of path and
-- content as little-endian numbers of four bytes, path and content.
DO $$
DECLARE
    pack    record;
    at      int;
    path    text;
    content bytea;
    lengths int[];
BEGIN
    FOR pack IN SELECT digest, archive FROM packs LOOP
        at := 8;
        WHILE at <= octet_length(pack.archive) LOOP
            SELECT array_agg(get_byte(pack.archive, n) + (get_byte(pack.archive, n + 1) << 8)
                       + (get_byte(pack.archive, n + 2) << 16) + (get_byte(pack.archive, n + 3) << 24) ORDER BY n)
                INTO lengths FROM (VALUES (at - 1), (at + 3)) AS number (n);
            path := convert_from(substr(pack.archive, at + 8, lengths[1]), 'UTF8');
            content := substr(pack.archive, at + 8 + lengths[1], lengths[2]);
            INSERT INTO pack_contents VALUES (sha256(content), content) ON CONFLICT DO NOTHING;
            INSERT INTO pack_files VALUES (pack.digest, path, sha256(content));
            at := at + 8 + lengths[1] + lengths[2];
        END LOOP;
    END LOOP;
END
$$;

ALTER TABLE packs DROP COLUMN archive;
