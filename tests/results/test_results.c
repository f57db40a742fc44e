/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/sim.h"
#include "results/results.h"
#include "results/schema.h"
#include "results/table.h"
#include "suite.h"

/* A directory of its own for each test, and a database in it. */
struct bench {
    char dir[64], path[96];
    struct diag diag;
};

static void bench_up(struct bench *b)
{
    snprintf(b->dir, sizeof b->dir, "/tmp/test_results.XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(b->dir));
    snprintf(b->path, sizeof b->path, "%s/results.db", b->dir);
    diag_init(&b->diag);
}

/* Fails if anything but the database is left. */
static void bench_down(struct bench *b)
{
    unlink(b->path);
    CHECK_EQ(rmdir(b->dir), 0);
    diag_destroy(&b->diag);
}

static void put_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fputs(text, f);
    fclose(f);
}

/* The first column of the first row, as text; "" for no row and NULL. */
static const char *ask(const char *path, const char *text)
{
    static char answer[8][400];
    static int turn;
    char *out = answer[turn++ % 8];
    sqlite3 *db;
    sqlite3_stmt *s = NULL;

    out[0] = 0;
    CU_ASSERT_EQUAL_FATAL(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2(db, text, -1, &s, NULL) != SQLITE_OK)
        fprintf(stderr, "\n%s: %s\n", text, sqlite3_errmsg(db));
    else if (sqlite3_step(s) == SQLITE_ROW && sqlite3_column_text(s, 0))
        snprintf(out, sizeof answer[0], "%s", (const char *)sqlite3_column_text(s, 0));
    sqlite3_finalize(s);
    sqlite3_close(db);
    return out;
}

static struct results_run some_run(int64_t id)
{
    return (struct results_run){ .id = id, .label = "first try", .version = "0.1.0",
                                 .arch = "smmuv3", .profile = "tiny", .seed = 7, .mode = "timed",
                                 .arrival = "serial", .trace = "small.trc",
                                 .trace_sha256 = "ab" };
}

static const struct results_totals some_totals = { .wall_s = 0.5, .requests = 10,
                                                  .sim_ps = 4000000 };

static struct results *opened(struct bench *b)
{
    struct results *db = results_open(b->path, &b->diag);

    diag_print(&b->diag, stderr);
    CU_ASSERT_PTR_NOT_NULL_FATAL(db);
    return db;
}

static void ten_of(struct results *db, const char *name, uint64_t ps)
{
    struct hist h;

    hist_init(&h);
    hist_add(&h, ps, 10);
    results_hist(db, "latency", name, "ps", &h);
    hist_destroy(&h);
}

static void some_rows(struct results *db)
{
    results_point(db, "smmu.tlb.ways", "4");
    results_param(db, "smmu.tlb.sets", "1", 16);
    results_param_text(db, "smmu.tlb.policy", "lru|fifo", "lru");
    results_counter(db, "smmu.tlb", "lookups", "1", 10);
    results_counter(db, "smmu.tlb", "hits", "1", 7);
    results_counter(db, "smmu.tlb", "storage_bits", "bits", 4096);
    results_counter(db, "standard", "tlb_miss", "1", 3);
    ten_of(db, "8/hit", 1003);
    results_latency(db, 8, "hit", "lookup", 10, 10000);
    results_latency(db, 8, "hit", "port", 2, 5000);
    results_interval(db, 0, "smmu.tlb", "misses", 3);
    results_fault(db, &(struct results_fault){ .t_ps = 5, .stream = 8, .substream = RESULTS_NONE,
                                               .iova = 0xffffffffffffe000, .event = "F_TRANSLATION",
                                               .stage = 1, .cls = "IN" });
    results_stale(db, &(struct results_stale){ .t_ps = 6, .request = 3, .stream = 8, .iova = 0x1000,
                                               .cached = "0x41000 rw", .current = "F_TRANSLATION",
                                               .changed_ps = 4, .invalidated_ps = RESULTS_NONE });
    results_mismatch(db, 7, 4, "pa", "0x1000", "0x2000");
    results_cosim_latency(db, &(struct results_cosim_latency){ .cls = "tlb-hit", .side = "dut", .n = 10, .mean = 3.5,
                                                               .p50 = 3, .p95 = 4, .p99 = 4, .min = 3, .max = 4 });
    results_cosim_mismatch(db, &(struct results_cosim_mismatch){ .kind = "hang", .request = RESULTS_NONE, .cycle = 99,
                                                                 .expected = "a SYNC", .found = "nothing" });
    results_cosim_coverage(db, "walker", "line", 90, 100);
    results_cosim_bin(db, "ok/s1", 7);
}

