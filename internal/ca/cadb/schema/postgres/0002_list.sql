-- +goose Up

-- The last CRL that an issuer's key was given to sign for each distribution point (DER of its name).
CREATE TABLE list (
    kind       TEXT   NOT NULL COLLATE "C",
    generation BIGINT NOT NULL,
    governor   TEXT   NOT NULL COLLATE "C",
    point      BYTEA  NOT NULL,
    number     BIGINT NOT NULL,
    digest     TEXT   NOT NULL,
    PRIMARY KEY (kind, generation, governor, point),
    FOREIGN KEY (kind, generation, governor) REFERENCES issuer (kind, generation, governor)
);
