/* SPDX-License-Identifier: Apache-2.0
 *
 * The walker in RTL: equal to its twin in every cycle, and as many reads of tables as walks take by the book.
 */
#include <stdlib.h>

#include "arch/smmuv3/config.h"
#include "base/mem.h"
#include "base/sim.h"
#include "rtl-cosim/dut/registry.h"
#include "rtl-cosim/twin/design.h"
#include "rtl-cosim/twin/lockstep.h"
#include "suite.h"

static const struct cosim_dut_ops *design(const char *name)
{
    const struct cosim_dut_ops *ops = cosim_dut_find(name, NULL);

    CU_ASSERT_PTR_NOT_NULL_FATAL(ops);
    return ops;
}

/* ---- in step with the twin ----------------------------------------------------------------------- */

static enum lockstep_end in_step(const char *name, uint64_t operations, uint64_t seed, const struct cosim_param *instead)
{
    static struct lockstep_result r;
    struct lockstep l;
    struct diag d;

    diag_init(&d);
    CU_ASSERT_TRUE_FATAL(lockstep_of(&l, design(name), operations, seed));
    l.instead = instead;
    CU_ASSERT_EQUAL_FATAL(lockstep_run(&l, &r, &d), SIM_OK);
    diag_destroy(&d);
    if (!instead && r.end != LOCKSTEP_EQUAL)
        lockstep_report(&r, stderr);
    return r.end;
}

static uint64_t operations(void)
{
    const char *full = getenv("IOMMUSIM_FULL");

    return full && *full == '1' ? 1000000 : 100000;
}

static void walker_is_equal_to_its_twin_in_every_cycle(void)
{
    CHECK_EQ(in_step("walker", operations(), 1, NULL), LOCKSTEP_EQUAL);
}

static void so_it_is_without_walk_caches(void)
{
    CHECK_EQ(in_step("walker_plain", operations(), 2, NULL), LOCKSTEP_EQUAL);
}

static void so_it_is_with_three_slots_and_slow_small_walk_caches(void)
{
    CHECK_EQ(in_step("walker_small", operations(), 3, NULL), LOCKSTEP_EQUAL);
}

static void a_twin_of_other_parameters_is_found_out(void)
{
    const struct cosim_param others[][2] = {
        { { "walk_slots", 7 } }, { { "wc_latency", 2 } }, { { "wc_s1l2_sets", 4 } }, { { "wc_s2l2_ways", 3 } },
        { { "wc_policy", 4 } },
    };

    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        CHECK_EQ(in_step("walker", operations(), 1, others[i]), LOCKSTEP_DIFFERS);
}

/* ---- reads by the book --------------------------------------------------------------------------- */

enum { BITS = 39, START = 1, S1_TABLES = 0x40000000, S2_TABLES = 0x80000000u };
static const uint64_t VA = 0x3fc0201000, IPA = 0x2080201000, PA = 0x5140a05000;    /* alike below 1 GB */

struct book {
    struct mem *mem;
    uint64_t next_s1, next_s2;
    struct cosim_context context;
    struct vmsa_table s1, s2;
};

static uint64_t read_word(void *arg, uint64_t pa)
{
    return mem_read64(((struct book *)arg)->mem, pa);
}

static int write_word(void *arg, uint64_t pa, uint64_t v)
{
    return mem_write64(((struct book *)arg)->mem, pa, v);
}

static uint64_t alloc_s1(void *arg, unsigned log2)
{
    struct book *b = arg;

    b->next_s1 += 1ull << log2;
    return b->next_s1;
}

static uint64_t alloc_s2(void *arg, unsigned log2)
{
    struct book *b = arg;

    b->next_s2 += 1ull << log2;
    return b->next_s2;
}

/* Three levels in both stages; a leaf at level1 and one at level2 (0: no such stage).  Stage 1's tables lie where
 * their IPAs say, in pages of stage 2. */
static void book_up(struct book *b, int level1, int level2)
{
    struct smmuv3_config c = { .config = STE_BYPASS, .s1 = level1 != 0, .s2 = level2 != 0, .a = true, .r = true,
                               .epd = { false, true }, .halves = true };
    const struct table_io io1 = { .arg = b, .read = read_word, .write = write_word, .alloc = alloc_s1 };
    const struct table_io io2 = { .arg = b, .read = read_word, .write = write_word, .alloc = alloc_s2 };

    *b = (struct book){ .mem = mem_new(), .next_s1 = S1_TABLES, .next_s2 = S2_TABLES };
    c.config = (uint8_t)(STE_BYPASS + c.s1 + 2 * c.s2);
    b->s1 = c.tt[0] = (struct vmsa_table){ .stage = 1, .granule_log2 = 12, .in_bits = BITS, .out_bits = 48,
                                           .start = START, .base = S1_TABLES };
    b->s2 = c.s2t = (struct vmsa_table){ .stage = 2, .granule_log2 = 12, .in_bits = BITS, .out_bits = 48,
                                         .start = START, .base = S2_TABLES };
    smmuv3_encode_ste(&c, b->context.ste);
    smmuv3_encode_cd(&c, b->context.cd);
    if (level1)
        vmsa_map(&b->s1, &io1, VA, IPA, level1, vmsa_attr(1, true, true));
    if (level2)
        vmsa_map(&b->s2, &io2, level1 ? IPA : VA, PA, level2, vmsa_attr(2, true, true));
    for (uint64_t t = S1_TABLES; level1 && level2 && t <= b->next_s1; t += 4096)
        vmsa_map(&b->s2, &io2, t, t, 3, vmsa_attr(2, true, true));
}

