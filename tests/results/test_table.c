/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <unistd.h>

#include "base/sim.h"
#include "results/results.h"
#include "results/sections.h"
#include "suite.h"

struct bench {
    char dir[64], path[96];
    struct diag diag;
    struct reader *reader;
    struct table t;
    char *text;
    size_t size;
    FILE *to;
};

static void add_run(struct results *db, int64_t id, const char *ways, uint64_t hits)
{
    struct results_run run = {
        .id = id, .label = "a \"b\" <c>", .profile = "tiny", .mode = "functional" };

    results_run_begin(db, &run, NULL);
    results_point(db, "smmu.tlb.ways", ways);
    results_counter(db, "smmu.tlb", "lookups", "1", 1000);
    results_counter(db, "smmu.tlb", "hits", "1", hits);
    for (uint64_t top = 0; top < 3; top++)
        results_fault(db, &(struct results_fault){ .substream = RESULTS_NONE, .iova = top << 62,
                                                   .event = "F_TRANSLATION" });
    results_counter(db, "smmu.cfg", "lookups", "1", 1000);
    results_counter(db, "smmu.cfg", "hits", "1", 999);
    CHECK_EQ(results_run_end(db, RESULTS_DONE, &(struct results_totals){ .requests = 1000 }), 0);
}

static void bench_up(struct bench *b)
{
    struct results *db;

    *b = (struct bench){ .text = NULL };
    snprintf(b->dir, sizeof b->dir, "/tmp/test_table.XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(b->dir));
    snprintf(b->path, sizeof b->path, "%s/results.db", b->dir);
    diag_init(&b->diag);
    db = results_open(b->path, &b->diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(db);
    add_run(db, 0, "4", 300);
    add_run(db, 1, "16", 900);
    results_close(db);
    b->reader = reader_open(b->path, &b->diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->reader);
    b->to = open_memstream(&b->text, &b->size);
}

static void bench_down(struct bench *b)
{
    fclose(b->to);
    free(b->text);
    table_destroy(&b->t);
    reader_close(b->reader);
    unlink(b->path);
    CHECK_EQ(rmdir(b->dir), 0);
    diag_destroy(&b->diag);
}

static const char *printed(struct bench *b)
{
    fflush(b->to);
    return b->text;
}

static void columns_are_aligned_and_numbers_stand_right(void)
{
    struct bench b;

    bench_up(&b);
    CHECK_EQ(reader_query(b.reader, &b.t, 0, "SELECT 'x' AS name, 5 AS n, NULL AS rate UNION ALL "
                                             "SELECT 'longer', 12345, '97.5 %'"), 0);
    table_print(&b.t, 0, b.to);
    CHECK_STR(printed(&b), "name        n    rate\n"
                           "x           5        \n"
                           "longer  12345  97.5 %\n");
    bench_down(&b);
}

static void rows_beyond_the_limit_are_counted(void)
{
    struct bench b;

    bench_up(&b);
    reader_query(b.reader, &b.t, 0, "SELECT value AS v FROM counter ORDER BY rowid");
    table_print(&b.t, 2, b.to);
    CHECK_STR(printed(&b), "   v\n1000\n 300\n... and 6 more\n");
    bench_down(&b);
}

static void json_keeps_types_and_escapes(void)
{
    struct bench b;

    bench_up(&b);
    reader_query(b.reader, &b.t, 1,
                 "SELECT id, label, sim_ps, 0.5 AS half, char(10) AS nl FROM run WHERE id = ?1");
    table_json(&b.t, b.to);
    CHECK_STR(printed(&b),
              "[\n  {\"id\": 1, \"label\": \"a \\\"b\\\" <c>\", \"sim_ps\": 0, \"half\": 0.5, "
              "\"nl\": \"\\u000a\"}\n]");
    bench_down(&b);
}

static void null_is_null_in_json(void)
{
    struct bench b;

    bench_up(&b);
    reader_query(b.reader, &b.t, 0, "SELECT trace FROM run WHERE id = ?1");
    table_json(&b.t, b.to);
    CHECK_STR(printed(&b), "[\n  {\"trace\": null}\n]");
    bench_down(&b);
}

static void html_escapes_what_is_markup(void)
{
    struct bench b;

    bench_up(&b);
    reader_query(b.reader, &b.t, 0, "SELECT label FROM run WHERE id = ?1");
    table_html(&b.t, b.to);
    CU_ASSERT_PTR_NOT_NULL(strstr(printed(&b), "<td>a &quot;b&quot; &lt;c></td>"));
    bench_down(&b);
}

static void points_have_a_column_for_each_axis_and_hit_rate_that_differs(void)
{
    struct bench b;

    bench_up(&b);
    CHECK_EQ(sections_points(b.reader, &b.t), 0);
    table_print(&b.t, 0, b.to);
    CHECK_STR(printed(&b), "run  status  smmu.tlb.ways  smmu.tlb hits\n"
                           "  0  done                4       30.000 %\n"
                           "  1  done               16       90.000 %\n");
    bench_down(&b);
}

static void every_section_is_a_query_that_runs(void)
{
    struct bench b;

    bench_up(&b);
    for (size_t i = 0; i < run_sections; i++) {
        CHECK_EQ(reader_query(b.reader, &b.t, 1, run_section[i].sql), 0);
        table_destroy(&b.t);
    }
    CHECK_EQ(reader_query(b.reader, &b.t, -1, all_runs.sql), 0);
    CHECK_EQ(b.t.rows, 2);
    CHECK_EQ(reader_last_run(b.reader), 1);
    bench_down(&b);
}

static void addresses_are_compared_without_a_sign(void)
{
    struct bench b;

    bench_up(&b);
    for (size_t i = 0; i < run_sections; i++)
        if (strcmp(run_section[i].name, "fault") == 0)
            CHECK_EQ(reader_query(b.reader, &b.t, 1, run_section[i].sql), 0);
    CU_ASSERT_EQUAL_FATAL(b.t.rows, 1);
    CHECK_STR(table_text(&b.t, 0, 5), "0x0");
    CHECK_STR(table_text(&b.t, 0, 6), "0x8000000000000000");
    bench_down(&b);
}

/* The next ```sql block of a document, the text after it in *at; false at the end. */
static bool next_query(char **at, char **query)
{
    char *end;

    *query = strstr(*at, "```sql\n");
    if (!*query)
        return false;
    *query += strlen("```sql\n");
    end = strstr(*query, "```");
    if (!end)
        return false;
    *end = 0;
    *at = end + 3;
    return true;
}

static void every_query_of_the_documentation_runs(void)
{
    struct bench b;
    FILE *f = fopen(SOURCE_DIR "/docs/results.md", "r");
    char *text = NULL, *at, *query;
    size_t size = 0;
    unsigned n = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT(getdelim(&text, &size, 0, f) > 0);
    fclose(f);
    bench_up(&b);
    for (at = text; next_query(&at, &query); n++) {
        CHECK_EQ(reader_query(b.reader, &b.t, 1, query), 0);
        table_destroy(&b.t);
    }
    diag_print(&b.diag, stderr);
    CU_ASSERT(n >= 7);
    free(text);
    bench_down(&b);
}

static void a_reader_cannot_write(void)
{
    struct bench b;

    bench_up(&b);
    CU_ASSERT(reader_query(b.reader, &b.t, 0, "DELETE FROM run") < 0);
    bench_down(&b);
}

#define TESTS(T)                                                                                   \
    T(columns_are_aligned_and_numbers_stand_right)                                                 \
    T(rows_beyond_the_limit_are_counted)                                                           \
    T(json_keeps_types_and_escapes)                                                                \
    T(null_is_null_in_json)                                                                        \
    T(html_escapes_what_is_markup)                                                                 \
    T(points_have_a_column_for_each_axis_and_hit_rate_that_differs)                                \
    T(every_section_is_a_query_that_runs)                                                          \
    T(addresses_are_compared_without_a_sign)                                                       \
    T(every_query_of_the_documentation_runs)                                                       \
    T(a_reader_cannot_write)
TEST_SUITE("table", TESTS)
