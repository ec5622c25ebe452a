#include "CEmbeddedFiles.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char sqlite_0001[] = {
#embed "../../migrations/sqlite/0001_schema.sql"
};
static const unsigned char sqlite_0002[] = {
#embed "../../migrations/sqlite/0002_former_devices.sql"
};
static const unsigned char sqlite_0003[] = {
#embed "../../migrations/sqlite/0003_bounded_reads.sql"
};
static const unsigned char sqlite_0004[] = {
#embed "../../migrations/sqlite/0004_block_last_seen.sql"
};
static const unsigned char sqlite_0005[] = {
#embed "../../migrations/sqlite/0005_server_keys.sql"
};
static const unsigned char sqlite_0006[] = {
#embed "../../migrations/sqlite/0006_outbox.sql"
};
static const unsigned char sqlite_0007[] = {
#embed "../../migrations/sqlite/0007_void_tokens.sql"
};
static const unsigned char sqlite_0008[] = {
#embed "../../migrations/sqlite/0008_contacts.sql"
};
static const unsigned char sqlite_0009[] = {
#embed "../../migrations/sqlite/0009_candidate_marks.sql"
};
static const unsigned char sqlite_0010[] = {
#embed "../../migrations/sqlite/0010_push.sql"
};
static const unsigned char sqlite_0011[] = {
#embed "../../migrations/sqlite/0011_description_marks.sql"
};
static const unsigned char sqlite_0012[] = {
#embed "../../migrations/sqlite/0012_refusals.sql"
};
static const unsigned char sqlite_0013[] = {
#embed "../../migrations/sqlite/0013_outbox_by_recipient.sql"
};
static const unsigned char sqlite_0014[] = {
#embed "../../migrations/sqlite/0014_outbox_users.sql"
};
static const unsigned char sqlite_0015[] = {
#embed "../../migrations/sqlite/0015_do_not_disturb.sql"
};
static const unsigned char sqlite_0016[] = {
#embed "../../migrations/sqlite/0016_seen_calls.sql"
};
static const unsigned char sqlite_0017[] = {
#embed "../../migrations/sqlite/0017_push_tokens.sql"
};
static const unsigned char sqlite_0018[] = {
#embed "../../migrations/sqlite/0018_one_token_one_device.sql"
};
static const unsigned char postgresql_0001[] = {
#embed "../../migrations/postgresql/0001_schema.sql"
};
static const unsigned char postgresql_0002[] = {
#embed "../../migrations/postgresql/0002_block_last_seen.sql"
};
static const unsigned char postgresql_0003[] = {
#embed "../../migrations/postgresql/0003_server_keys.sql"
};
static const unsigned char postgresql_0004[] = {
#embed "../../migrations/postgresql/0004_outbox.sql"
};
static const unsigned char postgresql_0005[] = {
#embed "../../migrations/postgresql/0005_void_tokens.sql"
};
static const unsigned char postgresql_0006[] = {
#embed "../../migrations/postgresql/0006_revocations.sql"
};
static const unsigned char postgresql_0007[] = {
#embed "../../migrations/postgresql/0007_retention.sql"
};
static const unsigned char postgresql_0008[] = {
#embed "../../migrations/postgresql/0008_contacts.sql"
};
static const unsigned char postgresql_0009[] = {
#embed "../../migrations/postgresql/0009_push.sql"
};
static const unsigned char postgresql_0010[] = {
#embed "../../migrations/postgresql/0010_candidate_marks.sql"
};
static const unsigned char postgresql_0011[] = {
#embed "../../migrations/postgresql/0011_refusals.sql"
};
static const unsigned char postgresql_0012[] = {
#embed "../../migrations/postgresql/0012_outbox_by_recipient.sql"
};
static const unsigned char postgresql_0013[] = {
#embed "../../migrations/postgresql/0013_outbox_users.sql"
};
static const unsigned char postgresql_0014[] = {
#embed "../../migrations/postgresql/0014_do_not_disturb.sql"
};
static const unsigned char postgresql_0015[] = {
#embed "../../migrations/postgresql/0015_seen_calls.sql"
};
static const unsigned char postgresql_0016[] = {
#embed "../../migrations/postgresql/0016_push_tokens.sql"
};
static const unsigned char postgresql_0017[] = {
#embed "../../migrations/postgresql/0017_one_token_one_device.sql"
};

#define FILE(path, bytes) {path, bytes, sizeof bytes}
static const EmbeddedFile sqlite[] = {
    FILE("0001_schema.sql", sqlite_0001),
    FILE("0002_former_devices.sql", sqlite_0002),
    FILE("0003_bounded_reads.sql", sqlite_0003),
    FILE("0004_block_last_seen.sql", sqlite_0004),
    FILE("0005_server_keys.sql", sqlite_0005),
    FILE("0006_outbox.sql", sqlite_0006),
    FILE("0007_void_tokens.sql", sqlite_0007),
    FILE("0008_contacts.sql", sqlite_0008),
    FILE("0009_candidate_marks.sql", sqlite_0009),
    FILE("0010_push.sql", sqlite_0010),
    FILE("0011_description_marks.sql", sqlite_0011),
    FILE("0012_refusals.sql", sqlite_0012),
    FILE("0013_outbox_by_recipient.sql", sqlite_0013),
    FILE("0014_outbox_users.sql", sqlite_0014),
    FILE("0015_do_not_disturb.sql", sqlite_0015),
    FILE("0016_seen_calls.sql", sqlite_0016),
    FILE("0017_push_tokens.sql", sqlite_0017),
    FILE("0018_one_token_one_device.sql", sqlite_0018),
};
static const EmbeddedFile postgresql[] = {
    FILE("0001_schema.sql", postgresql_0001),
    FILE("0002_block_last_seen.sql", postgresql_0002),
    FILE("0003_server_keys.sql", postgresql_0003),
    FILE("0004_outbox.sql", postgresql_0004),
    FILE("0005_void_tokens.sql", postgresql_0005),
    FILE("0006_revocations.sql", postgresql_0006),
    FILE("0007_retention.sql", postgresql_0007),
    FILE("0008_contacts.sql", postgresql_0008),
    FILE("0009_push.sql", postgresql_0009),
    FILE("0010_candidate_marks.sql", postgresql_0010),
    FILE("0011_refusals.sql", postgresql_0011),
    FILE("0012_outbox_by_recipient.sql", postgresql_0012),
    FILE("0013_outbox_users.sql", postgresql_0013),
    FILE("0014_do_not_disturb.sql", postgresql_0014),
    FILE("0015_seen_calls.sql", postgresql_0015),
    FILE("0016_push_tokens.sql", postgresql_0016),
    FILE("0017_one_token_one_device.sql", postgresql_0017),
};

const EmbeddedFile *embedded_migrations(EmbeddedStore store, size_t *count) {
    switch (store) {
    case EMBEDDED_STORE_SQLITE:
        *count = sizeof sqlite / sizeof *sqlite;
        return sqlite;
    case EMBEDDED_STORE_POSTGRESQL:
        *count = sizeof postgresql / sizeof *postgresql;
        return postgresql;
    }
    *count = 0;
    return NULL;
}
