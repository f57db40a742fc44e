/* SPDX-License-Identifier: Apache-2.0 */
#include "results/results.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/sim.h"
#include "results/impl.h"

#define STATUS_NAME(NAME, word) word,
static const char *const status_name[] = { RESULTS_STATUS(STATUS_NAME) };

const char *results_status_name(enum results_status s)
{
    return status_name[s];
}

int results_error(const struct results *db)
{
    return db->sql.error;
}

/* ---- staging: a temporary table beside each table -------------------------------------------- */

static void stage_sql(char *buf, size_t size, const char *table, int columns)
{
    int at = snprintf(buf, size, "INSERT INTO temp.stage_%s VALUES (?1", table);

    for (int i = 0; i < columns; i++)
        at += snprintf(buf + at, size - (size_t)at, ", ?%d", i + 2);
    snprintf(buf + at, size - (size_t)at, ")");
}

static int stage_open(struct results *db, enum results_table_id t)
{
    const char *table = results_table_name[t];
    char text[200];

    snprintf(text, sizeof text, "CREATE TEMP TABLE stage_%s AS SELECT * FROM main.%s WHERE 0",
             table, table);
    sql_exec(&db->sql, "stage rows", text);
    stage_sql(text, sizeof text, table, results_table_columns[t]);
    return sql_prepare(&db->sql, "stage rows", text, &db->stage[t]);
}

/* What a run that was not ended has staged went with the rollback of its transaction. */
static int stage_commit(struct results *db, enum results_table_id t)
{
    const char *table = results_table_name[t];
    char text[200];

    snprintf(text, sizeof text, "INSERT INTO main.%s SELECT * FROM temp.stage_%s ORDER BY rowid",
             table, table);
    sql_exec(&db->sql, "write", text);
    snprintf(text, sizeof text, "DELETE FROM temp.stage_%s", table);
    return sql_exec(&db->sql, "write", text);
}

struct results *results_open(const char *path, struct diag *diag)
{
    struct results *db = calloc(1, sizeof *db);

    if (!db || sql_open(&db->sql, path, SQL_WRITE, diag)) {
        free(db);
        return NULL;
    }
    for (int t = 0; t < TABLE_COUNT; t++)
        stage_open(db, (enum results_table_id)t);
    if (db->sql.error) {
        results_close(db);
        return NULL;
    }
    return db;
}

static void forget_classes(struct results *db)
{
    for (size_t i = 0; i < db->classes; i++) {
        hist_destroy(&db->cls[i].hist);
        free(db->cls[i].name);
    }
    free(db->cls);
    db->cls = NULL;
    db->classes = 0;
}

void results_close(struct results *db)
{
    if (!db)
        return;
    if (db->open)
        results_run_drop(db, RESULTS_INTERRUPTED);
    forget_classes(db);
    for (int t = 0; t < TABLE_COUNT; t++)
        sqlite3_finalize(db->stage[t]);
    sql_close(&db->sql);
    free(db);
}

/* ---- the run's row --------------------------------------------------------------------------- */

static void bind_text(sqlite3_stmt *s, int at, const char *text)
{
    sqlite3_bind_text(s, at, text, -1, SQLITE_TRANSIENT);
}

static void bind_count(sqlite3_stmt *s, int at, uint64_t v)
{
    sqlite3_bind_int64(s, at, v > INT64_MAX ? INT64_MAX : (int64_t)v);
}

static void bind_optional(sqlite3_stmt *s, int at, uint64_t v)
{
    if (v == RESULTS_NONE)
        sqlite3_bind_null(s, at);
    else
        bind_count(s, at, v);
}

static int choose_id(struct results *db, int64_t wanted)
{
    int64_t taken;

    if (wanted == RESULTS_AUTO_ID)
        return sql_number(&db->sql, "SELECT coalesce(max(id), 0) + 1 FROM run", 0, 0, &db->run);
    db->run = wanted;
    if (sql_number(&db->sql, "SELECT 1 FROM run WHERE id = ?1", wanted, 0, &taken))
        return db->sql.error;
    if (taken)
        db->sql.error =
            diag_add(db->sql.diag, db->sql.path, 0, 0, "run %" PRId64 " is already there", wanted);
    return db->sql.error;
}