static int64_t one_run(struct results *db, int64_t id)
{
    struct results_run run = some_run(id);

    CHECK_EQ(results_run_begin(db, &run, &id), 0);
    some_rows(db);
    CHECK_EQ(results_run_end(db, RESULTS_DONE, &some_totals), 0);
    return id;
}

/* ---- the contract ---------------------------------------------------------------------------- */

static void has_columns(const char *path, const char *table, const char *columns)
{
    char text[200];

    snprintf(text, sizeof text,
             "SELECT group_concat(name, ' ') FROM (SELECT name FROM pragma_table_info('%s') ORDER "
             "BY cid)",
             table);
    CHECK_STR(ask(path, text), columns);
}

static void tables_and_views_have_the_columns_of_the_contract(void)
{
    static const char *const column[][2] = {
        { "run", "id label started wall_s version arch profile seed mode arrival trace "
                 "trace_sha256 requests sim_ps status" },
        { "point", "run_id axis value" },
        { "param", "run_id path unit value" },
        { "counter", "run_id component name unit value" },
        { "histogram", "run_id component name unit lo hi count" },
        { "distribution", "run_id component name unit count sum min p50 p90 p99 p999 max" },
        { "latency_class", "run_id stream class cause count sum_ps" },
        { "interval", "run_id t_ps component name value" },
        { "fault", "run_id t_ps stream substream iova event stage class detail" },
        { "stale", "run_id t_ps request stream iova cached current changed_ps invalidated_ps" },
        { "mismatch", "run_id t_ps request field expected found" },
        { "cosim_latency", "run_id class side n mean sd p50 p95 p99 min max" },
        { "cosim_mismatch", "run_id seq kind request cycle expected found trace wave" },
        { "cosim_coverage", "run_id unit kind hit total" },
        { "cosim_bin", "run_id name hits" },
        { "hit_rate", "run_id component lookups hits rate" },
        { "latency", "run_id stream class count mean p50 p90 p99 p999 max" },
        { "latency_all", "run_id class count mean p50 p90 p99 p999 max" },
        { "cause", "run_id class cause requests count sum_ps mean_ns share" },
        { "standard", "run_id name unit value" },
        { "storage", "run_id component bits" },
    };
    struct bench b;

    bench_up(&b);
    results_close(opened(&b));
    for (size_t i = 0; i < ARRAY_LEN(column); i++)
        has_columns(b.path, column[i][0], column[i][1]);
    CHECK_STR(ask(b.path, "SELECT name FROM pragma_table_info('summary') WHERE cid = 0"), "run_id");
    CHECK_STR(ask(b.path, "PRAGMA user_version"), "3");
    CHECK_STR(ask(b.path, "PRAGMA journal_mode"), "delete");
    bench_down(&b);
}

static void the_list_of_tables_is_the_schemas(void)
{
    struct bench b;
    char text[200], n[12];

    bench_up(&b);
    results_close(opened(&b));
    snprintf(n, sizeof n, "%d", TABLE_COUNT + 1);
    CHECK_STR(ask(b.path, "SELECT count(*) FROM sqlite_schema WHERE type = 'table'"), n);
    for (int t = 0; t < TABLE_COUNT; t++) {
        snprintf(text, sizeof text, "SELECT count(*) - 1 FROM pragma_table_info('%s')",
                 results_table_name[t]);
        snprintf(n, sizeof n, "%d", results_table_columns[t]);
        CHECK_STR(ask(b.path, text), n);
    }
    bench_down(&b);
}

/* ---- life of a run --------------------------------------------------------------------------- */

static void the_run_is_seen_at_once_and_its_rows_at_the_end(void)
{
    struct bench b;
    struct results *db;
    struct results_run run = some_run(RESULTS_AUTO_ID);

    bench_up(&b);
    db = opened(&b);
    CHECK_EQ(results_run_begin(db, &run, NULL), 0);
    some_rows(db);
    CHECK_STR(ask(b.path, "SELECT status FROM run"), "running");
    CHECK_STR(ask(b.path, "SELECT count(*) FROM counter"), "0");
    CHECK_EQ(results_run_end(db, RESULTS_DONE, &some_totals), 0);
    CHECK_STR(ask(b.path, "SELECT status || requests || sim_ps || seed FROM run"),
              "done1040000007");
    CHECK_STR(ask(b.path, "SELECT count(*) FROM counter"), "4");
    results_close(db);
    bench_down(&b);
}

