/* SPDX-License-Identifier: Apache-2.0
 *
 * TLB maintenance that processors broadcast, and VMIDs that are one for an invalidation: which entries go.
 */
#include "driver_bench.h"

enum { STREAMS = 4, PAGE = 4096, VA = 0x400000 };

struct who { uint16_t asid, vmid; bool aset, global; };

#define UNIT(...) (const char *const[]){ "smmu.tcu.tlb.sets", "4", "smmu.tcu.tlb.ways", "16", "smmu.tbu.tlb.sets", "4", \
                                         "smmu.tbu.tlb.ways", "16", "smmu.tcu.cfg.sets", "4",      \
                                         "smmu.tcu.cfg.ways", "4", __VA_ARGS__, NULL }

static uint64_t io_read(void *arg, uint64_t pa) { return mem_read64(((struct bench *)arg)->sys->mem, pa); }

static int io_write(void *arg, uint64_t pa, uint64_t v)
{
    ((struct bench *)arg)->written = pa;
    return system_table_write(((struct bench *)arg)->sys, pa, &v, 1);
}

static uint64_t io_alloc(void *arg, unsigned log2)
{
    struct bench *b = arg;
    uint64_t at = (b->next + bits_low(log2)) & ~bits_low(log2);

    b->next = at + (1ull << log2);
    return at;
}

/* A stream whose page VA is mapped. */
static void attach(struct bench *b, uint32_t sid, struct who w)
{
    struct smmuv3_config c = { .config = STE_S1, .s1 = true, .halves = true, .asid = w.asid, .vmid = w.vmid,
                               .a = true, .r = true, .s1ctxptr = CDS + PAGE * sid };
    struct table_io io = { io_read, io_write, io_alloc, b };
    uint64_t words[8], attr = vmsa_attr(1, true, true);

    c.epd[1] = true;
    c.tt[0] = (struct vmsa_table){ .stage = 1, .granule_log2 = 12, .in_bits = 39, .out_bits = 48, .start = 1,
                                   .base = io_alloc(b, 12) };
    smmuv3_encode_ste(&c, words);
    system_table_write(b->sys, STRTAB + 64 * sid, words, 8);
    smmuv3_encode_cd(&c, words);
    FIELD_SET(CD, ASET, words, w.aset);
    system_table_write(b->sys, c.s1ctxptr, words, 8);
    FIELD_SET(PTE, NG, &attr, !w.global);
    CHECK_EQ(vmsa_map(&c.tt[0], &io, VA, 0x80000000 + PAGE * sid, 3, attr), 0);
    b->leaf[sid] = b->written;
}

static void access_all(struct bench *b, unsigned n, unsigned walked)
{
    for (uint32_t sid = 0; sid < n; sid++) {
        struct xl_req req = { .sid = sid, .addr = VA };
        struct xl_result res;
        uint64_t was = b->s->st.tlb_miss;

        system_translate(b->sys, &req, &res, NULL);
        CHECK_EQ(res.outcome, XL_OK);
        CHECK_EQ(b->s->st.tlb_miss - was, walked >> sid & 1);
    }
}

static void up(struct bench *b, const char *const *set, uint64_t cr2, const struct who *w, unsigned n)
{
    bench_up(b, false, set);
    CHECK_EQ(system_check(b->sys), 0);
    system_reg_write(b->sys, STRTAB_BASE_AT, STRTAB, 8);
    write_reg(b, STRTAB_BASE_CFG_AT, 4);
    write_reg(b, CR2_AT, (uint32_t)cr2);
    for (uint32_t sid = 0; sid < n; sid++)
        attach(b, sid, w[sid]);
    enable(b, BIT(CR0, SMMUEN));
    access_all(b, n, (1u << n) - 1);
    access_all(b, n, 0);
}

static void down(struct bench *b)
{
    size_t n;
    uint64_t total;

    system_mismatches(b->sys, &n, &total);
    CHECK_EQ(total, 0);
    bench_down(b);
}

static void broadcast(struct bench *b, struct smmuv3_cmd c)
{
    uint64_t w[CMD_WORDS];

    smmuv3_cmd_encode(&c, w);
    system_broadcast(b->sys, w, CMD_WORDS);
}