static int insert_run(struct results *db, const struct results_run *run)
{
    const char *const word[] = { run->label, run->version, run->arch, run->profile, run->mode,
                                 run->arrival, run->trace, run->trace_sha256,
                                 status_name[RESULTS_RUNNING] };
    sqlite3_stmt *s;

    if (sql_prepare(
            &db->sql, "write",
            "INSERT INTO run (id, seed, label, version, arch, profile, mode, arrival, trace,"
            " trace_sha256, status, started) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
            " strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
            &s))
        return db->sql.error;
    sqlite3_bind_int64(s, 1, db->run);
    sqlite3_bind_int64(s, 2, (int64_t)run->seed);
    for (int i = 0; i < (int)ARRAY_LEN(word); i++)
        bind_text(s, 3 + i, word[i]);
    sql_step(&db->sql, "write", s);
    sqlite3_finalize(s);
    return db->sql.error;
}

int results_run_begin(struct results *db, const struct results_run *run, int64_t *id)
{
    struct sql *s = &db->sql;

    SIM_CHECK(!db->open, "run %" PRId64 " has not ended", db->run);
    sql_exec(s, "write", "BEGIN IMMEDIATE");
    if (!s->error && !choose_id(db, run->id))
        insert_run(db, run);
    sql_exec(s, "write", "COMMIT");
    sql_exec(s, "stage rows", "BEGIN"); /* touches the staging tables alone until the run ends */
    if (s->error)
        sql_rollback(s);
    db->open = s->error == 0;
    if (id)
        *id = db->run;
    return s->error;
}

static int update_run(struct results *db, enum results_status status,
                      const struct results_totals *t)
{
    sqlite3_stmt *s;

    if (sql_prepare(&db->sql, "write",
                    "UPDATE main.run SET status = ?2, wall_s = ?3, requests = ?4, sim_ps = ?5 "
                    "WHERE id = ?1",
                    &s))
        return db->sql.error;
    sqlite3_bind_int64(s, 1, db->run);
    bind_text(s, 2, status_name[status]);
    if (t) {
        sqlite3_bind_double(s, 3, t->wall_s);
        bind_count(s, 4, t->requests);
        bind_count(s, 5, t->sim_ps);
    }
    sql_step(&db->sql, "write", s);
    sqlite3_finalize(s);
    return db->sql.error;
}

/* Kept apart from those of the streams: a view would have to go through all of their buckets. */
static void put_classes(struct results *db)
{
    size_t n = db->classes;

    for (size_t i = 0; i < n; i++)
        results_hist(db, "latency_all", db->cls[i].name, "ps", &db->cls[i].hist);
    forget_classes(db);
}

int results_run_end(struct results *db, enum results_status status, const struct results_totals *t)
{
    if (!db->open)
        return db->sql.error;
    put_classes(db);
    update_run(db, status, t);                 /* takes the lock before anything is copied */
    for (int i = 0; i < TABLE_COUNT; i++)
        stage_commit(db, (enum results_table_id)i);
    if (sql_exec(&db->sql, "write", "COMMIT")) {
        results_run_drop(db, RESULTS_FAILED);
        return db->sql.error;
    }
    db->open = false;
    return 0;
}

