-- +goose Up

-- Resident records 住民票. attributes is a key of the four attributes.
CREATE TABLE resident (
    number       INTEGER NOT NULL PRIMARY KEY,
    code         TEXT    NOT NULL UNIQUE,
    attributes   TEXT    NOT NULL,
    municipality TEXT    NOT NULL,
    amended_at   INTEGER NOT NULL,
    removed      INTEGER NOT NULL
) STRICT;

CREATE INDEX resident_attributes ON resident (attributes);

-- Residents who were called up 呼出し for an application at a counter; it counts on one day in Japan.
CREATE TABLE call_up (
    counter     TEXT    NOT NULL,
    application TEXT    NOT NULL,
    resident    INTEGER NOT NULL REFERENCES resident (number),
    day         TEXT    NOT NULL,
    PRIMARY KEY (counter, application)
) STRICT;

-- Events 異動. after is '' for a death.
CREATE TABLE event (
    number       INTEGER NOT NULL PRIMARY KEY,
    id           TEXT    NOT NULL UNIQUE,
    kind         TEXT    NOT NULL,
    code         TEXT    NOT NULL REFERENCES resident (code),
    happened_at  INTEGER NOT NULL,
    before       TEXT    NOT NULL,
    after        TEXT    NOT NULL,
    municipality TEXT    NOT NULL,
    shared       INTEGER NOT NULL,
    outcome      TEXT    NOT NULL
) STRICT;

CREATE INDEX event_code ON event (code, number);
CREATE INDEX event_before ON event (before, number);
CREATE INDEX event_waiting ON event (happened_at) WHERE outcome = 'waiting';

-- The list of holders 証明書発行者DB, a row for each certificate. question is 0 or the number of an event.
CREATE TABLE holder (
    number     INTEGER NOT NULL PRIMARY KEY,
    listed     TEXT    NOT NULL,
    present    TEXT    NOT NULL,
    issued_at  INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    question   INTEGER NOT NULL,
    ended      INTEGER NOT NULL
) STRICT;

CREATE INDEX holder_present ON holder (present);
CREATE INDEX holder_question ON holder (question) WHERE question > 0;

-- The lists that were matched, as far as their parts have come: how many, with how many entries.
CREATE TABLE list (
    date    TEXT    NOT NULL PRIMARY KEY,
    since   INTEGER NOT NULL,
    through INTEGER NOT NULL,
    parts   INTEGER NOT NULL,
    total   INTEGER NOT NULL,
    arrived INTEGER NOT NULL,
    entries INTEGER NOT NULL
) STRICT;

CREATE INDEX list_whole ON list (since) WHERE arrived = parts;

-- Their parts.
CREATE TABLE list_part (
    date   TEXT    NOT NULL REFERENCES list (date),
    part   INTEGER NOT NULL,
    digest TEXT    NOT NULL,
    PRIMARY KEY (date, part)
) STRICT;

-- Change notices 異動等失効情報, the register's copies.
CREATE TABLE notice (
    id         TEXT    NOT NULL PRIMARY KEY,
    event      INTEGER NOT NULL REFERENCES event (number),
    attributes TEXT    NOT NULL,
    fact       TEXT    NOT NULL,
    UNIQUE (event, attributes)
) STRICT;
