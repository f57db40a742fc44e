/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/sim.h"
#include "suite.h"

struct bench {
    struct yaml y;
    struct diag d;
    int err;
};

static void up(struct bench *b, const char *text)
{
    diag_init(&b->d);
    b->err = yaml_parse(&b->y, "t.yaml", text, strlen(text), &b->d);
}

static void down(struct bench *b)
{
    yaml_destroy(&b->y);
    diag_destroy(&b->d);
}

/* Text, line and column of the item at `path`. */
static void check_item(const struct bench *b, const char *path, const char *text, unsigned long line,
                       unsigned long col)
{
    const struct yaml_item *it = yaml_find(&b->y, path);

    CU_ASSERT_PTR_NOT_NULL_FATAL(it);
    CHECK_STR(it->text, text);
    CHECK_EQ(it->line, line);
    CHECK_EQ(it->col, col);
}

/* The one message of a text that must not be read. */
static void check_bad(const char *text, unsigned long line, unsigned long col, const char *part)
{
    struct bench b;

    up(&b, text);
    CHECK_EQ(b.err, SIM_EINPUT);
    CU_ASSERT_FATAL(b.d.kept >= 1);
    CHECK_STR(b.d.msg[0].file, "t.yaml");
    CHECK_EQ(b.d.msg[0].line, line);
    CHECK_EQ(b.d.msg[0].col, col);
    if (!strstr(b.d.msg[0].text, part))
        fprintf(stderr, "\nfound \"%s\", expected \"%s\" in it\n", b.d.msg[0].text, part);
    CU_ASSERT(strstr(b.d.msg[0].text, part) != NULL);
    down(&b);
}

static void nested_maps_become_dotted_paths(void)
{
    struct bench b;

    up(&b, "arch: smmuv3\nsmmu:\n  tcu:\n    cfg: {ways: 4, sets: 0x10}\n");
    CHECK_EQ(b.err, 0);
    check_item(&b, "arch", "smmuv3", 1, 1);
    check_item(&b, "smmu.tcu.cfg.ways", "4", 4, 11);
    check_item(&b, "smmu.tcu.cfg.sets", "0x10", 4, 20);
    CHECK_EQ(yaml_find(&b.y, "smmu.tcu")->kind, YAML_MAP);
    CHECK_STR(yaml_find(&b.y, "smmu.tcu")->key, "tcu");
    CU_ASSERT_PTR_NULL(yaml_find(&b.y, "smmu.tbu"));
    down(&b);
}

static void list_items_are_numbered(void)
{
    struct bench b;

    up(&b, "l:\n- a\n- {k: b}\n- [c, d]\n");
    CHECK_EQ(b.err, 0);
    check_item(&b, "l[0]", "a", 2, 3);
    check_item(&b, "l[1].k", "b", 3, 4);
    check_item(&b, "l[2][1]", "d", 4, 7);
    CHECK_EQ(yaml_find(&b.y, "l")->kind, YAML_LIST);
    down(&b);
}

static void members_come_in_the_order_of_the_file(void)
{
    struct bench b;
    const struct yaml_item *m = NULL;
    static const char *const want[] = { "z", "a", "m" };
    size_t n = 0;

    up(&b, "z: {deep: {er: 1}}\na: 2\nm: [1, 2]\n");
    while ((m = yaml_next(&b.y, &b.y.item[0], m))) {
        CU_ASSERT_FATAL(n < 3);
        CHECK_STR(m->key, want[n++]);
    }
    CHECK_EQ(n, 3);
    CHECK_STR(yaml_member(&b.y, &b.y.item[0], "a")->text, "2");
    CU_ASSERT_PTR_NULL(yaml_member(&b.y, &b.y.item[0], "deep"));
    down(&b);
}

static void empty_file_has_no_items(void)
{
    struct bench b;

    up(&b, "");
    CHECK_EQ(b.err, 0);
    CHECK_EQ(b.y.n, 0);
    down(&b);
    up(&b, "# only a comment\n");
    CHECK_EQ(b.err, 0);
    CHECK_EQ(b.y.n, 0);
    down(&b);
}

static void missing_value_is_the_empty_text(void)
{
    struct bench b;

    up(&b, "a:\nb: ''\n");
    CHECK_EQ(b.err, 0);
    check_item(&b, "a", "", 1, 1);
    check_item(&b, "b", "", 2, 1);
    down(&b);
}

static void same_path_twice_is_an_error_at_the_second(void)
{
    check_bad("a: 1\nb: 2\na: 3\n", 3, 1, "a is given twice, first in line 1");
    check_bad("a.b: 1\na:\n  b: 2\n", 3, 3, "a.b is given twice, first in line 1");
}