int results_run_drop(struct results *db, enum results_status status)
{
    int before = db->sql.error, error;

    forget_classes(db);
    if (!db->open)
        return before;
    for (int t = 0; t < TABLE_COUNT; t++)
        sqlite3_reset(db->stage[t]);
    sql_rollback(&db->sql);
    db->open = false;
    db->sql.error = 0;
    error = update_run(db, status, NULL);
    db->sql.error = before ? before : error;
    return db->sql.error;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* The statement for a row of the run under way, its run_id bound; NULL after a failure. */
static sqlite3_stmt *row(struct results *db, enum results_table_id t)
{
    if (db->sql.error)
        return NULL;
    SIM_CHECK(db->open, "a row of table %s and no run", results_table_name[t]);
    sqlite3_bind_int64(db->stage[t], 1, db->run);
    return db->stage[t];
}

static int staged(struct results *db, enum results_table_id t)
{
    return sql_step(&db->sql, "stage rows", db->stage[t]);
}

int results_point(struct results *db, const char *axis, const char *value)
{
    sqlite3_stmt *s = row(db, TABLE_point);

    if (!s)
        return db->sql.error;
    bind_text(s, 2, axis);
    bind_text(s, 3, value);
    return staged(db, TABLE_point);
}

int results_param(struct results *db, const char *path, const char *unit, uint64_t value)
{
    sqlite3_stmt *s = row(db, TABLE_param);

    if (!s)
        return db->sql.error;
    bind_text(s, 2, path);
    bind_text(s, 3, unit);
    bind_count(s, 4, value);
    return staged(db, TABLE_param);
}

int results_param_text(struct results *db, const char *path, const char *unit, const char *value)
{
    sqlite3_stmt *s = row(db, TABLE_param);

    if (!s)
        return db->sql.error;
    bind_text(s, 2, path);
    bind_text(s, 3, unit);
    bind_text(s, 4, value);
    return staged(db, TABLE_param);
}

int results_counter(struct results *db, const char *component, const char *name, const char *unit,
                    uint64_t value)
{
    sqlite3_stmt *s = row(db, TABLE_counter);

    if (!s)
        return db->sql.error;
    bind_text(s, 2, component);
    bind_text(s, 3, name);
    bind_text(s, 4, unit);
    bind_count(s, 5, value);
    return staged(db, TABLE_counter);
}

int results_histogram(struct results *db, const char *component, const char *name, const char *unit,
                      uint64_t lo, uint64_t hi, uint64_t count)
{
    sqlite3_stmt *s = row(db, TABLE_histogram);

    if (!s)
        return db->sql.error;
    bind_text(s, 2, component);
    bind_text(s, 3, name);
    bind_text(s, 4, unit);
    bind_count(s, 5, lo);
    bind_count(s, 6, hi);
    bind_count(s, 7, count);
    return staged(db, TABLE_histogram);
}

/* hist_percentile's, in the order of the columns */
static const unsigned percentile[] = { 500000, 900000, 990000, 999000 };

static int distribution(struct results *db, const char *component, const char *name,
                        const char *unit, const struct hist *h)
{
    sqlite3_stmt *s = row(db, TABLE_distribution);

    if (!s)
        return db->sql.error;
    bind_text(s, 2, component);
    bind_text(s, 3, name);
    bind_text(s, 4, unit);
    bind_count(s, 5, h->count);
    bind_count(s, 6, h->sum);
    bind_count(s, 7, h->min);
    for (size_t i = 0; i < ARRAY_LEN(percentile); i++)
        bind_count(s, 8 + (int)i, hist_percentile(h, percentile[i]));
    bind_count(s, 12, h->max);
    return staged(db, TABLE_distribution);
}

static struct class_latency *class_latency(struct results *db, const char *name)
{
    struct class_latency *grown;

    for (size_t i = 0; i < db->classes; i++)
        if (strcmp(db->cls[i].name, name) == 0)
            return &db->cls[i];
    grown = realloc(db->cls, (db->classes + 1) * sizeof *grown);
    if (!grown)
        return NULL;
    db->cls = grown;
    grown[db->classes].name = strdup(name);
    hist_init(&grown[db->classes].hist);
    return grown[db->classes].name ? &grown[db->classes++] : NULL;
}

/* name: STREAM/CLASS */
static int add_to_class(struct results *db, const char *name, const struct hist *h)
{
    const char *slash = strchr(name, '/'), *const of[] = { slash ? slash + 1 : name, "all" };

    for (size_t i = 0; i < ARRAY_LEN(of) && !db->sql.error; i++) {
        struct class_latency *c = class_latency(db, of[i]);

        if (!c || hist_merge(&c->hist, h))
            db->sql.error = diag_env(db->sql.diag, db->sql.path, "out of memory");
    }
    return db->sql.error;
}

int results_hist(struct results *db, const char *component, const char *name, const char *unit,
                 const struct hist *h)
{
    for (size_t i = hist_next(h, 0); i < HIST_BUCKETS; i = hist_next(h, i + 1)) {
        uint64_t lo, hi;

        hist_bounds(i, &lo, &hi);
        results_histogram(db, component, name, unit, lo < h->min ? h->min : lo,
                          hi > h->max ? h->max : hi, hist_bucket(h, i));
    }
    return results_hist_short(db, component, name, unit, h);
}

int results_hist_short(struct results *db, const char *component, const char *name, const char *unit,
                       const struct hist *h)
{
    if (h->count && strcmp(component, "latency") == 0)
        add_to_class(db, name, h);
    return h->count ? distribution(db, component, name, unit, h) : db->sql.error;
}

int results_latency(struct results *db, uint32_t stream, const char *cls, const char *cause,
                    uint64_t count, uint64_t sum_ps)
{
    sqlite3_stmt *s = row(db, TABLE_latency_class);

    if (!s)
        return db->sql.error;
    bind_count(s, 2, stream);
    bind_text(s, 3, cls);
    bind_text(s, 4, cause);
    bind_count(s, 5, count);
    bind_count(s, 6, sum_ps);
    return staged(db, TABLE_latency_class);
}

int results_interval(struct results *db, uint64_t t_ps, const char *component, const char *name,
                     uint64_t value)
{
    sqlite3_stmt *s = row(db, TABLE_interval);

    if (!s)
        return db->sql.error;
    bind_count(s, 2, t_ps);
    bind_text(s, 3, component);
    bind_text(s, 4, name);
    bind_count(s, 5, value);
    return staged(db, TABLE_interval);
}

int results_fault(struct results *db, const struct results_fault *f)
{
    sqlite3_stmt *s = row(db, TABLE_fault);

    if (!s)
        return db->sql.error;
    bind_count(s, 2, f->t_ps);
    bind_count(s, 3, f->stream);
    bind_optional(s, 4, f->substream);
    sqlite3_bind_int64(s, 5, (int64_t)f->iova);
    bind_text(s, 6, f->event);
    bind_optional(s, 7, f->stage ? f->stage : RESULTS_NONE);
    bind_text(s, 8, f->cls);
    bind_text(s, 9, f->detail);
    return staged(db, TABLE_fault);
}

int results_stale(struct results *db, const struct results_stale *r)
{
    sqlite3_stmt *s = row(db, TABLE_stale);

    if (!s)
        return db->sql.error;
    bind_count(s, 2, r->t_ps);
    bind_count(s, 3, r->request);
    bind_count(s, 4, r->stream);
    sqlite3_bind_int64(s, 5, (int64_t)r->iova);
    bind_text(s, 6, r->cached);
    bind_text(s, 7, r->current);
    bind_count(s, 8, r->changed_ps);
    bind_optional(s, 9, r->invalidated_ps);
    return staged(db, TABLE_stale);
}

int results_mismatch(struct results *db, uint64_t t_ps, uint64_t request, const char *field,
                     const char *expected, const char *found)
{
    sqlite3_stmt *s = row(db, TABLE_mismatch);

    if (!s)
        return db->sql.error;
    bind_count(s, 2, t_ps);
    bind_count(s, 3, request);
    bind_text(s, 4, field);
    bind_text(s, 5, expected);
    bind_text(s, 6, found);
    return staged(db, TABLE_mismatch);
}

/* ---- co-simulation ---------------------------------------------------------------------------- */

int results_cosim_latency(struct results *db, const struct results_cosim_latency *l)
{
    sqlite3_stmt *s = row(db, TABLE_cosim_latency);

    if (!s)
        return db->sql.error;
    bind_text(s, 2, l->cls);
    bind_text(s, 3, l->side);
    bind_count(s, 4, l->n);
    sqlite3_bind_double(s, 5, l->mean);
    sqlite3_bind_double(s, 6, l->sd);
    bind_count(s, 7, l->p50);
    bind_count(s, 8, l->p95);
    bind_count(s, 9, l->p99);
    bind_count(s, 10, l->min);
    bind_count(s, 11, l->max);
    return staged(db, TABLE_cosim_latency);
}

int results_cosim_mismatch(struct results *db, const struct results_cosim_mismatch *m)
{
    sqlite3_stmt *s = row(db, TABLE_cosim_mismatch);

    if (!s)
        return db->sql.error;
    bind_count(s, 2, m->seq);
    bind_text(s, 3, m->kind);
    bind_optional(s, 4, m->request);
    bind_count(s, 5, m->cycle);
    bind_text(s, 6, m->expected);
    bind_text(s, 7, m->found);
    bind_text(s, 8, m->trace);
    bind_text(s, 9, m->wave);
    return staged(db, TABLE_cosim_mismatch);
}

int results_cosim_coverage(struct results *db, const char *unit, const char *kind, uint64_t hit, uint64_t total)
{
    sqlite3_stmt *s = row(db, TABLE_cosim_coverage);

    if (!s)
        return db->sql.error;
    bind_text(s, 2, unit);
    bind_text(s, 3, kind);
    bind_count(s, 4, hit);
    bind_count(s, 5, total);
    return staged(db, TABLE_cosim_coverage);
}

int results_cosim_bin(struct results *db, const char *name, uint64_t hits)
{
    sqlite3_stmt *s = row(db, TABLE_cosim_bin);

    if (!s)
        return db->sql.error;
    bind_text(s, 2, name);
    bind_count(s, 3, hits);
    return staged(db, TABLE_cosim_bin);
}