/* Of one walk at a freshly reset walker, memory answering in the next cycle. */
static struct cosim_walk_rsp walk(struct book *b, const struct cosim_dut_ops *ops, unsigned *reads)
{
    struct cosim_cfg cfg = { .seed = 1 };
    struct cosim_in in = { .ar_ready = true, .walk_rsp_ready = true };
    struct cosim_walk_rsp rsp = { 0 };
    struct cosim_out out;
    struct cosim_dut *d;
    char err[64];

    *reads = 0;
    if (ops->create(&d, &cfg, err, sizeof err))
        return rsp;
    in.walk = (struct cosim_walk_req){ .valid = true, .id = 5, .addr = VA, .context = &b->context };
    for (int i = 0; i < 1000 && !rsp.valid; i++) {
        ops->tick(d, &in, &out);
        in.walk.valid &= !out.walk_ready;
        in.r = (struct cosim_r){ 0 };
        if (out.ar.valid) {
            ++*reads;
            in.r = (struct cosim_r){ .valid = true, .last = true, .id = out.ar.id,
                                     .data = mem_read64(b->mem, out.ar.addr) };
        }
        rsp = out.walk;
    }
    CHECK_EQ(ops->errors(d, NULL, 0), 0);
    ops->destroy(d);
    return rsp;
}

static const uint64_t block[] = { 0, 1ull << 30, 1ull << 21, 1ull << 12 };

static void check_book(const struct cosim_dut_ops *ops, int level1, int level2, unsigned reads)
{
    int deeper = level1 > level2 ? level1 : level2;
    struct cosim_walk_rsp r;
    struct book b;
    unsigned found;

    book_up(&b, level1, level2);
    r = walk(&b, ops, &found);
    CHECK_EQ(found, reads);
    CHECK_EQ(r.s1_reads + r.s2_reads, reads);
    CHECK_EQ(r.s1_reads, level1);
    CHECK_EQ(r.valid && !r.fault, true);
    CHECK_EQ(1ull << r.size_log2, block[deeper]);
    CHECK_EQ(r.piece, level1 && level2 > level1);
    mem_free(b.mem);
}

static void walks_read_as_often_as_the_book_says(void)
{
    const struct cosim_dut_ops *ops = design("walker_plain");

    for (int l = 1; l <= 3; l++) {
        check_book(ops, l, 0, (unsigned)l);
        check_book(ops, 0, l, (unsigned)l);
    }
    for (int l1 = 1; l1 <= 3; l1++)
        for (int l2 = 1; l2 <= 3; l2++)
            check_book(ops, l1, l2, (unsigned)(l1 + 3 * l1 + l2));
    check_book(ops, 3, 3, 15);
    check_book(ops, 2, 2, 10);
    check_book(ops, 1, 1, 5);
    check_book(ops, 2, 3, 11);
    check_book(ops, 3, 2, 14);
    check_book(ops, 3, 1, 13);
}

/* The root of stage 2 and its tables, known from the first descriptor's walk, are not read again. */
static void walk_caches_save_all_but_the_last_level(void)
{
    const struct cosim_dut_ops *ops = design("walker");
    struct cosim_walk_rsp r;
    struct book b;
    unsigned reads;

    book_up(&b, 3, 3);
    r = walk(&b, ops, &reads);
    CHECK_EQ(r.s1_reads, 3);
    CHECK_EQ(r.s2_reads, 3 + 1 + 1 + 3);
    CHECK_EQ(reads, 11);
    mem_free(b.mem);
}

#define TESTS(T)                                                                                   \
    T(walks_read_as_often_as_the_book_says) T(walk_caches_save_all_but_the_last_level)             \
    T(walker_is_equal_to_its_twin_in_every_cycle) T(so_it_is_without_walk_caches)                  \
    T(so_it_is_with_three_slots_and_slow_small_walk_caches) T(a_twin_of_other_parameters_is_found_out)
TEST_SUITE("walker", TESTS)
