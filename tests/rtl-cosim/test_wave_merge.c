/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/wave/wave_merge.h"

#include <stdlib.h>
#include <unistd.h>

#include "suite.h"

#ifdef WAVE_FST
#include <fstapi.h>

static char dir[] = "/tmp/test_wave_merge.XXXXXX";

static const char *in_dir(const char *name)
{
    static char path[4][256];
    static unsigned turn;
    char *p = path[turn++ % 4];

    snprintf(p, sizeof path[0], "%s/%s", dir, name);
    return p;
}

/* A waveform of one bit and one word, which changes every 10 ps from `from` on. */
static void source(const char *name, const char *module, const char *bit, const char *word, uint64_t from)
{
    void *w = fstWriterCreate(in_dir(name), 1);
    fstHandle b, v;

    fstWriterSetTimescale(w, -12);
    fstWriterSetScope(w, FST_ST_VCD_MODULE, module, NULL);
    b = fstWriterCreateVar(w, FST_VT_VCD_WIRE, FST_VD_IMPLICIT, 1, bit, 0);
    v = fstWriterCreateVar(w, FST_VT_VCD_WIRE, FST_VD_IMPLICIT, 16, word, 0);
    fstWriterSetUpscope(w);
    for (uint64_t t = from; t < from + 100; t += 10) {
        fstWriterEmitTimeChange(w, t);
        fstWriterEmitValueChange64(w, b, 1, t / 10 & 1);
        fstWriterEmitValueChange64(w, v, 16, t);
    }
    fstWriterClose(w);
}

static int merge(uint64_t from, uint64_t to, struct diag *d)
{
    const struct wave_source src[] = { { in_dir("a.fst"), "rtl" }, { in_dir("b.fst"), "model" } };
    const struct wave_note note[] = { { "found", "0x1000", 52 }, { "found", "", 60 }, { "expected", "0x2000", 52 } };

    return wave_merge(src, 2, note, 3, &(struct wave_window){ from, to, 52, { 30, UINT64_MAX } }, in_dir("out.fst"), d);
}

static uint64_t value_at(void *r, uint64_t t, fstHandle h)
{
    char buf[4096];
    const char *v = fstReaderGetValueFromHandleAtTime(r, t, h, buf);

    return v ? strtoull(v, NULL, 2) : UINT64_MAX;
}

static void both_sides_are_there_with_their_values(void)
{
    struct diag d;
    void *r;

    diag_init(&d);
    source("a.fst", "top", "req_valid", "req_addr [15:0]", 0);
    source("b.fst", "smmu", "busy", "requests [15:0]", 5);
    CHECK_EQ(merge(42, 70, &d), 0);
    r = fstReaderOpen(in_dir("out.fst"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    CHECK_EQ(fstReaderGetVarCount(r), 6);
    CHECK_EQ(fstReaderGetStartTime(r), 42);
    CHECK_EQ(fstReaderGetEndTime(r), 70);
    CHECK_EQ(value_at(r, 42, 2), 40);          /* the last before the window */
    CHECK_EQ(value_at(r, 42, 4), 35);
    CHECK_EQ(value_at(r, 51, 2), 50);
    CHECK_EQ(value_at(r, 56, 4), 55);
    CHECK_EQ(value_at(r, 69, 2), 60);
    fstReaderClose(r);
    diag_destroy(&d);
}

static bool has_line(const char *name, const char *line)
{
    FILE *f = fopen(in_dir(name), "r");
    char text[4096];
    bool found = false;

    while (f && !found && fgets(text, sizeof text, f)) {
        text[strcspn(text, "\n")] = '\0';
        found = strcmp(text, line) == 0;
    }
    if (f)
        fclose(f);
    return found;
}

static void the_save_file_names_signals_of_both_sides_and_the_place(void)
{
    CU_ASSERT(has_line("out.gtkw", "+{rtl req_addr[15:0]} rtl.top.req_addr[15:0]"));
    CU_ASSERT(has_line("out.gtkw", "+{rtl req_valid} rtl.top.req_valid"));
    CU_ASSERT(has_line("out.gtkw", "+{model requests[15:0]} model.smmu.requests[15:0]"));
    CU_ASSERT(has_line("out.gtkw", "+{found} cosim.found"));
    CU_ASSERT(has_line("out.gtkw", "[timestart] 42"));
    CU_ASSERT(has_line("out.gtkw", "[dumpfile] \"out.fst\""));
}

static void what_is_no_waveform_is_refused(void)
{
    struct diag d;
    FILE *f;

    diag_init(&d);
    f = fopen(in_dir("a.fst"), "w");
    fputs("no waveform", f);
    fclose(f);
    CU_ASSERT(merge(0, 10, &d) != 0);
    CU_ASSERT(!diag_empty(&d));
    diag_destroy(&d);
}

static void made_and_removed(void)
{
    static const char *const files[] = { "a.fst", "b.fst", "out.fst", "out.gtkw" };

    for (size_t i = 0; i < 4; i++)
        unlink(in_dir(files[i]));
    CHECK_EQ(rmdir(dir), 0);
}

static void a_directory_for_them(void)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
}

#define TESTS(T)                                                                                   \
    T(a_directory_for_them)                                                                        \
    T(both_sides_are_there_with_their_values)                                                      \
    T(the_save_file_names_signals_of_both_sides_and_the_place)                                     \
    T(what_is_no_waveform_is_refused)                                                              \
    T(made_and_removed)

#else

static void a_missing_writer_is_told(void)
{
    struct diag d;

    diag_init(&d);
    CU_ASSERT(wave_merge(NULL, 0, NULL, 0, NULL, "out.fst", &d) != 0);
    CU_ASSERT(!diag_empty(&d));
    diag_destroy(&d);
}
#define TESTS(T) T(a_missing_writer_is_told)

#endif
TEST_SUITE("wave_merge", TESTS)
