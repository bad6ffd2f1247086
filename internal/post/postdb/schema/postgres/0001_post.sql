-- +goose Up

-- One row per stream that leaves: the last number given, and when its first waiting message may be tried.
CREATE TABLE post_stream (
    receiver TEXT   NOT NULL COLLATE "C",
    topic    TEXT   NOT NULL COLLATE "C",
    last     BIGINT NOT NULL,
    due      BIGINT NOT NULL,
    PRIMARY KEY (receiver, topic)
);

-- The outbox. state is 0 undelivered, 1 delivered, 2 dead; body is NULL once delivered.
CREATE TABLE post_out (
    receiver TEXT   NOT NULL COLLATE "C",
    topic    TEXT   NOT NULL COLLATE "C",
    seq      BIGINT NOT NULL,
    kind     TEXT   NOT NULL,
    version  BIGINT NOT NULL,
    operator TEXT   NOT NULL,
    written  BIGINT NOT NULL,
    size     BIGINT NOT NULL,
    body     BYTEA,
    state    BIGINT NOT NULL,
    again    BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    reason   TEXT   NOT NULL,
    settled  BIGINT,
    PRIMARY KEY (receiver, topic, seq)
);

CREATE INDEX post_out_waiting ON post_out (receiver, topic, seq) WHERE state = 0;
CREATE INDEX post_out_dead ON post_out (receiver, topic, seq) WHERE state = 2;

-- The inbox: the name and digest of each message that was settled. reason is '' if it was applied.
CREATE TABLE post_in (
    sender  TEXT   NOT NULL COLLATE "C",
    topic   TEXT   NOT NULL COLLATE "C",
    seq     BIGINT NOT NULL,
    digest  BYTEA  NOT NULL,
    kind    TEXT   NOT NULL,
    version BIGINT NOT NULL,
    size    BIGINT NOT NULL,
    reason  TEXT   NOT NULL,
    settled BIGINT NOT NULL,
    PRIMARY KEY (sender, topic, seq)
);

-- How often a message failed that is not settled yet.
CREATE TABLE post_failure (
    sender   TEXT   NOT NULL COLLATE "C",
    topic    TEXT   NOT NULL COLLATE "C",
    seq      BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    PRIMARY KEY (sender, topic, seq)
);

-- Dead letters of the inbox. Several contents may have come under one name.
CREATE TABLE post_refused (
    sender   TEXT   NOT NULL COLLATE "C",
    topic    TEXT   NOT NULL COLLATE "C",
    seq      BIGINT NOT NULL,
    digest   BYTEA  NOT NULL,
    kind     TEXT   NOT NULL,
    version  BIGINT NOT NULL,
    operator TEXT   NOT NULL,
    written  BIGINT NOT NULL,
    body     BYTEA  NOT NULL,
    reason   TEXT   NOT NULL,
    refused  BIGINT NOT NULL,
    PRIMARY KEY (sender, topic, seq, digest)
);
