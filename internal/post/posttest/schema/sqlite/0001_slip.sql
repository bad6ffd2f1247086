-- +goose Up

-- What the office has said, and what it has been told, in the order in which it was.
CREATE TABLE said (receiver TEXT NOT NULL, topic TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (receiver, topic, number)) STRICT;
CREATE TABLE told (n INTEGER PRIMARY KEY, sender TEXT NOT NULL, topic TEXT NOT NULL, number INTEGER NOT NULL, words TEXT NOT NULL) STRICT;
