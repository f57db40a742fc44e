/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/timing/calibrate.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/bits.h"
#include "suite.h"

/* A design whose requests take front + reads * memory + (8-word reads) * burst, and a model of the same form. */
enum { FRONT, MEMORY, BURST, OTHER, UNKNOWNS };
enum { PATTERNS = 4, REQUESTS = 200 };

struct truth { uint64_t front, memory, burst; unsigned noise; };

static void request(size_t pattern, uint64_t i, struct cosim_sample *s, enum cosim_class *c)
{
    uint64_t h = bits_mix(pattern * 1000 + i);

    *s = (struct cosim_sample){ .request = i, .alone = h % 7 != 0, .s1_reads = (uint8_t)(h >> 8 & 3),
                                .cfg_reads = (uint8_t)(h >> 16 & (pattern > 0)) };
    *c = s->cfg_reads ? COSIM_CLASS_CONFIG_MISS : s->s1_reads ? COSIM_CLASS_WALK_S1 : COSIM_CLASS_TLB_HIT;
}

static int take(size_t pattern, uint64_t front, uint64_t memory, uint64_t burst, unsigned noise, struct cosim_latency *l,
                uint64_t *cycles)
{
    int err = 0;

    *cycles = 0;
    for (uint64_t i = 0; i < REQUESTS && !err; i++) {
        struct cosim_sample s;
        enum cosim_class c;

        request(pattern, i, &s, &c);
        s.cycles = (uint32_t)(front + (s.s1_reads + s.cfg_reads) * memory + s.cfg_reads * burst);
        if (noise)
            s.cycles += (uint32_t)(bits_mix(i * 31 + pattern) % noise);
        if (!s.alone)
            s.cycles += 500;
        *cycles += s.cycles;
        err = cosim_latency_add(l, c, &s);
    }
    return err;
}

static int found(void *arg, size_t pattern, struct cosim_latency *l, uint64_t *cycles)
{
    const struct truth *t = arg;

    return take(pattern, t->front, t->memory, t->burst, t->noise, l, cycles);
}

/* The last unknown does nothing. */
static int model(void *arg, size_t pattern, const struct calibrate_unknown *u, size_t n, struct cosim_latency *l,
                 uint64_t *cycles)
{
    (void)arg, (void)n;
    return take(pattern, u[FRONT].value, u[MEMORY].value / 1000, u[BURST].value, 0, l, cycles);
}

static bool train(void *arg, size_t pattern)
{
    (void)arg;
    return pattern % 2 == 1;
}

static const char *name(void *arg, size_t pattern)
{
    (void)arg, (void)pattern;
    return "pattern";
}

static void fit(struct truth *t, struct calibrate_unknown *u, struct calibrate_result *r)
{
    static const struct calibrate_unknown from[UNKNOWNS] = {
        [FRONT] = { .path = "smmu.tcu.tlb.port.latency", .step = 1, .max = 1000, .value = 1 },
        [MEMORY] = { .path = "mem.llc_ps", .step = 1000, .max = 1000000, .value = 50000 },
        [BURST] = { .path = "mem.line_ps", .step = 1, .max = 1000 },
        [OTHER] = { .path = "smmu.tcu.cfg.port.latency", .step = 1, .max = 1000, .value = 9 },
    };
    struct tolerance tolerance;
    const struct calibrate_ops ops = { PATTERNS, name, train, found, model, t };

    tolerance_defaults(&tolerance);
    memcpy(u, from, sizeof from);
    CHECK_EQ(calibrate(&ops, u, UNKNOWNS, &tolerance, r), 0);
}

static void a_linear_design_is_found_exactly(void)
{
    struct truth t = { 14, 23, 7, 0 };
    struct calibrate_unknown u[UNKNOWNS];
    struct calibrate_result r;

    fit(&t, u, &r);
    CHECK_EQ(u[FRONT].value, 14);
    CHECK_EQ(u[MEMORY].value, 23000);
    CHECK_EQ(u[BURST].value, 7);
    CHECK_EQ(u[OTHER].value, 9);
    CU_ASSERT(u[FRONT].known && u[MEMORY].known && u[BURST].known && !u[OTHER].known);
    CHECK_EQ(r.train.of[COSIM_CLASS_WALK_S1].verdict, COMPARE_EQUAL);
    CHECK_EQ(r.rest.of[COSIM_CLASS_TLB_HIT].verdict, COMPARE_EQUAL);
    CHECK_EQ(r.rest.verdict, COMPARE_EQUAL);
    CHECK_EQ(r.pattern[0].before.verdict, COMPARE_OUTSIDE);
    CHECK_EQ(r.pattern[0].after.verdict, COMPARE_EQUAL);
    CU_ASSERT(r.residual < 1e-6);
    calibrate_destroy(&r);
}

static void noise_is_told_as_what_is_left(void)
{
    struct truth t = { 40, 60, 7, 3 };
    struct calibrate_unknown u[UNKNOWNS];
    struct calibrate_result r;

    fit(&t, u, &r);
    CHECK_EQ(u[FRONT].value, 41);
    CHECK_EQ(u[MEMORY].value, 60000);
    CU_ASSERT(r.residual > 0.5 && r.residual < 1.5);
    CU_ASSERT(u[FRONT].sigma > 0 && u[FRONT].sigma < 0.5);
    CHECK_EQ(r.rest.of[COSIM_CLASS_CONFIG_MISS].verdict, COMPARE_WITHIN);
    calibrate_destroy(&r);
}

static void a_form_that_the_model_does_not_have_is_seen_in_the_distribution(void)
{
    struct truth t = { 14, 23, 7, 60 };
    struct calibrate_unknown u[UNKNOWNS];
    struct calibrate_result r;

    fit(&t, u, &r);
    CU_ASSERT(r.rest.of[COSIM_CLASS_TLB_HIT].ks > 0.3 && r.rest.of[COSIM_CLASS_TLB_HIT].mean_abs > 10);
    CU_ASSERT(r.residual > 10);
    calibrate_destroy(&r);
}

static void the_profile_has_the_values_in_one_tree(void)
{
    struct truth t = { 14, 23, 7, 0 };
    struct calibrate_unknown u[UNKNOWNS];
    struct calibrate_result r;
    char path[] = "/tmp/test_calibrate.XXXXXX", text[1000];
    int fd = mkstemp(path);
    ssize_t n;

    fit(&t, u, &r);
    CHECK_EQ(calibrate_write(path, "rtl", "fitted", u, UNKNOWNS, &r, NULL), 0);
    n = read(fd, text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "base: rtl\nabout: fitted\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "mem:\n  line_ps: 7 "));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n  llc_ps: 23000 "));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\nsmmu:\n  tcu:\n    cfg:\n      port:\n        latency: 9 "));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n    tlb:\n      port:\n        latency: 14 "));
    close(fd);
    unlink(path);
    calibrate_destroy(&r);
}

#define TESTS(T)                                                                                   \
    T(a_linear_design_is_found_exactly)                                                            \
    T(noise_is_told_as_what_is_left)                                                               \
    T(a_form_that_the_model_does_not_have_is_seen_in_the_distribution)                             \
    T(the_profile_has_the_values_in_one_tree)
TEST_SUITE("calibrate", TESTS)
