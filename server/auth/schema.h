/* schema: the tables of who may come in.  One step for main's list of migrations, the same text on both engines; q_version
 * (with its row `auth`) is made by the room meta.  Users themselves are records of the module `user`; here is only what is
 * secret or fleeting, by the user's id.  Instants are microseconds UTC, secrets are stored as BLAKE2b-256 in hex. */
#ifndef AUTH_SCHEMA_H
#define AUTH_SCHEMA_H

static const char auth_schema_sql[] =
    "CREATE TABLE q_credential(user_id BIGINT PRIMARY KEY, hash TEXT NOT NULL, changed_at BIGINT NOT NULL);"
    "CREATE TABLE q_session(id BIGINT PRIMARY KEY, token_hash TEXT NOT NULL UNIQUE, user_id BIGINT NOT NULL, created_at BIGINT NOT NULL,"
    " seen_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, address TEXT NOT NULL, agent TEXT NOT NULL);"
    "CREATE INDEX q_session_user ON q_session(user_id);"
    "CREATE INDEX q_session_expires ON q_session(expires_at);"
    /* expires_at 0: never */
    "CREATE TABLE q_token(id BIGINT PRIMARY KEY, name TEXT NOT NULL, token_hash TEXT NOT NULL UNIQUE, user_id BIGINT NOT NULL,"
    " created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, last_used_at BIGINT, revoked_at BIGINT);"
    "CREATE INDEX q_token_user ON q_token(user_id);"
    /* see attempt.h; key: p: pair of account and address, a: address, e: account */
    "CREATE TABLE q_attempt(key TEXT PRIMARY KEY, failed BIGINT NOT NULL, at BIGINT NOT NULL, until BIGINT NOT NULL, signed_in_at BIGINT NOT NULL);"
    "CREATE INDEX q_attempt_at ON q_attempt(at);";
#endif
