-- +goose Up

-- One row per entry, as package audit encodes and chains it.
CREATE TABLE audit_entry (
    seq     INTEGER PRIMARY KEY,
    entry   TEXT    NOT NULL,
    hash    BLOB    NOT NULL CHECK (length(hash) = 32),
    law     TEXT    GENERATED ALWAYS AS (entry ->> 'law') VIRTUAL,
    subject TEXT    GENERATED ALWAYS AS (entry ->> 'subject') VIRTUAL
) STRICT;

CREATE INDEX audit_entry_law ON audit_entry (law);
CREATE INDEX audit_entry_subject ON audit_entry (subject);

-- One row: the signed head.
CREATE TABLE audit_head (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    checkpoint TEXT    NOT NULL
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER audit_entry_at_the_end BEFORE INSERT ON audit_entry
WHEN new.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit_entry)
BEGIN
    SELECT raise(ABORT, 'audit entries are written at the end');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_entry_unchanged BEFORE UPDATE ON audit_entry
BEGIN
    SELECT raise(ABORT, 'audit entries are never changed');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_entry_kept BEFORE DELETE ON audit_entry
BEGIN
    SELECT raise(ABORT, 'audit entries are never deleted');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_head_kept BEFORE DELETE ON audit_head
BEGIN
    SELECT raise(ABORT, 'the audit head is never deleted');
END;
-- +goose StatementEnd