static void every_row_keeps_its_values(void)
{
    struct bench b;
    struct results *db;

    bench_up(&b);
    db = opened(&b);
    one_run(db, RESULTS_AUTO_ID);
    results_close(db);
    CHECK_STR(ask(b.path, "SELECT typeof(value) || value FROM point"), "integer4");
    CHECK_STR(ask(b.path, "SELECT group_concat(path || typeof(value) || value) FROM param"),
              "smmu.tlb.setsinteger16,smmu.tlb.policytextlru");
    CHECK_STR(ask(b.path,
                  "SELECT printf('%d %s 0x%x %s %d %s %s', stream, substream IS NULL, iova, event,"
                  " stage, class, detail IS NULL) FROM fault"),
              "8 1 0xffffffffffffe000 F_TRANSLATION 1 IN 1");
    CHECK_STR(ask(b.path,
                  "SELECT printf('%d %d %d %x %s %s %d %d', t_ps, request, stream, iova, cached,"
                  " current, changed_ps, invalidated_ps IS NULL) FROM stale"),
              "6 3 8 1000 0x41000 rw F_TRANSLATION 4 1");
    CHECK_STR(ask(b.path, "SELECT printf('%d %d %s %s %s', t_ps, request, field, expected, found)"
                          " FROM mismatch"), "7 4 pa 0x1000 0x2000");
    CHECK_STR(
        ask(b.path, "SELECT printf('%d %s %s %d', t_ps, component, name, value) FROM interval"),
        "0 smmu.tlb misses 3");
    bench_down(&b);
}

static void a_second_run_is_appended(void)
{
    struct bench b;
    struct results *db;

    bench_up(&b);
    db = opened(&b);
    CHECK_EQ(one_run(db, RESULTS_AUTO_ID), 1);
    results_close(db);
    db = opened(&b);
    CHECK_EQ(one_run(db, RESULTS_AUTO_ID), 2);
    CHECK_EQ(one_run(db, 9), 9);
    CHECK_EQ(one_run(db, RESULTS_AUTO_ID), 10);
    results_close(db);
    CHECK_STR(
        ask(b.path, "SELECT group_concat(run_id || ':' || value) FROM counter WHERE name = 'hits'"),
        "1:7,2:7,9:7,10:7");
    bench_down(&b);
}

static void an_id_that_is_taken_is_refused(void)
{
    struct bench b;
    struct results *db;
    struct results_run run = some_run(3);

    bench_up(&b);
    db = opened(&b);
    one_run(db, 3);
    CHECK_EQ(results_run_begin(db, &run, NULL), SIM_EINPUT);
    CU_ASSERT_PTR_NOT_NULL(strstr(b.diag.msg[0].text, "run 3 is already there"));
    results_close(db);
    CHECK_STR(ask(b.path, "SELECT group_concat(id || status) FROM run"), "3done");
    bench_down(&b);
}

static void an_interrupted_run_keeps_its_rows_and_a_dropped_one_does_not(void)
{
    struct bench b;
    struct results *db;
    struct results_run run = some_run(RESULTS_AUTO_ID);

    bench_up(&b);
    db = opened(&b);
    results_run_begin(db, &run, NULL);
    some_rows(db);
    CHECK_EQ(results_run_end(db, RESULTS_INTERRUPTED, &some_totals), 0);
    results_run_begin(db, &run, NULL);
    some_rows(db);
    CHECK_EQ(results_run_drop(db, RESULTS_INTERNAL), 0);
    results_run_begin(db, &run, NULL);
    some_rows(db);
    results_close(db);                         /* closed under way */
    CHECK_STR(ask(b.path, "SELECT group_concat(id || status) FROM run"),
              "1interrupted,2internal,3interrupted");
    CHECK_STR(ask(b.path, "SELECT group_concat(DISTINCT run_id) FROM counter"), "1");
    bench_down(&b);
}

