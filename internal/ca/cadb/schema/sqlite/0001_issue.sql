-- +goose Up

-- One CA certificate. governor is '' in today's scheme. certificate is NULL until signed.
CREATE TABLE issuer (
    kind        TEXT    NOT NULL,
    generation  INTEGER NOT NULL,
    governor    TEXT    NOT NULL,
    serial      INTEGER NOT NULL,
    tbs         BLOB    NOT NULL,
    certificate BLOB,
    PRIMARY KEY (kind, generation, governor)
) STRICT;

-- The last serial number taken of each sequence.
CREATE TABLE series (
    name TEXT    NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT;

-- The record of issues 発行記録. The issuer is named by its kind, generation and governor; the serial number is unique
-- among all generations of a CA.
CREATE TABLE record (
    issuer_kind TEXT    NOT NULL,
    generation  INTEGER NOT NULL,
    governor    TEXT    NOT NULL,
    serial      INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    request     TEXT    NOT NULL UNIQUE,
    digest      TEXT    NOT NULL,
    holder      TEXT    NOT NULL,
    not_before  INTEGER NOT NULL,
    not_after   INTEGER NOT NULL,
    tbs         BLOB    NOT NULL,
    certificate BLOB,
    PRIMARY KEY (issuer_kind, governor, serial),
    FOREIGN KEY (issuer_kind, generation, governor) REFERENCES issuer (kind, generation, governor)
) STRICT;

CREATE INDEX record_in_force ON record (holder, kind, not_after);
CREATE INDEX record_unsigned ON record (serial) WHERE certificate IS NULL;