static void command(struct bench *b, struct smmuv3_cmd c)
{
    uint64_t w[CMD_WORDS];

    smmuv3_cmd_encode(&c, w);
    system_command(b->sys, w, CMD_WORDS);
}

/* ---- broadcast ----------------------------------------------------------------------------------- */

static const struct who two[] = { { .asid = 1, .vmid = 0 }, { .asid = 2, .vmid = 0 } };
#define NH_ASID(a)  ((struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_ASID, .asid = (a) })
#define NH_VA(a, v) ((struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_VA, .asid = (a), .first = (v) })

static void a_broadcast_removes_what_its_command_would(void)
{
    struct bench b;

    up(&b, UNIT("smmu.btm", "true"), 0, two, 2);
    broadcast(&b, NH_ASID(1));
    access_all(&b, 2, 1);
    broadcast(&b, NH_VA(2, VA));
    access_all(&b, 2, 2);
    broadcast(&b, NH_VA(2, VA + PAGE));
    access_all(&b, 2, 0);
    broadcast(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NSNH_ALL });
    access_all(&b, 2, 3);
    CHECK_EQ(b.s->st.broadcasts, 4);
    CHECK_EQ(b.s->st.commands, 0);
    down(&b);
}

static void a_unit_without_btm_or_with_ptm_takes_no_part(void)
{
    struct bench b;

    up(&b, UNIT("smmu.btm", "false"), 0, two, 2);
    broadcast(&b, NH_ASID(1));
    access_all(&b, 2, 0);
    CHECK_EQ(b.s->st.broadcasts_ignored, 1);
    down(&b);
    up(&b, UNIT("smmu.btm", "true"), BIT(CR2, PTM), two, 2);
    broadcast(&b, NH_ASID(1));
    access_all(&b, 2, 0);
    CHECK_EQ(b.s->st.broadcasts_ignored, 1);
    down(&b);
}

static void a_broadcast_of_something_else_is_ignored(void)
{
    struct bench b;

    up(&b, UNIT("smmu.btm", "true", "smmu.s2p", "false"), 0, two, 2);
    broadcast(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_STE });
    broadcast(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_SYNC });
    broadcast(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_S12_VMALL });
    broadcast(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_EL3_ALL });
    access_all(&b, 2, 0);
    CHECK_EQ(b.s->st.broadcasts_ignored, 4);
    CHECK_EQ(b.s->st.command_errors, 0);
    down(&b);
}

/* [SMMUv3 3.17]: those that match an ASID spare the address spaces that are the unit's own. */
static void aset_spares_from_broadcasts_by_asid_alone(void)
{
    static const struct who own[] = { { .asid = 1 }, { .asid = 1, .aset = true },
                                      { .asid = 2, .vmid = 5, .aset = true, .global = true } };
    struct smmuv3_cmd va = NH_VA(3, VA), vaa = { .op = SMMUV3_CMD_TLBI_NH_VAA, .first = VA };
    struct bench b;

    va.vmid = 5;

    up(&b, UNIT("smmu.btm", "true"), 0, own, 3);
    broadcast(&b, NH_ASID(1));
    access_all(&b, 3, 1);
    broadcast(&b, NH_VA(1, VA));
    access_all(&b, 3, 1);
    broadcast(&b, va);                             /* a global entry is spared, too */
    access_all(&b, 3, 0);
    broadcast(&b, vaa);
    access_all(&b, 3, 3);
    vaa.vmid = 5;
    broadcast(&b, vaa);
    access_all(&b, 3, 4);
    broadcast(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_ALL });
    access_all(&b, 3, 3);
    command(&b, NH_ASID(1));                       /* a command does not look at it */
    access_all(&b, 3, 3);
    command(&b, va);
    access_all(&b, 3, 4);
    down(&b);
}

