/* SPDX-License-Identifier: Apache-2.0 */
#include "results/sql.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sim.h"
#include "results/results.h"
#include "results/schema.h"

enum { BUSY_MS = 60000 };

/* SQLite's error in the words of whoever has to do something about it. */
static const char *reason(const struct sql *s)
{
    int system = sqlite3_system_errno(s->db), code = sqlite3_errcode(s->db);

    if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        return "another program has held the database locked for a minute";
    if (sqlite3_extended_errcode(s->db) == SQLITE_IOERR_WRITE)
        return "a write failed (quota, limit of file size, or the device)";
    if (code == SQLITE_CANTOPEN && system)
        return strerror(system);
    return sqlite3_errmsg(s->db);
}

static bool is_input(int code)
{
    return code == SQLITE_NOTADB || code == SQLITE_CORRUPT;
}

int sql_fail(struct sql *s, const char *doing)
{
    int code = sqlite3_errcode(s->db);

    if (s->error)
        return s->error;
    if (code == SQLITE_NOTADB)
        s->error = diag_add(s->diag, s->path, 0, 0, "not a database");
    else if (is_input(code))
        s->error = diag_add(s->diag, s->path, 0, 0, "damaged database: %s", reason(s));
    else
        s->error = diag_env(s->diag, s->path, "cannot %s: %s", doing, reason(s));
    return s->error;
}

int sql_exec(struct sql *s, const char *doing, const char *text)
{
    if (s->error)
        return s->error;
    return sqlite3_exec(s->db, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : sql_fail(s, doing);
}

int sql_prepare(struct sql *s, const char *doing, const char *text, sqlite3_stmt **out)
{
    *out = NULL;
    if (s->error)
        return s->error;
    if (sqlite3_prepare_v2(s->db, text, -1, out, NULL) != SQLITE_OK)
        return sql_fail(s, doing);
    return 0;
}

int sql_step(struct sql *s, const char *doing, sqlite3_stmt *stmt)
{
    int rc;

    if (s->error)
        return s->error;
    rc = sqlite3_step(stmt);
    if (rc != SQLITE_DONE && rc != SQLITE_ROW)
        sql_fail(s, doing);
    sqlite3_reset(stmt);
    return s->error;
}

int sql_number(struct sql *s, const char *text, int64_t arg, int64_t none, int64_t *out)
{
    sqlite3_stmt *stmt;
    int rc;

    *out = none;
    if (sql_prepare(s, "read", text, &stmt))
        return s->error;
    if (sqlite3_bind_parameter_count(stmt) > 0)
        sqlite3_bind_int64(stmt, 1, arg);
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW && sqlite3_column_type(stmt, 0) != SQLITE_NULL)
        *out = sqlite3_column_int64(stmt, 0);
    else if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        sql_fail(s, "read");
    sqlite3_finalize(stmt);
    return s->error;
}