static void equal_runs_give_equal_dumps_and_others_do_not(void)
{
    struct bench b;
    char *text[3];
    size_t size[3];

    bench_up(&b);
    for (int i = 0; i < 3; i++) {
        FILE *f = open_memstream(&text[i], &size[i]);
        struct results *db = opened(&b);
        struct results_run run = some_run(RESULTS_AUTO_ID);

        results_run_begin(db, &run, NULL);
        some_rows(db);
        if (i == 2)
            results_counter(db, "smmu.tlb", "evictions", "1", 1);
        results_run_end(db, RESULTS_DONE,
                        &(struct results_totals){ .wall_s = i, .requests = 10, .sim_ps = 5 });
        results_close(db);
        CHECK_EQ(results_dump(b.path, f, &b.diag), 0);
        fclose(f);
        unlink(b.path);
    }
    CHECK_STR(text[0], text[1]);
    CU_ASSERT(strcmp(text[1], text[2]) != 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(text[0], "counter|1|'smmu.tlb'|'hits'|'1'|7\n"));
    for (int i = 0; i < 3; i++)
        free(text[i]);
    bench_down(&b);
}

/* ---- failures -------------------------------------------------------------------------------- */

static void refused(struct bench *b, const char *path, int error, const char *says)
{
    const char *found;

    diag_destroy(&b->diag);
    CU_ASSERT_PTR_NULL(results_open(path, &b->diag));
    CHECK_EQ(b->diag.n, 1);
    found = b->diag.n ? b->diag.msg[0].text : "";
    if (!strstr(found, says))
        fprintf(stderr, "\nfound \"%s\", expected \"%s\" in it\n", found, says);
    CU_ASSERT_PTR_NOT_NULL(strstr(found, says));
    CHECK_EQ(results_dump(path, stderr, NULL), error);
}

static void what_is_no_database_of_ours_is_refused_and_left_alone(void)
{
    struct bench b;
    char text[4096];

    bench_up(&b);
    refused(&b, b.dir, SIM_EINPUT, "is a directory");
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    put_file(b.path, text);
    refused(&b, b.path, SIM_EINPUT, "not a database");
    unlink(b.path);
    put_file(b.path, "");
    ask(b.path, "CREATE TABLE run (id)");
    refused(&b, b.path, SIM_EINPUT, "application_id is 0x00000000");
    CHECK_STR(ask(b.path, "SELECT count(*) FROM sqlite_schema"), "1");
    bench_down(&b);
}

static void a_newer_schema_is_refused(void)
{
    struct bench b;

    bench_up(&b);
    results_close(opened(&b));
    ask(b.path, "PRAGMA user_version = 4");
    refused(&b, b.path, SIM_EINPUT, "schema 4, this program knows 3");
    bench_down(&b);
}

/* What version 1 did not have. */
static void make_old(const char *path)
{
    ask(path, "DROP VIEW latency_all");
    ask(path, "DROP VIEW cause");
    ask(path, "DROP VIEW latency");
    ask(path, "DROP TABLE distribution");
    ask(path, "DROP TABLE cosim_latency");
    ask(path, "DROP TABLE cosim_mismatch");
    ask(path, "DROP TABLE cosim_coverage");
    ask(path, "DROP TABLE cosim_bin");
    ask(path, "PRAGMA user_version = 1");
}

static void an_older_database_is_brought_up_to_date_by_who_writes(void)
{
    struct bench b;
    struct results *db;

    bench_up(&b);
    db = opened(&b);
    one_run(db, 1);
    results_close(db);
    make_old(b.path);
    db = opened(&b);
    one_run(db, 2);
    results_close(db);
    CHECK_STR(ask(b.path, "PRAGMA user_version"), "3");
    CHECK_STR(ask(b.path, "SELECT group_concat(run_id || ifnull(p50, '-')) FROM latency"),
              "1-,21.003");
    bench_down(&b);
}

static void an_older_database_is_read_and_stays_as_it_is(void)
{
    struct bench b;
    struct results *db;
    struct reader *r;
    char *text = NULL;
    size_t size;
    FILE *f;

    bench_up(&b);
    db = opened(&b);
    one_run(db, 1);
    results_close(db);
    make_old(b.path);
    r = reader_open(b.path, &b.diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    CHECK_EQ(reader_number(r, 1, "SELECT count FROM latency_all WHERE run_id = ?1", 0), 10);
    reader_close(r);
    f = open_memstream(&text, &size);
    CHECK_EQ(results_dump(b.path, f, &b.diag), 0);
    fclose(f);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "counter|1|'smmu.tlb'|'hits'|'1'|7\n"));
    free(text);
    CHECK_STR(ask(b.path, "PRAGMA user_version"), "1");
    CHECK_STR(ask(b.path, "SELECT count(*) FROM sqlite_schema WHERE name = 'cause'"), "0");
    bench_down(&b);
}

