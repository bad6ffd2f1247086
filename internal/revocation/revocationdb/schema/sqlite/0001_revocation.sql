-- +goose Up

-- One CA key. certificate is that of the CA, NULL until the register has its entry.
CREATE TABLE issuer (
    id          INTEGER PRIMARY KEY,
    key_id      TEXT    NOT NULL UNIQUE,
    certificate BLOB
) STRICT;

-- What one series of lists is for. point is the DER of the distribution point's name, empty for certificates on no list;
-- name is computed from it.
CREATE TABLE list_partition (
    id     INTEGER PRIMARY KEY,
    issuer INTEGER NOT NULL REFERENCES issuer (id),
    name   TEXT    NOT NULL,
    point  BLOB    NOT NULL,
    UNIQUE (issuer, name)
) STRICT;

-- The register of certificates.
CREATE TABLE issued (
    issuer     INTEGER NOT NULL REFERENCES issuer (id),
    serial     INTEGER NOT NULL,
    partition  INTEGER NOT NULL REFERENCES list_partition (id),
    kind       TEXT    NOT NULL,
    not_before INTEGER NOT NULL,
    not_after  INTEGER NOT NULL,
    PRIMARY KEY (issuer, serial)
) STRICT, WITHOUT ROWID;

-- The orders to revoke, numbered as they were taken. sender is empty for an order that came by no letter.
CREATE TABLE revocation_order (
    sender       TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    seq          INTEGER NOT NULL UNIQUE,
    digest       TEXT    NOT NULL,
    issuer       TEXT    NOT NULL,
    serial       INTEGER NOT NULL,
    ground       TEXT    NOT NULL,
    recorded_at  INTEGER NOT NULL,
    invalid_from INTEGER,
    outcome      TEXT    NOT NULL,
    taken_at     INTEGER NOT NULL,
    PRIMARY KEY (sender, id)
) STRICT;

CREATE INDEX revocation_order_waiting ON revocation_order (issuer, serial) WHERE outcome = 'waiting';

-- The file of revocation information 失効情報ファイル: rows are only added. A list is the rows of a partition by serial
-- number; entry is the DER of the row on it.
CREATE TABLE revocation_record (
    partition    INTEGER NOT NULL REFERENCES list_partition (id),
    serial       INTEGER NOT NULL,
    seq          INTEGER NOT NULL UNIQUE,
    reason       INTEGER NOT NULL,
    revoked_at   INTEGER NOT NULL,
    invalid_from INTEGER,
    not_after    INTEGER NOT NULL,
    order_id     TEXT    NOT NULL,
    made_at      INTEGER NOT NULL,
    entry        BLOB    NOT NULL,
    PRIMARY KEY (partition, serial, seq)
) STRICT, WITHOUT ROWID;

-- The last number taken for a list of each partition, and the published list; its columns are NULL until there is one.
CREATE TABLE list (
    partition   INTEGER PRIMARY KEY REFERENCES list_partition (id),
    taken       INTEGER NOT NULL,
    number      INTEGER,
    this_update INTEGER,
    next_update INTEGER,
    through     INTEGER,
    entries     INTEGER,
    size        INTEGER
) STRICT;

-- One row: the last tick.
CREATE TABLE tick (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    instant INTEGER NOT NULL,
    through INTEGER NOT NULL
) STRICT;

-- The keys of OCSP responders. certificate is NULL until issued.
CREATE TABLE responder (
    issuer      TEXT    NOT NULL,
    number      INTEGER NOT NULL,
    certificate BLOB,
    PRIMARY KEY (issuer, number)
) STRICT;
