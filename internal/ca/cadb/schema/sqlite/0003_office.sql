-- +goose Up

-- Certificates of the offices' CA. serial is hexadecimal; address is '' for the CA's own; certificate is NULL until signed.
CREATE TABLE office_certificate (
    serial      TEXT   NOT NULL PRIMARY KEY,
    address     TEXT   NOT NULL,
    tbs         BLOB   NOT NULL,
    certificate BLOB
) STRICT;

CREATE INDEX office_certificate_address ON office_certificate (address);
CREATE UNIQUE INDEX office_certificate_root ON office_certificate (address) WHERE address = '';