static void an_older_shard_is_not_merged(void)
{
    struct bench to, shard;
    struct results *db;

    bench_up(&to), bench_up(&shard);
    db = opened(&shard);
    one_run(db, 0);
    results_close(db);
    make_old(shard.path);
    db = opened(&to);
    CHECK_EQ(results_merge(db, shard.path, 0), SIM_EINPUT);
    CU_ASSERT_PTR_NOT_NULL(strstr(to.diag.msg[0].text, "schema 1, expected 3"));
    results_close(db);
    bench_down(&to), bench_down(&shard);
}

static void an_empty_file_becomes_a_database(void)
{
    struct bench b;

    bench_up(&b);
    put_file(b.path, "");
    results_close(opened(&b));
    CHECK_STR(ask(b.path, "PRAGMA user_version"), "3");
    bench_down(&b);
}

static void a_place_that_is_not_there_is_told(void)
{
    struct bench b;
    char path[160];

    bench_up(&b);
    snprintf(path, sizeof path, "%s/none/results.db", b.dir);
    refused(&b, path, SIM_EENV, "No such file");
    bench_down(&b);
}

/* Runs fn in a child that may be killed; its wait status. */
static int in_child(struct bench *b, void (*fn)(struct bench *b))
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        fn(b);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    return status;
}

static void killed_while_staging(struct bench *b)
{
    struct results *db = results_open(b->path, NULL);
    struct results_run run = some_run(RESULTS_AUTO_ID);

    results_run_begin(db, &run, NULL);
    some_rows(db);
    raise(SIGKILL);
}

static void a_killed_run_leaves_a_readable_database(void)
{
    struct bench b;
    struct results *db;

    bench_up(&b);
    db = opened(&b);
    one_run(db, RESULTS_AUTO_ID);
    results_close(db);
    CHECK_EQ(WTERMSIG(in_child(&b, killed_while_staging)), SIGKILL);
    CHECK_STR(ask(b.path, "SELECT group_concat(id || status) FROM run"), "1done,2running");
    CHECK_STR(ask(b.path, "PRAGMA integrity_check"), "ok");
    CHECK_STR(ask(b.path, "SELECT group_concat(DISTINCT run_id) FROM counter"), "1");
    db = opened(&b);
    CHECK_EQ(one_run(db, RESULTS_AUTO_ID), 3);
    results_close(db);
    bench_down(&b);
}

static void limit_file_size(uint64_t bytes)
{
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){ bytes, bytes });
}

/* Exits with 0 if the end of a run that does not fit is told once and as the environment's. */
static void fills_the_disk(struct bench *b)
{
    struct results *db = results_open(b->path, &b->diag);
    struct results_run run = some_run(RESULTS_AUTO_ID);
    int rc;

    results_run_begin(db, &run, NULL);
    for (unsigned i = 0; i < 20000; i++)
        results_counter(db, "smmu.tlb", "lookups", "1", i);
    limit_file_size(150000);
    rc = results_run_end(db, RESULTS_DONE, &some_totals);
    results_close(db);
    if (rc != SIM_EENV || b->diag.n != 1 ||
        !strstr(b->diag.msg[0].text, "cannot write: a write failed (quota, limit of file size"))
        diag_print(&b->diag, stderr), _exit(1);
}

static void a_full_disk_fails_the_run_and_keeps_the_finished_ones(void)
{
    struct bench b;
    struct results *db;

    bench_up(&b);
    db = opened(&b);
    one_run(db, RESULTS_AUTO_ID);
    results_close(db);
    CHECK_EQ(in_child(&b, fills_the_disk), 0);
    CHECK_STR(ask(b.path, "SELECT group_concat(id || status) FROM run"), "1done,2failed");
    CHECK_STR(ask(b.path, "PRAGMA integrity_check"), "ok");
    CHECK_STR(ask(b.path, "SELECT group_concat(DISTINCT run_id) FROM counter"), "1");
    bench_down(&b);
}

static void creates_on_a_full_disk(struct bench *b)
{
    limit_file_size(8192);
    if (results_open(b->path, &b->diag) || b->diag.n != 1)
        _exit(1);
}

