-- +goose Up

-- Cases 案件. papers is JSON with all that names the applicant, '' once erased; keep_until is NULL while the case is open.
CREATE TABLE issue_case (
    id          TEXT   NOT NULL PRIMARY KEY,
    state       TEXT   NOT NULL,
    event       TEXT   NOT NULL,
    papers      TEXT   NOT NULL,
    holder      TEXT   NOT NULL,
    differs     TEXT   NOT NULL,
    card_serial TEXT   NOT NULL,
    key_version BIGINT NOT NULL,
    nonce       BYTEA,
    fee_yen     BIGINT NOT NULL,
    fee_by      TEXT   NOT NULL,
    fee_paid_at BIGINT,
    opened_at   BIGINT NOT NULL,
    changed_at  BIGINT NOT NULL,
    keep_until  BIGINT
);

CREATE INDEX issue_case_open ON issue_case (opened_at) WHERE keep_until IS NULL;
CREATE INDEX issue_case_keep ON issue_case (keep_until) WHERE papers <> '';
CREATE INDEX issue_case_card ON issue_case (card_serial) WHERE card_serial <> '';

-- The certificates of a case, one for each kind; place orders them.
CREATE TABLE case_certificate (
    case_id     TEXT   NOT NULL REFERENCES issue_case (id),
    kind        TEXT   NOT NULL,
    place       BIGINT NOT NULL,
    pkcs10      BYTEA,
    issuer      TEXT   NOT NULL,
    serial      BIGINT NOT NULL,
    certificate BYTEA,
    ca          BYTEA,
    differs     TEXT   NOT NULL,
    refusal     TEXT   NOT NULL,
    stored_at   BIGINT,
    PRIMARY KEY (case_id, kind)
);

-- The orders to revoke that this office gave. origin is a case or a notice; outcome is '' until answered.
CREATE TABLE given_order (
    id           TEXT   NOT NULL PRIMARY KEY,
    origin       TEXT   NOT NULL,
    kind         TEXT   NOT NULL,
    card_serial  TEXT   NOT NULL,
    issuer       TEXT   NOT NULL,
    serial       BIGINT NOT NULL,
    ground       TEXT   NOT NULL,
    recorded_at  BIGINT NOT NULL,
    invalid_from BIGINT,
    outcome      TEXT   NOT NULL,
    reason       BIGINT NOT NULL,
    revoked_at   BIGINT
);

CREATE INDEX given_order_origin ON given_order (origin);

-- What holders handed in besides applications 届出. identity is JSON, '' once erased.
CREATE TABLE notice (
    id          TEXT   NOT NULL PRIMARY KEY,
    work        TEXT   NOT NULL,
    pin_key     TEXT   NOT NULL,
    identity    TEXT   NOT NULL,
    card_serial TEXT   NOT NULL,
    taken_at    BIGINT NOT NULL,
    done_at     BIGINT,
    keep_until  BIGINT NOT NULL
);

-- One row while the service is stopped.
CREATE TABLE stop (
    id         BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    stopped_at BIGINT NOT NULL,
    stopped_by TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    case_id    TEXT   NOT NULL,
    consents   TEXT   NOT NULL
);
