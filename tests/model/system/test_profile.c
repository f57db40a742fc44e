/* SPDX-License-Identifier: Apache-2.0
 *
 * Profiles are made in a directory of the test's own; the parameters set are those of a section `test`
 * beside the system's, so that the tests do not hang on what an SMMU is made of.
 */
#include "system/profile.h"

#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/sim.h"
#include "suite.h"

#define TEST_PARAMS(P)                                                                             \
    P(u64,    ways,  4, 1, 64, "1", "entries per set")                                             \
    P(u64,    sets,  2, 1, 64, "1", "number of sets")                                              \
    P(choice, order, 0, 0, 1, "first|last", "which goes first")                                    \
    P(flag,   on,    0, 0, 1, "no|yes", "whether it is there")

struct test_params { PARAM_FIELDS(TEST_PARAMS) };
PARAM_ROWS(test_rows, TEST_PARAMS);

struct bench {
    char dir[64];
    char made[8][128];
    size_t n_made;
    struct test_params par;
    struct profile p;
    struct diag d;
};

static void up(struct bench *b)
{
    *b = (struct bench){ .dir = "/tmp/test_profile.XXXXXX" };
    diag_init(&b->d);
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(b->dir));
}

static void down(struct bench *b)
{
    for (size_t i = 0; i < b->n_made; i++)
        remove(b->made[i]);
    rmdir(b->dir);
    profile_destroy(&b->p);
    diag_destroy(&b->d);
}

static void put(struct bench *b, const char *file, const char *text)
{
    char path[128];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", b->dir, file);
    strcpy(b->made[b->n_made++], path);
    f = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fputs(text, f);
    fclose(f);
}

static int get(struct bench *b, const char *which, bool is_file)
{
    struct profile_extra x = { "test", test_rows, ARRAY_LEN(test_rows), &b->par.ways };

    profile_destroy(&b->p);
    return profile_load(&b->p, b->dir, which, is_file, &x, 1, &b->d);
}

/* Message number i is about `file` (or none), and its text is `text`. */
static void check_message(const struct bench *b, unsigned i, const char *file, unsigned long line,
                          unsigned long col, const char *text)
{
    char path[128] = "";

    CU_ASSERT_FATAL(i < b->d.kept);
    if (file)
        snprintf(path, sizeof path, "%s/%s", b->dir, file);
    CHECK_STR(b->d.msg[i].file, path);
    CHECK_EQ(b->d.msg[i].line, line);
    CHECK_EQ(b->d.msg[i].col, col);
    CHECK_STR(b->d.msg[i].text, text);
}

static void values_are_set_and_the_rest_has_its_default(void)
{
    struct bench b;

    up(&b);
    put(&b, "a.yaml", "arch: vtd\nabout: a small one\ntest:\n  ways: 8\n  order: last\n");
    CHECK_EQ(get(&b, "a", false), 0);
    CHECK_EQ(b.p.arch, SYSTEM_VTD);
    CHECK_EQ(system_config_arch(b.p.config), SYSTEM_VTD);
    CHECK_STR(b.p.name, "a");
    CHECK_STR(b.p.about, "a small one");
    CHECK_EQ(b.par.ways, 8);
    CHECK_EQ(b.par.sets, 2);
    CHECK_EQ(b.par.order, 1);
    CHECK_EQ(b.par.on, 0);
    down(&b);
}

static void profile_stands_on_its_base(void)
{
    struct bench b;

    up(&b);
    put(&b, "a.yaml", "arch: smmuv3\nabout: base\nimitates: qemu 10.0\ntest: {ways: 8, sets: 16, on: yes}\n");
    put(&b, "b.yaml", "base: a\ntest.ways: 9\n");
    put(&b, "c.yaml", "base: b\ntest: {sets: 3}\n");
    CHECK_EQ(get(&b, "c", false), 0);
    CHECK_EQ(b.p.arch, SYSTEM_SMMUV3);
    CHECK_STR(b.p.about, "");
    CHECK_STR(b.p.imitates, "qemu 10.0");
    CHECK_EQ(b.par.ways, 9);
    CHECK_EQ(b.par.sets, 3);
    CHECK_EQ(b.par.on, 1);
    down(&b);
}

static void file_finds_its_base_by_name_and_beside_itself(void)
{
    struct bench b;

    up(&b);
    put(&b, "a.yaml", "arch: smmuv3\ntest: {ways: 8}\n");
    put(&b, "b.yaml", "base: a.yaml\n");
    put(&b, "c.yaml", "base: a\ntest: {sets: 7}\n");
    CHECK_EQ(get(&b, b.made[1], true), 0);
    CHECK_STR(b.p.name, "b");
    CHECK_EQ(b.par.ways, 8);
    CHECK_EQ(get(&b, b.made[2], true), 0);
    CHECK_EQ(b.par.sets, 7);
    down(&b);
}