static void a_database_that_cannot_be_made_leaves_no_file(void)
{
    struct bench b;

    bench_up(&b);
    CHECK_EQ(in_child(&b, creates_on_a_full_disk), 0);
    CU_ASSERT(access(b.path, F_OK) != 0);
    bench_down(&b);
}

/* ---- merging --------------------------------------------------------------------------------- */

static void shards_merge_into_what_one_database_would_hold(void)
{
    struct bench one, two, shard;
    struct results *db;
    char *text[2];
    size_t size;
    FILE *f;

    bench_up(&one), bench_up(&two), bench_up(&shard);
    db = opened(&one);
    one_run(db, 0), one_run(db, 1);
    results_close(db);
    db = opened(&shard);
    one_run(db, 1), one_run(db, 0);
    results_close(db);
    db = opened(&two);
    CHECK_EQ(results_merge(db, shard.path, 0), 0);
    CHECK_EQ(results_merge(db, shard.path, 1), 0);
    CHECK_EQ(results_merge(db, shard.path, 1), SIM_EINPUT);
    results_close(db);
    f = open_memstream(&text[0], &size), results_dump(one.path, f, NULL), fclose(f);
    f = open_memstream(&text[1], &size), results_dump(two.path, f, NULL), fclose(f);
    CHECK_STR(text[0], text[1]);
    free(text[0]), free(text[1]);
    bench_down(&one), bench_down(&two), bench_down(&shard);
}

static void a_run_that_is_not_done_is_replaced_by_a_merge(void)
{
    struct bench to, shard;
    struct results *db;
    struct results_run run = some_run(0);

    bench_up(&to), bench_up(&shard);
    db = opened(&shard);
    one_run(db, 0);
    results_close(db);
    db = opened(&to);
    results_run_begin(db, &run, NULL);
    some_rows(db), some_rows(db);
    results_run_end(db, RESULTS_INTERRUPTED, &some_totals);
    CHECK_EQ(results_merge(db, shard.path, 5), SIM_EINPUT);      /* no such run: nothing happens */
    CHECK_EQ(results_merge(db, shard.path, 0), 0);
    results_close(db);
    CHECK_STR(ask(to.path, "SELECT group_concat(id || status) FROM run"), "0done");
    CHECK_STR(ask(to.path, "SELECT count(*) FROM counter"), "4");
    bench_down(&to), bench_down(&shard);
}

/* ---- views ----------------------------------------------------------------------------------- */

static void views_compute_what_they_say(void)
{
    struct bench b;
    struct results *db;

    bench_up(&b);
    db = opened(&b);
    one_run(db, 5);
    results_close(db);
    CHECK_STR(ask(b.path,
                  "SELECT printf('%d %s %d %d %.3f', run_id, component, lookups, hits, rate)"
                  " FROM hit_rate"),
              "5 smmu.tlb 10 7 0.700");
    CHECK_STR(ask(b.path, "SELECT printf('%d %s %d', run_id, component, bits) FROM storage"),
              "5 smmu.tlb 4096");
    CHECK_STR(ask(b.path, "SELECT printf('%d %s %d', run_id, name, value) FROM standard"),
              "5 tlb_miss 3");
    CHECK_STR(ask(b.path,
                  "SELECT printf('%d %d %s %d %.3f %.3f %.3f', run_id, stream, class, count, mean,"
                  " p50, max) FROM latency"),
              "5 8 hit 10 1.500 1.003 1.003");
    CHECK_STR(
        ask(b.path,
            "SELECT printf('%d %s %d %g %d %d %d %g', run_id, status, requests, sim_ms, faults,"
            " stale, mismatches, mean_ns) FROM summary"),
        "5 done 10 0.004 1 1 1 1.5");
    bench_down(&b);
}

static void a_structure_without_lookups_has_no_rate(void)
{
    struct bench b;
    struct results *db;
    struct results_run run = some_run(1);

    bench_up(&b);
    db = opened(&b);
    results_run_begin(db, &run, NULL);
    results_counter(db, "smmu.tlb", "lookups", "1", 0);
    results_counter(db, "smmu.tlb", "hits", "1", 0);
    results_run_end(db, RESULTS_DONE, &some_totals);
    results_close(db);
    CHECK_STR(ask(b.path, "SELECT count(*) || ifnull(rate, ' none') FROM hit_rate"), "1 none");
    bench_down(&b);
}

