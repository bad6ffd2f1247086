-- +goose Up

-- One row per stream that leaves: the last number given, and when its first waiting message may be tried.
CREATE TABLE post_stream (
    receiver TEXT    NOT NULL,
    topic    TEXT    NOT NULL,
    last     INTEGER NOT NULL,
    due      INTEGER NOT NULL,
    PRIMARY KEY (receiver, topic)
) STRICT;

-- The outbox. state is 0 undelivered, 1 delivered, 2 dead; body is NULL once delivered.
CREATE TABLE post_out (
    receiver TEXT    NOT NULL,
    topic    TEXT    NOT NULL,
    seq      INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    version  INTEGER NOT NULL,
    operator TEXT    NOT NULL,
    written  INTEGER NOT NULL,
    size     INTEGER NOT NULL,
    body     BLOB,
    state    INTEGER NOT NULL,
    again    INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    settled  INTEGER,
    PRIMARY KEY (receiver, topic, seq)
) STRICT;

CREATE INDEX post_out_waiting ON post_out (receiver, topic, seq) WHERE state = 0;
CREATE INDEX post_out_dead ON post_out (receiver, topic, seq) WHERE state = 2;

-- The inbox: the name and digest of each message that was settled. reason is '' if it was applied.
CREATE TABLE post_in (
    sender  TEXT    NOT NULL,
    topic   TEXT    NOT NULL,
    seq     INTEGER NOT NULL,
    digest  BLOB    NOT NULL,
    kind    TEXT    NOT NULL,
    version INTEGER NOT NULL,
    size    INTEGER NOT NULL,
    reason  TEXT    NOT NULL,
    settled INTEGER NOT NULL,
    PRIMARY KEY (sender, topic, seq)
) STRICT;

-- How often a message failed that is not settled yet.
CREATE TABLE post_failure (
    sender   TEXT    NOT NULL,
    topic    TEXT    NOT NULL,
    seq      INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    PRIMARY KEY (sender, topic, seq)
) STRICT;

-- Dead letters of the inbox. Several contents may have come under one name.
CREATE TABLE post_refused (
    sender   TEXT    NOT NULL,
    topic    TEXT    NOT NULL,
    seq      INTEGER NOT NULL,
    digest   BLOB    NOT NULL,
    kind     TEXT    NOT NULL,
    version  INTEGER NOT NULL,
    operator TEXT    NOT NULL,
    written  INTEGER NOT NULL,
    body     BLOB    NOT NULL,
    reason   TEXT    NOT NULL,
    refused  INTEGER NOT NULL,
    PRIMARY KEY (sender, topic, seq, digest)
) STRICT;