static void all_errors_of_all_files_are_told_at_once(void)
{
    struct bench b;

    up(&b);
    put(&b, "a.yaml", "arch: smmuv3\ntest:\n  wayz: 8\n");
    put(&b, "b.yaml", "base: a\ntest:\n  sets: 65\n  order: middle\n  on: [1, 2]\n");
    CHECK_EQ(get(&b, "b", false), SIM_EINPUT);
    CHECK_EQ(b.d.n, 4);
    check_message(&b, 0, "a.yaml", 3, 3, "unknown parameter test.wayz; did you mean test.ways?");
    check_message(&b, 1, "b.yaml", 3, 3, "test.sets = 65: out of range, expected 1 to 64");
    check_message(&b, 2, "b.yaml", 4, 3, "test.order = middle: expected one of first|last");
    check_message(&b, 3, "b.yaml", 5, 3, "test.on: a list, expected a value");
    down(&b);
}

static void unknown_profile_names_the_nearest(void)
{
    struct bench b;

    up(&b);
    CHECK_EQ(get(&b, "qemu1", false), SIM_EINPUT);
    put(&b, "qemu10.yaml", "arch: smmuv3\n");
    put(&b, "b.yaml", "\nbase: qemu11\n");
    CHECK_EQ(get(&b, "qemu1", false), SIM_EINPUT);
    CHECK_EQ(get(&b, "b", false), SIM_EINPUT);
    CHECK_EQ(b.d.n, 3);
    check_message(&b, 1, NULL, 0, 0, "unknown profile qemu1; did you mean qemu10?");
    check_message(&b, 2, "b.yaml", 2, 1, "unknown profile qemu11; did you mean qemu10?");
    down(&b);
}

static void arch_is_one_and_known(void)
{
    struct bench b;

    up(&b);
    put(&b, "a.yaml", "arch: smmuv3\n");
    put(&b, "b.yaml", "base: a\narch: vtd\n");
    put(&b, "c.yaml", "arch: riscv\n");
    put(&b, "d.yaml", "about: none\n");
    CHECK_EQ(get(&b, "b", false), SIM_EINPUT);
    CHECK_EQ(get(&b, "c", false), SIM_EINPUT);
    CHECK_EQ(get(&b, "d", false), SIM_EINPUT);
    check_message(&b, 0, "b.yaml", 2, 1, "arch = vtd, but the base has smmuv3");
    check_message(&b, 1, "c.yaml", 1, 1, "arch = riscv: expected smmuv3 or vtd");
    check_message(&b, 2, "d.yaml", 0, 0, "no arch: expected arch: smmuv3 or arch: vtd");
    down(&b);
}

static void base_of_itself_ends(void)
{
    struct bench b;

    up(&b);
    put(&b, "a.yaml", "arch: smmuv3\nbase: a\n");
    CHECK_EQ(get(&b, "a", false), SIM_EINPUT);
    check_message(&b, 0, "a.yaml", 2, 1, "base = a: more than 8 profiles on top of each other");
    down(&b);
}

static void file_that_is_no_map_is_refused(void)
{
    struct bench b;

    up(&b);
    put(&b, "a.yaml", "- 1\n- 2\n");
    put(&b, "b.yaml", "");
    put(&b, "c.yaml", "arch: [smmuv3\n");
    CHECK_EQ(get(&b, "a", false), SIM_EINPUT);
    CHECK_EQ(get(&b, "b", false), SIM_EINPUT);
    CHECK_EQ(get(&b, "c", false), SIM_EINPUT);
    CU_ASSERT_FATAL(b.d.kept >= 3);
    CHECK_STR(b.d.msg[0].text, "expected a map of parameters");
    down(&b);
}

static void names_are_those_of_the_directory_sorted(void)
{
    struct bench b;
    size_t n;
    char **names;

    up(&b);
    put(&b, "zz.yaml", "arch: vtd\nabout: last\n");
    put(&b, "aa.yaml", "arch: smmuv3\n");
    put(&b, "notes.txt", "");
    names = profile_names(b.dir, &n);
    CHECK_EQ(n, 2);
    CU_ASSERT_FATAL(n == 2);
    CHECK_STR(names[0], "aa");
    CHECK_STR(names[1], "zz");
    profile_names_free(names, n);
    CHECK_EQ(profile_peek(&b.p, b.dir, "zz", &b.d), 0);
    CHECK_STR(b.p.about, "last");
    CHECK_EQ(b.p.arch, SYSTEM_VTD);
    CU_ASSERT_PTR_NULL(b.p.config);
    down(&b);
}

/* The profiles that are delivered can all be read. */
static void delivered_profiles_are_sound(void)
{
    struct diag d;
    size_t n;
    char **names = profile_names(SOURCE_DIR "/model/profiles", &n);

    diag_init(&d);
    for (size_t i = 0; i < n; i++) {
        struct profile p;

        CHECK_EQ(profile_peek(&p, SOURCE_DIR "/model/profiles", names[i], &d), 0);
        CU_ASSERT(p.about[0] != 0);
        profile_destroy(&p);
    }
    diag_print(&d, stderr);
    diag_destroy(&d);
    profile_names_free(names, n);
}

#define TESTS(T)                                                                                   \
    T(values_are_set_and_the_rest_has_its_default) T(profile_stands_on_its_base)                   \
    T(file_finds_its_base_by_name_and_beside_itself) T(all_errors_of_all_files_are_told_at_once)   \
    T(unknown_profile_names_the_nearest) T(arch_is_one_and_known) T(base_of_itself_ends)           \
    T(file_that_is_no_map_is_refused) T(names_are_those_of_the_directory_sorted)                   \
    T(delivered_profiles_are_sound)
TEST_SUITE("profile", TESTS)