/* Two streams, two classes: 10 hits of 2 ns and 30 of 4, 10 walks of 100 ns in one of them. */
static void timed_rows(struct results *db)
{
    struct hist h;

    ten_of(db, "1/hit", 2000);
    hist_init(&h);
    hist_add(&h, 4000, 30);
    results_hist(db, "latency", "2/hit", "ps", &h);
    hist_destroy(&h);
    ten_of(db, "2/walk", 100000);
    results_latency(db, 1, "hit", "lookup", 10, 20000);
    results_latency(db, 2, "hit", "lookup", 30, 60000);
    results_latency(db, 2, "hit", "link", 15, 60000);
    results_latency(db, 2, "walk", "lookup", 10, 100000);
    results_latency(db, 2, "walk", "table-read", 10, 900000);
}

static void classes_and_causes_are_summed_over_streams(void)
{
    struct bench b;
    struct results *db;
    struct results_run run = some_run(RESULTS_AUTO_ID);

    bench_up(&b);
    db = opened(&b);
    for (int i = 0; i < 2; i++) {              /* the second run begins from nothing */
        results_run_begin(db, &run, NULL);
        timed_rows(db);
        results_run_end(db, RESULTS_DONE, &some_totals);
    }
    results_close(db);
    CHECK_STR(ask(b.path, "SELECT group_concat(printf('%s %d %g %g %g %g', class, count, mean, p50,"
                          " p90, max), '; ') FROM latency_all WHERE run_id = 2"),
              "hit 40 3.5 4 4 4; walk 10 100 100 100 100; all 50 22.8 4.007 100 100");
    CHECK_STR(ask(b.path, "SELECT group_concat(printf('%s %s %d %d %.2f %.3f', class, cause,"
                          " requests, count, mean_ns, share), '; ') FROM cause WHERE run_id = 2"),
              "hit lookup 40 40 2.00 0.571; hit link 40 15 1.50 0.429; "
              "walk table-read 10 10 90.00 0.900; walk lookup 10 10 10.00 0.100; "
              "all table-read 50 10 18.00 0.789; all lookup 50 50 3.60 0.158; "
              "all link 50 15 1.20 0.053");
    CHECK_STR(ask(b.path, "SELECT sum(count) FROM histogram WHERE run_id = 2 AND"
                          " component = 'latency_all' AND name = 'all'"), "50");
    CHECK_STR(ask(b.path, "SELECT max(abs(l.mean - c.ns)) < 1e-9 FROM latency_all l JOIN (SELECT"
                          " run_id, class, sum(mean_ns) AS ns FROM cause GROUP BY 1, 2) c"
                          " USING (run_id, class)"), "1");
    bench_down(&b);
}