/* The oracle knows what a broadcast has to remove: an entry that a CD with ASET keeps from it is stale. */
static void an_entry_that_was_spared_is_stale(void)
{
    static const struct who own[] = { { .asid = 1 }, { .asid = 2, .aset = true } };
    struct bench b;
    size_t n;
    uint64_t total;

    up(&b, UNIT("smmu.btm", "true"), 0, own, 2);
    for (uint32_t sid = 0; sid < 2; sid++) {
        uint64_t pte = mem_read64(b.sys->mem, b.leaf[sid]) ^ 1ull << 20;

        system_table_write(b.sys, b.leaf[sid], &pte, 1);
        broadcast(&b, NH_VA(sid + 1, VA));
    }
    access_all(&b, 2, 1);
    system_stale(b.sys, &n, &total);
    CHECK_EQ(total, 1);
    down(&b);
}

/* ---- VMID wildcard ------------------------------------------------------------------------------- */

static const struct who four[] = { { .asid = 1, .vmid = 0x20 }, { .asid = 1, .vmid = 0x21 },
                                   { .asid = 1, .vmid = 0x22 }, { .asid = 1, .vmid = 0x30 } };

static void check_wildcard(uint32_t vmw, unsigned removed)
{
    static const struct smmuv3_cmd cmd[] = {
        { .op = SMMUV3_CMD_TLBI_NH_ALL, .vmid = 0x20 },
        { .op = SMMUV3_CMD_TLBI_NH_ASID, .vmid = 0x20, .asid = 1 },
        { .op = SMMUV3_CMD_TLBI_NH_VA, .vmid = 0x20, .asid = 1, .first = VA },
        { .op = SMMUV3_CMD_TLBI_NH_VAA, .vmid = 0x20, .first = VA },
        { .op = SMMUV3_CMD_TLBI_S12_VMALL, .vmid = 0x20 },
    };
    struct bench b;

    up(&b, UNIT("smmu.vmw", "true", "smmu.btm", "true"), 0, four, 4);
    write_reg(&b, CR0_AT, BIT(CR0, SMMUEN) | vmw << CR0_VMW_LO);
    for (size_t i = 0; i < ARRAY_LEN(cmd); i++) {
        command(&b, cmd[i]);
        access_all(&b, 4, removed);
        broadcast(&b, cmd[i]);
        access_all(&b, 4, removed);
    }
    command(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_ASID, .vmid = 0x20, .asid = 2 });
    access_all(&b, 4, 0);
    down(&b);
}

static void vmids_that_differ_in_wild_bits_are_one(void)
{
    check_wildcard(0, 1);
    check_wildcard(1, 3);
    check_wildcard(2, 7);
    check_wildcard(4, 7);
    check_wildcard(5, 1);                          /* reserved: as 0 */
}

static void a_unit_without_the_wildcard_compares_all_bits(void)
{
    struct bench b;

    up(&b, UNIT("smmu.vmw", "false"), 0, four, 4);
    write_reg(&b, CR0_AT, BIT(CR0, SMMUEN) | 2 << CR0_VMW_LO);
    CHECK_EQ(read_reg(&b, CR0_AT), BIT(CR0, SMMUEN));
    command(&b, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_ALL, .vmid = 0x20 });
    access_all(&b, 4, 1);
    down(&b);
}

/* ---- all of it ----------------------------------------------------------------------------------- */

static void s_init_forgets_everything_of_a_unit_that_is_off(void)
{
    struct bench b;

    up(&b, UNIT("smmu.btm", "true"), 0, two, 2);
    write_reg(&b, S_INIT_AT, 1);                   /* on: ignored */
    access_all(&b, 2, 0);
    write_reg(&b, CR0_AT, 0);
    write_reg(&b, S_INIT_AT, 1);
    CHECK_EQ(read_reg(&b, S_INIT_AT), 0);
    enable(&b, BIT(CR0, SMMUEN));
    access_all(&b, 2, 3);
    down(&b);
}

#define TESTS(T)                                                                                   \
    T(a_broadcast_removes_what_its_command_would) T(a_unit_without_btm_or_with_ptm_takes_no_part)  \
    T(a_broadcast_of_something_else_is_ignored) T(aset_spares_from_broadcasts_by_asid_alone)       \
    T(an_entry_that_was_spared_is_stale) T(vmids_that_differ_in_wild_bits_are_one)       \
    T(a_unit_without_the_wildcard_compares_all_bits) T(s_init_forgets_everything_of_a_unit_that_is_off)
TEST_SUITE("smmuv3_broadcast", TESTS)
