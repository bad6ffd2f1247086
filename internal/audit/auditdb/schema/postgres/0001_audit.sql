-- +goose Up

-- One row per entry, as package audit encodes and chains it.
CREATE TABLE audit_entry (
    seq     BIGINT PRIMARY KEY,
    entry   TEXT   NOT NULL,
    hash    BYTEA  NOT NULL CHECK (length(hash) = 32),
    law     TEXT   GENERATED ALWAYS AS (entry::json ->> 'law') STORED,
    subject TEXT   GENERATED ALWAYS AS (entry::json ->> 'subject') STORED
);

CREATE INDEX audit_entry_law ON audit_entry (law);
CREATE INDEX audit_entry_subject ON audit_entry (subject);

-- One row: the signed head.
CREATE TABLE audit_head (
    id         BIGINT PRIMARY KEY CHECK (id = 1),
    checkpoint TEXT   NOT NULL
);

-- +goose StatementBegin
CREATE FUNCTION audit_entry_at_the_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF new.seq IS DISTINCT FROM (SELECT coalesce(max(seq), 0) + 1 FROM audit_entry) THEN
        RAISE EXCEPTION 'audit entries are written at the end';
    END IF;
    RETURN new;
END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION audit_refused() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', tg_argv[0];
END
$$;
-- +goose StatementEnd

CREATE TRIGGER audit_entry_at_the_end BEFORE INSERT ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_entry_at_the_end();

CREATE TRIGGER audit_entry_unchanged BEFORE UPDATE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_refused('audit entries are never changed');

CREATE TRIGGER audit_entry_kept BEFORE DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_refused('audit entries are never deleted');

CREATE TRIGGER audit_head_kept BEFORE DELETE ON audit_head
    FOR EACH ROW EXECUTE FUNCTION audit_refused('the audit head is never deleted');

-- PostgreSQL can empty a table without deleting its rows.
CREATE TRIGGER audit_entry_not_truncated BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refused('audit entries are never deleted');

CREATE TRIGGER audit_head_not_truncated BEFORE TRUNCATE ON audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refused('the audit head is never deleted');
