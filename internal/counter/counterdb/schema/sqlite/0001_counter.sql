-- +goose Up

-- Cases 案件. papers is JSON with all that names the applicant, '' once erased; keep_until is NULL while the case is open.
CREATE TABLE issue_case (
    id          TEXT    NOT NULL PRIMARY KEY,
    state       TEXT    NOT NULL,
    event       TEXT    NOT NULL,
    papers      TEXT    NOT NULL,
    holder      TEXT    NOT NULL,
    differs     TEXT    NOT NULL,
    card_serial TEXT    NOT NULL,
    key_version INTEGER NOT NULL,
    nonce       BLOB,
    fee_yen     INTEGER NOT NULL,
    fee_by      TEXT    NOT NULL,
    fee_paid_at INTEGER,
    opened_at   INTEGER NOT NULL,
    changed_at  INTEGER NOT NULL,
    keep_until  INTEGER
) STRICT;

CREATE INDEX issue_case_open ON issue_case (opened_at) WHERE keep_until IS NULL;
CREATE INDEX issue_case_keep ON issue_case (keep_until) WHERE papers <> '';
CREATE INDEX issue_case_card ON issue_case (card_serial) WHERE card_serial <> '';

-- The certificates of a case, one for each kind; place orders them.
CREATE TABLE case_certificate (
    case_id     TEXT    NOT NULL REFERENCES issue_case (id),
    kind        TEXT    NOT NULL,
    place       INTEGER NOT NULL,
    pkcs10      BLOB,
    issuer      TEXT    NOT NULL,
    serial      INTEGER NOT NULL,
    certificate BLOB,
    ca          BLOB,
    differs     TEXT    NOT NULL,
    refusal     TEXT    NOT NULL,
    stored_at   INTEGER,
    PRIMARY KEY (case_id, kind)
) STRICT;

-- The orders to revoke that this office gave. origin is a case or a notice; outcome is '' until answered.
CREATE TABLE given_order (
    id           TEXT    NOT NULL PRIMARY KEY,
    origin       TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    card_serial  TEXT    NOT NULL,
    issuer       TEXT    NOT NULL,
    serial       INTEGER NOT NULL,
    ground       TEXT    NOT NULL,
    recorded_at  INTEGER NOT NULL,
    invalid_from INTEGER,
    outcome      TEXT    NOT NULL,
    reason       INTEGER NOT NULL,
    revoked_at   INTEGER
) STRICT;

CREATE INDEX given_order_origin ON given_order (origin);

-- What holders handed in besides applications 届出. identity is JSON, '' once erased.
CREATE TABLE notice (
    id          TEXT    NOT NULL PRIMARY KEY,
    work        TEXT    NOT NULL,
    pin_key     TEXT    NOT NULL,
    identity    TEXT    NOT NULL,
    card_serial TEXT    NOT NULL,
    taken_at    INTEGER NOT NULL,
    done_at     INTEGER,
    keep_until  INTEGER NOT NULL
) STRICT;

-- One row while the service is stopped.
CREATE TABLE stop (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    stopped_at INTEGER NOT NULL,
    stopped_by TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    case_id    TEXT    NOT NULL,
    consents   TEXT    NOT NULL
) STRICT;