void sql_rollback(struct sql *s)
{
    if (s->db && !sqlite3_get_autocommit(s->db))
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

/* ---- opening --------------------------------------------------------------------------------- */

static int check_file(struct sql *s, enum sql_mode mode, bool *is_new)
{
    struct stat st;

    *is_new = false;
    if (stat(s->path, &st) != 0) {
        if (mode == SQL_READ || errno != ENOENT)
            return s->error = diag_env(s->diag, s->path, "cannot open: %s", strerror(errno));
        *is_new = true;
    } else if (S_ISDIR(st.st_mode)) {
        return s->error = diag_add(s->diag, s->path, 0, 0, "is a directory, expected a database");
    }
    return 0;
}

/* A database that someone else made is never written to. */
static int check_ours(struct sql *s, bool *is_empty)
{
    int64_t id, tables;

    *is_empty = false;
    if (sql_number(s, "PRAGMA application_id", 0, 0, &id) ||
        sql_number(s, "PRAGMA user_version", 0, 0, &s->version) ||
        sql_number(s, "SELECT count(*) FROM sqlite_schema", 0, 0, &tables))
        return s->error;
    *is_empty = tables == 0 && id == 0 && s->version == 0;
    if (*is_empty)
        return 0;
    if (id != RESULTS_APPLICATION_ID)
        s->error = diag_add(s->diag, s->path, 0, 0,
                            "a database, but not one of results: application_id is 0x%08llx, "
                            "expected 0x%08x", (unsigned long long)id, RESULTS_APPLICATION_ID);
    else if (s->version > RESULTS_VERSION)
        s->error = diag_add(s->diag, s->path, 0, 0,
                            "made by a newer version: schema %lld, this program knows %d",
                            (long long)s->version, RESULTS_VERSION);
    return s->error;
}

/* Makes what is missing.  Two programs may meet at a new database: who comes second finds it
 * made. */
static int update(struct sql *s)
{
    bool is_empty;

    sql_exec(s, "update", "BEGIN IMMEDIATE");
    if (!check_ours(s, &is_empty) && s->version < RESULTS_VERSION)
        sql_exec(s, "update", results_schema);
    sql_exec(s, "update", "COMMIT");
    sql_rollback(s);
    return s->error;
}

static int prepare_to_write(struct sql *s)
{
    if (sqlite3_db_readonly(s->db, "main") == 1)
        return s->error = diag_env(s->diag, s->path, "cannot write: no permission");
    sql_exec(s, "write", "PRAGMA journal_mode = DELETE");
    return s->version < RESULTS_VERSION ? update(s) : s->error;
}

/* Who only reads leaves the file as it is. */
static int update_in_memory(struct sql *s)
{
    sqlite3_backup *copy;
    sqlite3 *memory;

    if (sqlite3_open(":memory:", &memory) != SQLITE_OK ||
        !(copy = sqlite3_backup_init(memory, "main", s->db, "main"))) {
        sqlite3_close(memory);
        return s->error = diag_env(s->diag, s->path, "out of memory");
    }
    sqlite3_backup_step(copy, -1);
    if (sqlite3_backup_finish(copy) != SQLITE_OK)
        s->error = diag_env(s->diag, s->path, "cannot read: %s", sqlite3_errmsg(memory));
    sqlite3_close(s->db);
    s->db = memory;
    return s->error ? s->error : update(s);
}

static int prepare_to_read(struct sql *s, bool is_empty)
{
    if (is_empty)
        return s->error = diag_add(s->diag, s->path, 0, 0, "an empty database, expected results");
    if (s->version < RESULTS_VERSION && update_in_memory(s))
        return s->error;
    return sql_exec(s, "read", "PRAGMA query_only = 1");
}

/* Readers open for writing too, where they may: only so can SQLite undo what a killed writer left.
 */
static int open_handle(struct sql *s, enum sql_mode mode)
{
    int flags = SQLITE_OPEN_READWRITE | (mode == SQL_WRITE ? SQLITE_OPEN_CREATE : 0);

    if (sqlite3_open_v2(s->path, &s->db, flags, NULL) != SQLITE_OK)
        return sql_fail(s, "open");
    sqlite3_busy_timeout(s->db, BUSY_MS);
    return 0;
}

static int open_checked(struct sql *s, enum sql_mode mode, bool *is_new)
{
    bool is_empty;

    if (check_file(s, mode, is_new) || open_handle(s, mode) || check_ours(s, &is_empty))
        return s->error;
    return mode == SQL_WRITE ? prepare_to_write(s) : prepare_to_read(s, is_empty);
}

static void remove_if_empty(const char *path)
{
    struct stat st;

    if (stat(path, &st) == 0 && st.st_size == 0)
        unlink(path);
}

int sql_open(struct sql *s, const char *path, enum sql_mode mode, struct diag *d)
{
    bool is_new = false;
    int error;

    *s = (struct sql){ .diag = d, .path = strdup(path) };
    if (!s->path)
        return diag_env(d, path, "out of memory");
    error = open_checked(s, mode, &is_new);
    if (!error)
        return 0;
    sqlite3_close(s->db);
    s->db = NULL;
    if (is_new)
        remove_if_empty(path);
    sql_close(s);
    return error;
}

void sql_close(struct sql *s)
{
    sqlite3_close(s->db);
    free(s->path);
    *s = (struct sql){ 0 };
}