/* With all streams that a table may hold: seconds, were the view to go through the buckets. */
static void latency_of_thousands_of_streams_is_asked_for_in_no_time(void)
{
    enum { STREAMS = 4096, CLASSES = 5 };
    struct bench b;
    struct results *db;
    struct results_run run = some_run(1);
    struct timespec from, to;
    char name[40];

    bench_up(&b);
    db = opened(&b);
    results_run_begin(db, &run, NULL);
    for (unsigned i = 0; i < STREAMS * CLASSES; i++) {
        snprintf(name, sizeof name, "%u/c%u", i / CLASSES, i % CLASSES);
        ten_of(db, name, 1000 + i);
        snprintf(name, sizeof name, "c%u", i % CLASSES);
        results_latency(db, i / CLASSES, name, "lookup", 10, 10000);
    }
    results_run_end(db, RESULTS_DONE, &some_totals);
    results_close(db);
    clock_gettime(CLOCK_MONOTONIC, &from);
    CHECK_STR(ask(b.path, "SELECT count(p99) || ' ' || sum(count) FROM latency WHERE run_id = 1"),
              "20480 204800");
    CHECK_STR(ask(b.path, "SELECT count(p99) || ' ' || sum(count) FROM latency_all"), "6 409600");
    clock_gettime(CLOCK_MONOTONIC, &to);
    CU_ASSERT(to.tv_sec - from.tv_sec < 20);   /* half a second; slow machines and sanitizers */
    bench_down(&b);
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* Latencies of three magnitudes, as hits, walks and waits are. */
static void draw(uint64_t *v, size_t n)
{
    struct rng r;

    rng_init(&r, 3, "latency");
    for (size_t i = 0; i < n; i++) {
        uint64_t kind = rng_below(&r, 100);

        v[i] = kind < 80   ? 2000 + rng_below(&r, 500)
               : kind < 99 ? 100000 + rng_below(&r, 200000)
                           : 5000000 + rng_below(&r, 90000000);
    }
}

static void near(struct bench *b, const char *column, uint64_t exact_ps)
{
    char text[100];
    double found;

    snprintf(text, sizeof text,
             "SELECT %s * 1000 FROM latency WHERE stream = 16 AND class = 'walk'", column);
    found = atof(ask(b->path, text));
    if (found < (double)exact_ps * 0.99 || found > (double)exact_ps * 1.01)
        fprintf(stderr, "\n%s: found %.0f, expected %" PRIu64 " to 1 %%\n", column, found,
                exact_ps);
    CU_ASSERT(found >= (double)exact_ps * 0.99 && found <= (double)exact_ps * 1.01);
}

static void percentiles_are_within_one_percent_of_the_exact_ones(void)
{
    enum { N = 20000 };
    static uint64_t v[N];
    struct bench b;
    struct results *db;
    struct results_run run = some_run(1);
    struct hist h;
    uint64_t sum = 0;

    bench_up(&b);
    draw(v, N);
    hist_init(&h);
    for (int i = 0; i < N; i++)
        hist_add(&h, v[i], 1), sum += v[i];
    qsort(v, N, sizeof v[0], by_value);
    db = opened(&b);
    results_run_begin(db, &run, NULL);
    results_hist(db, "latency", "16/walk", "ps", &h);
    results_latency(db, 16, "walk", "lookup", N, sum / 3);
    results_latency(db, 16, "walk", "memory", N / 2, sum - sum / 3);
    results_run_end(db, RESULTS_DONE, &some_totals);
    results_close(db);
    near(&b, "p50", v[N / 2 - 1]);
    near(&b, "p90", v[N * 9 / 10 - 1]);
    near(&b, "p99", v[N * 99 / 100 - 1]);
    near(&b, "p999", v[N / 1000 * 999 - 1]);
    near(&b, "mean", sum / N);
    CHECK_EQ(strtoull(ask(b.path, "SELECT max * 1000 FROM latency"), NULL, 10), v[N - 1]);
    CHECK_EQ(strtoull(ask(b.path, "SELECT min(lo) FROM histogram"), NULL, 10), v[0]);
    CHECK_EQ(strtoull(ask(b.path, "SELECT count FROM latency"), NULL, 10), N);
    hist_destroy(&h);
    bench_down(&b);
}

#define TESTS(T)                                                                                   \
    T(tables_and_views_have_the_columns_of_the_contract)                                           \
    T(the_list_of_tables_is_the_schemas)                                                           \
    T(the_run_is_seen_at_once_and_its_rows_at_the_end)                                             \
    T(every_row_keeps_its_values)                                                                  \
    T(a_second_run_is_appended)                                                                    \
    T(an_id_that_is_taken_is_refused)                                                              \
    T(an_interrupted_run_keeps_its_rows_and_a_dropped_one_does_not)                                \
    T(equal_runs_give_equal_dumps_and_others_do_not)                                               \
    T(what_is_no_database_of_ours_is_refused_and_left_alone)                                       \
    T(an_older_database_is_brought_up_to_date_by_who_writes)                                       \
    T(an_older_database_is_read_and_stays_as_it_is)                                                \
    T(an_older_shard_is_not_merged)                                                                \
    T(a_newer_schema_is_refused)                                                                   \
    T(an_empty_file_becomes_a_database)                                                            \
    T(a_place_that_is_not_there_is_told)                                                           \
    T(a_killed_run_leaves_a_readable_database)                                                     \
    T(a_full_disk_fails_the_run_and_keeps_the_finished_ones)                                       \
    T(a_database_that_cannot_be_made_leaves_no_file)                                               \
    T(shards_merge_into_what_one_database_would_hold)                                              \
    T(a_run_that_is_not_done_is_replaced_by_a_merge)                                               \
    T(views_compute_what_they_say)                                                                 \
    T(classes_and_causes_are_summed_over_streams)                                                  \
    T(latency_of_thousands_of_streams_is_asked_for_in_no_time)                                     \
    T(a_structure_without_lookups_has_no_rate)                                                     \
    T(percentiles_are_within_one_percent_of_the_exact_ones)
TEST_SUITE("results", TESTS)
