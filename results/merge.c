/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/sim.h"
#include "results/impl.h"
#include "results/results.h"

/* Opening the shard by itself checks it, and undoes what a killed writer left in it. */
static int check_shard(struct results *db, const char *from, int64_t id)
{
    struct sql shard;
    int64_t there = 0;
    int error = sql_open(&shard, from, SQL_READ, db->sql.diag);

    if (!error)
        error = sql_number(&shard, "SELECT 1 FROM run WHERE id = ?1", id, 0, &there);
    if (!error && !there)
        error = diag_add(db->sql.diag, from, 0, 0, "no run %" PRId64 " in it", id);
    else if (!error && shard.version < RESULTS_VERSION)
        error = diag_add(db->sql.diag, from, 0, 0,
                         "made by an older version: schema %" PRId64 ", expected %d",
                         shard.version, RESULTS_VERSION);
    sql_close(&shard);
    return error;
}

static int attach(struct sql *s, const char *from)
{
    sqlite3_stmt *stmt;

    if (sql_prepare(s, "read", "ATTACH ?1 AS shard", &stmt))
        return s->error;
    sqlite3_bind_text(stmt, 1, from, -1, SQLITE_TRANSIENT);
    sql_step(s, "read", stmt);
    sqlite3_finalize(stmt);
    return s->error;
}

static int run_sql(struct sql *s, int64_t id, const char *fmt, const char *table)
{
    char text[160];
    sqlite3_stmt *stmt;

    snprintf(text, sizeof text, fmt, table, table);
    if (sql_prepare(s, "write", text, &stmt))
        return s->error;
    sqlite3_bind_int64(stmt, 1, id);
    sql_step(s, "write", stmt);
    sqlite3_finalize(stmt);
    return s->error;
}

static int copy(struct sql *s, int64_t id)
{
    int64_t done;

    if (sql_number(s, "SELECT 1 FROM main.run WHERE id = ?1 AND status = 'done'", id, 0, &done))
        return s->error;
    if (done)
        return s->error = diag_add(s->diag, s->path, 0, 0, "run %" PRId64 " is already there", id);
    for (int t = 0; t < TABLE_COUNT; t++)
        run_sql(s, id, "DELETE FROM main.%s WHERE run_id = ?1", results_table_name[t]);
    run_sql(s, id, "DELETE FROM main.run WHERE id = ?1", "");
    run_sql(s, id, "INSERT INTO main.run SELECT * FROM shard.run WHERE id = ?1", "");
    for (int t = 0; t < TABLE_COUNT; t++)
        run_sql(s, id,
                "INSERT INTO main.%s SELECT * FROM shard.%s WHERE run_id = ?1 ORDER BY rowid",
                results_table_name[t]);
    return s->error;
}

int results_merge(struct results *db, const char *from, int64_t id)
{
    struct sql *s = &db->sql;
    int error = check_shard(db, from, id);

    SIM_CHECK(!db->open, "run %" PRId64 " has not ended", db->run);
    if (error || attach(s, from))
        return error ? error : s->error;
    sql_exec(s, "write", "BEGIN IMMEDIATE");
    if (!s->error)
        copy(s, id);
    sql_exec(s, "write", "COMMIT");
    sql_rollback(s);
    sqlite3_exec(s->db, "DETACH shard", NULL, NULL, NULL);
    return s->error;
}

/* ---- dump ------------------------------------------------------------------------------------ */

/* SELECT quote(a) || '|' || quote(b)... of all columns but those that differ between equal runs. */
static const char dump_sql[] =
    "SELECT 'SELECT ' || group_concat('quote(\"' || name || '\")', ' || ''|'' || ') ||"
    " ' FROM \"' || ?1 || '\" ORDER BY ' || CASE ?1 WHEN 'run' THEN 'id' ELSE 'run_id, rowid' END"
    " FROM (SELECT name FROM pragma_table_info(?1) WHERE name NOT IN ('started', 'wall_s') ORDER "
    "BY cid)";

static int dump_rows(struct sql *s, const char *table, const char *select, FILE *to)
{
    sqlite3_stmt *stmt;
    int rc;

    if (sql_prepare(s, "read", select, &stmt))
        return s->error;
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
        fprintf(to, "%s|%s\n", table, (const char *)sqlite3_column_text(stmt, 0));
    if (rc != SQLITE_DONE)
        sql_fail(s, "read");
    sqlite3_finalize(stmt);
    return s->error;
}

static int dump_table(struct sql *s, const char *table, FILE *to)
{
    sqlite3_stmt *stmt;

    if (sql_prepare(s, "read", dump_sql, &stmt))
        return s->error;
    sqlite3_bind_text(stmt, 1, table, -1, SQLITE_STATIC);
    if (sqlite3_step(stmt) == SQLITE_ROW)
        dump_rows(s, table, (const char *)sqlite3_column_text(stmt, 0), to);
    else
        sql_fail(s, "read");
    sqlite3_finalize(stmt);
    return s->error;
}

int results_dump(const char *path, FILE *to, struct diag *diag)
{
    struct sql s;
    int error = sql_open(&s, path, SQL_READ, diag);

    if (error)
        return error;
    dump_table(&s, "run", to);
    for (int t = 0; t < TABLE_COUNT; t++)
        dump_table(&s, results_table_name[t], to);
    error = s.error;
    sql_close(&s);
    return error;
}
