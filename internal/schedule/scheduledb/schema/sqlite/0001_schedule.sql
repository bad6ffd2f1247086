-- +goose Up

-- What the office does by the calendar. every is in seconds; anchor, due and last are instants; last is NULL until run.
CREATE TABLE schedule_job (
    name   TEXT    NOT NULL PRIMARY KEY,
    every  INTEGER NOT NULL,
    anchor INTEGER NOT NULL,
    due    INTEGER NOT NULL,
    last   INTEGER
) STRICT;
