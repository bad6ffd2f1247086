-- +goose Up

-- What the office does by the calendar. every is in seconds; anchor, due and last are instants; last is NULL until run.
CREATE TABLE schedule_job (
    name   TEXT   NOT NULL COLLATE "C" PRIMARY KEY,
    every  BIGINT NOT NULL,
    anchor BIGINT NOT NULL,
    due    BIGINT NOT NULL,
    last   BIGINT
);