static void what_could_explode_is_refused(void)
{
    struct bench b;
    char deep[200] = "a: ";

    check_bad("a: &x 1\nb: *x\n", 2, 5, "alias");
    check_bad("? [1, 2]\n: 3\n", 1, 3, "key");
    check_bad("a: 1\n---\nb: 2\n", 2, 1, "second document");
    check_bad("a: \"x\\0y\"\n", 1, 5, "zero byte");
    memset(deep + 3, '[', YAML_MAX_DEPTH);
    up(&b, deep);
    CHECK_EQ(b.err, SIM_EINPUT);
    CU_ASSERT(b.d.n > 0);
    down(&b);
}

static void bytes_that_are_not_text_are_refused(void)
{
    check_bad("a: 1\n%[\xde", 2, 1, "directive");
    check_bad("a: \xde", 1, 4, "UTF-8");
    check_bad("a: \xed\xa0\x80", 1, 4, "UTF-8");
    check_bad("ok: 1\nb: \x01", 2, 4, "control");
}

static void syntax_error_names_its_place(void)
{
    struct bench b;

    up(&b, "a: 1\nb: [1, 2\nc: 3\n");
    CHECK_EQ(b.err, SIM_EINPUT);
    CU_ASSERT_FATAL(b.d.kept >= 1);
    CU_ASSERT(b.d.msg[0].line >= 2);
    CU_ASSERT(b.d.msg[0].col >= 1);
    down(&b);
}

static void all_unknown_keys_are_named_with_the_nearest(void)
{
    static const char *const known[] = { "profile", "trace" };
    struct bench b;

    up(&b, "profil: x\ntrace: y\nzzz: 1\n");
    CHECK_EQ(yaml_only(&b.y, &b.y.item[0], known, 2, &b.d), SIM_EINPUT);
    CHECK_EQ(b.d.n, 2);
    CHECK_STR(b.d.msg[0].text, "unknown key profil; did you mean profile?");
    CHECK_STR(b.d.msg[1].text, "unknown key zzz");
    CHECK_EQ(b.d.msg[1].line, 3);
    down(&b);
}

static void number_is_whole_and_in_range(void)
{
    struct bench b;
    uint64_t v = 0;

    up(&b, "a: 0x20\nb: 12k\nc: 5\nd: -1\n");
    CHECK_EQ(yaml_u64(&b.y, yaml_find(&b.y, "a"), 1, 32, &v, &b.d), 0);
    CHECK_EQ(v, 32);
    CHECK_EQ(yaml_u64(&b.y, yaml_find(&b.y, "b"), 1, 99, &v, &b.d), SIM_EINPUT);
    CHECK_EQ(yaml_u64(&b.y, yaml_find(&b.y, "c"), 6, 99, &v, &b.d), SIM_EINPUT);
    CHECK_EQ(yaml_u64(&b.y, yaml_find(&b.y, "d"), 0, 99, &v, &b.d), SIM_EINPUT);
    CHECK_EQ(v, 32);
    CHECK_EQ(b.d.n, 3);
    CHECK_STR(b.d.msg[1].text, "c = 5: out of range, expected 6 to 99");
    down(&b);
}

static void file_is_read_and_a_missing_one_is_named(void)
{
    char dir[] = "/tmp/test_yaml.XXXXXX", path[64];
    struct bench b;
    FILE *f;

    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/a.yaml", dir);
    f = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fputs("x: 1\n", f);
    fclose(f);
    diag_init(&b.d);
    CHECK_EQ(yaml_load(&b.y, path, &b.d), 0);
    check_item(&b, "x", "1", 1, 1);
    down(&b);
    remove(path);
    diag_init(&b.d);
    CHECK_EQ(yaml_load(&b.y, path, &b.d), SIM_EINPUT);
    CHECK_STR(b.d.msg[0].file, path);
    down(&b);
    rmdir(dir);
}

#define TESTS(T)                                                                                   \
    T(nested_maps_become_dotted_paths) T(list_items_are_numbered)                                  \
    T(members_come_in_the_order_of_the_file) T(empty_file_has_no_items)                            \
    T(missing_value_is_the_empty_text) T(same_path_twice_is_an_error_at_the_second)                \
    T(what_could_explode_is_refused) T(bytes_that_are_not_text_are_refused)                        \
    T(syntax_error_names_its_place)                                                                \
    T(all_unknown_keys_are_named_with_the_nearest) T(number_is_whole_and_in_range)                 \
    T(file_is_read_and_a_missing_one_is_named)
TEST_SUITE("yaml", TESTS)
