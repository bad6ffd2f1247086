-- +goose Up

-- The holder lists.
CREATE TABLE list (
    date    TEXT   NOT NULL PRIMARY KEY,
    through BIGINT NOT NULL
);

-- The serial map 対応DB. attributes is a key of the four attributes. list is NULL until the certificate is on one.
CREATE TABLE certificate (
    issuer     TEXT   NOT NULL COLLATE "C",
    serial     BIGINT NOT NULL,
    record     TEXT   NOT NULL UNIQUE,
    attributes TEXT   NOT NULL COLLATE "C",
    kind       TEXT   NOT NULL,
    issued_at  BIGINT NOT NULL,
    not_after  BIGINT NOT NULL,
    list       TEXT   REFERENCES list (date),
    PRIMARY KEY (issuer, serial)
);

CREATE INDEX certificate_attributes ON certificate (attributes, issued_at);
CREATE INDEX certificate_list ON certificate (list);

-- Change notices 異動等失効情報.
CREATE TABLE notice (
    id          TEXT   NOT NULL COLLATE "C" PRIMARY KEY,
    attributes  TEXT   NOT NULL COLLATE "C",
    fact        TEXT   NOT NULL,
    happened_at BIGINT NOT NULL
);

CREATE INDEX notice_attributes ON notice (attributes, happened_at);

-- Revocation orders. outcome is '' until the order is answered.
CREATE TABLE revocation_order (
    id          TEXT   NOT NULL COLLATE "C" PRIMARY KEY,
    issuer      TEXT   NOT NULL COLLATE "C",
    serial      BIGINT NOT NULL,
    ground      TEXT   NOT NULL,
    recorded_at BIGINT NOT NULL,
    outcome     TEXT   NOT NULL,
    FOREIGN KEY (issuer, serial) REFERENCES certificate (issuer, serial)
);

-- Calls about lost cards. met is how many certificates they met.
CREATE TABLE hold (
    id         TEXT   NOT NULL COLLATE "C" PRIMARY KEY,
    attributes TEXT   NOT NULL COLLATE "C",
    met        BIGINT NOT NULL
);
