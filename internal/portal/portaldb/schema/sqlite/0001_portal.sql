-- +goose Up

-- Applications 電子申請. decided_at is NULL while one waits; what the examinations found is '' where nobody can say.
CREATE TABLE application (
    number      TEXT    NOT NULL PRIMARY KEY,
    received_at INTEGER NOT NULL,
    document    BLOB    NOT NULL,
    signature   BLOB    NOT NULL,
    state       TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    decided_at  INTEGER,
    signed      TEXT    NOT NULL,
    matched     TEXT    NOT NULL,
    valid       TEXT    NOT NULL,
    signer      TEXT    NOT NULL
) STRICT;

CREATE INDEX application_received ON application (received_at);
