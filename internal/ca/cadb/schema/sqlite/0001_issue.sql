-- +goose Up

-- One CA certificate. governor is '' in today's scheme. certificate is NULL until signed, ended_at until
-- revoked.
CREATE TABLE issuer (
    kind        TEXT    NOT NULL,
    generation  INTEGER NOT NULL,
    governor    TEXT    NOT NULL,
    serial      INTEGER NOT NULL,
    tbs         BLOB    NOT NULL,
    certificate BLOB,
    ended_at    INTEGER,
    PRIMARY KEY (kind, generation, governor)
) STRICT;

-- The record of issues 発行記録. The issuer is named by its kind, generation and governor; the serial number is unique
-- among all generations of a CA. applicant is the office that asked by letter, or ''. ended_at is NULL while nothing but its
-- time ends the certificate.
CREATE TABLE record (
    issuer_kind TEXT    NOT NULL,
    generation  INTEGER NOT NULL,
    governor    TEXT    NOT NULL,
    serial      INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    request     TEXT    NOT NULL UNIQUE,
    digest      TEXT    NOT NULL,
    applicant   TEXT    NOT NULL,
    holder      TEXT    NOT NULL,
    not_before  INTEGER NOT NULL,
    not_after   INTEGER NOT NULL,
    tbs         BLOB    NOT NULL,
    certificate BLOB,
    ended_at    INTEGER,
    PRIMARY KEY (issuer_kind, governor, serial),
    FOREIGN KEY (issuer_kind, generation, governor) REFERENCES issuer (kind, generation, governor)
) STRICT;

CREATE INDEX record_in_force ON record (holder, kind, not_after);
CREATE INDEX record_unsigned ON record (serial) WHERE certificate IS NULL;
