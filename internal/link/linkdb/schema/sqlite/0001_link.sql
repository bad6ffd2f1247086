-- +goose Up

-- The holder lists.
CREATE TABLE list (
    date    TEXT    NOT NULL PRIMARY KEY,
    through INTEGER NOT NULL
) STRICT;

-- The serial map 対応DB. attributes is a key of the four attributes. list is NULL until the certificate is on one.
CREATE TABLE certificate (
    issuer     TEXT    NOT NULL,
    serial     INTEGER NOT NULL,
    record     TEXT    NOT NULL UNIQUE,
    attributes TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    issued_at  INTEGER NOT NULL,
    not_after  INTEGER NOT NULL,
    list       TEXT    REFERENCES list (date),
    PRIMARY KEY (issuer, serial)
) STRICT;

CREATE INDEX certificate_attributes ON certificate (attributes, issued_at);
CREATE INDEX certificate_list ON certificate (list);

-- Change notices 異動等失効情報.
CREATE TABLE notice (
    id          TEXT    NOT NULL PRIMARY KEY,
    attributes  TEXT    NOT NULL,
    fact        TEXT    NOT NULL,
    happened_at INTEGER NOT NULL
) STRICT;

CREATE INDEX notice_attributes ON notice (attributes, happened_at);

-- Revocation orders. outcome is '' until the order is answered.
CREATE TABLE revocation_order (
    id          TEXT    NOT NULL PRIMARY KEY,
    issuer      TEXT    NOT NULL,
    serial      INTEGER NOT NULL,
    ground      TEXT    NOT NULL,
    recorded_at INTEGER NOT NULL,
    outcome     TEXT    NOT NULL,
    FOREIGN KEY (issuer, serial) REFERENCES certificate (issuer, serial)
) STRICT;

-- Calls about lost cards. met is how many certificates they met.
CREATE TABLE hold (
    id         TEXT    NOT NULL PRIMARY KEY,
    attributes TEXT    NOT NULL,
    met        INTEGER NOT NULL
) STRICT;
