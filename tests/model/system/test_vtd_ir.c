/* SPDX-License-Identifier: Apache-2.0
 *
 * Interrupt remapping of a unit: when it is on, what the interrupt entry cache keeps and loses, fault records,
 * posted interrupts; every result judged by the oracle.  And its time.
 */
#include "base/rng.h"
#include "base/sim.h"
#include "run_bench.h"
#include "system/vtd/vtd.h"

enum { TABLE = 0x40000, OTHER = 0x60000, PD_AT = 0x51000, SID = 0x310, ENTRIES_LOG2 = 8 };

struct bench {
    struct diag diag;
    struct system_config *config;
    struct system *sys;
    struct vtd_system *u;
    struct vtd_irte e;                         /* what put_entry writes */
    struct system_trail trail;
    struct xl_result res;
};

static void set(struct bench *b, const char *path, const char *text)
{
    CHECK_EQ(param_set_text(system_config_params(b->config), path, text, NULL, NULL, 0, 0), 0);
}

/* Capabilities: 8 fault records, posted interrupts; queued invalidation, interrupt remapping, extended ids. */
static void config_up(struct bench *b)
{
    memset(b, 0, sizeof *b);
    b->config = system_config_new(SYSTEM_VTD);
    set(b, "vtd.cap", "0x08d2078c106f0666");
    set(b, "vtd.ecap", "0xf050da");
    set(b, "vtd.iec.sets", "1");
    set(b, "vtd.iec.ways", "64");
}

static void put_at(struct bench *b, uint64_t table, unsigned index)
{
    uint64_t words[VTD_IRTE_WORDS];

    vtd_encode_irte(&b->u->regs, &b->e, words);
    system_table_write(b->sys, table + 16ull * index, words, VTD_IRTE_WORDS);
}

static void put_entry(struct bench *b, unsigned index, unsigned vector)
{
    b->e.vector = (uint8_t)vector;
    put_at(b, TABLE, index);
}

static void write_gcmd(struct bench *b, uint64_t bits)
{
    CHECK_EQ(system_reg_write(b->sys, VTD_REG_GCMD, bits, 4), 0);
}

enum { IRE = 1 << 25, SIRTP = 1 << 24, CFI = 1 << 23 };

static void set_table(struct bench *b, uint64_t table, uint64_t keep)
{
    CHECK_EQ(system_reg_write(b->sys, VTD_REG_IRTA, table | (ENTRIES_LOG2 - 1), 8), 0);
    write_gcmd(b, keep | SIRTP);
}

static void system_up(struct bench *b)
{
    b->sys = system_new(b->config, 1, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->sys);
    b->u = CONTAINER_OF(b->sys, struct vtd_system, sys);
    system_check(b->sys);
    b->e = (struct vtd_irte){ .dest = 3, .svt = VTD_SVT_SID, .sid = SID };
    for (unsigned i = 0; i < 32; i++)
        put_entry(b, i, 0x40 + i);
    set_table(b, TABLE, 0);
    write_gcmd(b, IRE);
}

static void up(struct bench *b)
{
    config_up(b);
    system_up(b);
}

static void down(struct bench *b)
{
    uint64_t total;
    size_t n;

    system_mismatches(b->sys, &n, &total);
    CHECK_EQ(total, 0);
    system_free(b->sys);
    system_config_free(b->config);
}

static void send(struct bench *b, unsigned sid, uint64_t addr, uint32_t data)
{
    struct xl_req req = { .sid = sid, .addr = addr, .data = data, .write = true };

    system_translate(b->sys, &req, &b->res, &b->trail);
}

static void interrupt(struct bench *b, unsigned index)
{
    struct vtd_msg m = vtd_ir_request((uint16_t)index, false, 0);

    send(b, SID, m.addr, m.data);
}

static bool hits(struct bench *b, unsigned index)
{
    interrupt(b, index);
    return b->trail.cls == VTD_CLASS_IR_HIT;
}

static void invalidate(struct bench *b, unsigned g, unsigned index, unsigned mask)
{
    struct vtd_inv inv = { .type = VTD_INV_IEC, .g = (uint8_t)g, .iec = { (uint8_t)mask, (uint16_t)index } };
    uint64_t words[VTD_INV_WORDS];

    vtd_inv_encode(&inv, words);
    CHECK_EQ(system_command(b->sys, words, 2), 0);
}

static uint64_t stale(const struct bench *b)
{
    uint64_t total;
    size_t n;

    system_stale(b->sys, &n, &total);
    return total;
}

/* ---- on and off ----------------------------------------------------------------------------- */

static void an_entry_is_read_once_and_then_kept(void)
{
    struct bench b;

    up(&b);
    interrupt(&b, 5);
    CHECK_EQ(b.res.outcome, XL_INTERRUPT);
    CHECK_EQ(b.res.pa, 0xfee03000);
    CHECK_EQ(b.res.ipa, 0x4045);
    CHECK_EQ(b.trail.cls, VTD_CLASS_IR_MISS);
    CU_ASSERT(hits(&b, 5));
    CHECK_EQ(b.res.ipa, 0x4045);
    CU_ASSERT_FALSE(hits(&b, 6));
    CHECK_EQ(b.u->ir.st.entry_reads, 2);
    CHECK_EQ(b.u->ir.st.remapped, 3);
    CHECK_EQ(b.u->st.interrupts, 3);
    CHECK_EQ(b.u->iec.st.hits, 1);
    down(&b);
}

static void check_untouched(struct bench *b)
{
    interrupt(b, 5);
    CHECK_EQ(b->res.outcome, XL_INTERRUPT);
    CHECK_EQ(b->res.pa, vtd_ir_request(5, false, 0).addr);
    CHECK_EQ(b->trail.cls, VTD_CLASS_INTERRUPT);
    CHECK_EQ(b->u->ir.st.entry_reads, 0);
}

static void without_the_capability_or_ire_nothing_is_remapped(void)
{
    struct bench b;

    config_up(&b);
    set(&b, "vtd.ecap", "0xf050d2");
    system_up(&b);
    write_gcmd(&b, IRE | 1u << 31);            /* TE: else nothing says that it is an interrupt */
    check_untouched(&b);
    down(&b);
    up(&b);
    write_gcmd(&b, 1u << 31);
    check_untouched(&b);
    down(&b);
}

static void interrupts_are_remapped_whether_dma_is_or_not(void)
{
    struct bench b;

    up(&b);
    interrupt(&b, 5);
    CHECK_EQ(b.res.ipa, 0x4045);
    send(&b, SID, 0x1000, 0);
    CHECK_EQ(b.res.outcome, XL_BYPASS);
    write_gcmd(&b, IRE | 1u << 31);
    interrupt(&b, 5);
    CHECK_EQ(b.res.ipa, 0x4045);
    send(&b, SID, 0x1000, 0);
    CHECK_EQ(b.res.outcome, XL_FAULT);
    down(&b);
}

static void compatibility_format_follows_cfi(void)
{
    struct bench b;

    up(&b);
    send(&b, SID, 0xfee03000, 0x30);
    CHECK_EQ(b.res.code, VTD_IR_COMPAT);
    write_gcmd(&b, IRE | CFI);
    send(&b, SID, 0xfee03000, 0x30);
    CHECK_EQ(b.res.outcome, XL_INTERRUPT);
    CHECK_EQ(b.res.pa, 0xfee03000);
    CHECK_EQ(b.res.ipa, 0x30);
    CHECK_EQ(b.u->ir.st.passed, 1);
    CHECK_EQ(b.u->ir.st.blocked, 1);
    down(&b);
}

static void a_table_is_used_from_sirtp_on_and_empties_the_cache_if_the_unit_says_so(void)
{
    for (unsigned esirtps = 0; esirtps < 2; esirtps++) {
        struct bench b;

        config_up(&b);
        if (esirtps)
            set(&b, "vtd.cap", "0x48d2078c106f0666");
        system_up(&b);
        b.e.vector = 0xaa;
        put_at(&b, OTHER, 5);
        put_at(&b, OTHER, 6);
        interrupt(&b, 5);
        system_reg_write(b.sys, VTD_REG_IRTA, OTHER | 7, 8);
        CU_ASSERT(hits(&b, 5));
        interrupt(&b, 6);
        CHECK_EQ(b.res.ipa, 0x4046);
        write_gcmd(&b, IRE | SIRTP);
        if (!esirtps)
            invalidate(&b, VTD_IEC_GLOBAL, 0, 0);
        CU_ASSERT_FALSE(hits(&b, 5));
        CHECK_EQ(b.res.ipa, 0x40aa);
        interrupt(&b, 6);
        CHECK_EQ(b.res.ipa, 0x40aa);
        down(&b);
    }
}

static void a_reset_turns_it_off(void)
{
    struct bench b;

    up(&b);
    interrupt(&b, 5);
    system_reset(b.sys);
    CHECK_EQ(b.u->regs.ires, false);
    set_table(&b, TABLE, 0);
    write_gcmd(&b, IRE);
    CU_ASSERT_FALSE(hits(&b, 5));
    down(&b);
}

/* ---- invalidation --------------------------------------------------------------------------- */

static void what_an_invalidation_names_goes_and_all_else_stays(void)
{
    for (unsigned mask = 0; mask < 5; mask++) {
        struct bench b;
        unsigned first = 9 & ~((1u << mask) - 1), last = first + (1u << mask) - 1;

        up(&b);
        for (unsigned i = 0; i < 32; i++)
            interrupt(&b, i);
        invalidate(&b, VTD_IEC_INDEX, 9, mask);
        for (unsigned i = 0; i < 32; i++)
            CHECK_EQ(hits(&b, i), i < first || i > last);
        invalidate(&b, VTD_IEC_GLOBAL, 0, 0);
        for (unsigned i = 0; i < 32; i++)
            CU_ASSERT_FALSE(hits(&b, i));
        CHECK_EQ(b.u->ir.st.invalidations, 2);
        down(&b);
    }
}

static void a_unit_may_remove_all_whatever_the_index(void)
{
    struct bench b;

    config_up(&b);
    set(&b, "vtd.ir.inval", "global");
    system_up(&b);
    interrupt(&b, 5);
    interrupt(&b, 20);
    invalidate(&b, VTD_IEC_INDEX, 5, 0);
    CU_ASSERT_FALSE(hits(&b, 20));
    down(&b);
}

static void other_invalidations_leave_interrupt_entries(void)
{
    static const struct vtd_inv other[] = {
        { .type = VTD_INV_CC, .g = VTD_CC_GLOBAL }, { .type = VTD_INV_IOTLB, .g = VTD_IOTLB_GLOBAL },
    };
    struct bench b;

    up(&b);
    interrupt(&b, 5);
    for (unsigned i = 0; i < ARRAY_LEN(other); i++) {
        uint64_t words[VTD_INV_WORDS];

        vtd_inv_encode(&other[i], words);
        CHECK_EQ(system_command(b.sys, words, 2), 0);
        CU_ASSERT(hits(&b, 5));
    }
    down(&b);
}

static void a_changed_entry_is_stale_until_its_invalidation(void)
{
    struct bench b;

    up(&b);
    interrupt(&b, 5);
    put_entry(&b, 5, 0x99);
    CU_ASSERT(hits(&b, 5));
    CHECK_EQ(b.res.ipa, 0x4045);
    CHECK_EQ(stale(&b), 1);
    invalidate(&b, VTD_IEC_INDEX, 4, 0);       /* another's */
    CU_ASSERT(hits(&b, 5));
    CHECK_EQ(stale(&b), 2);
    invalidate(&b, VTD_IEC_INDEX, 5, 0);
    interrupt(&b, 5);
    CHECK_EQ(b.res.ipa, 0x4099);
    CHECK_EQ(stale(&b), 2);
    down(&b);
}

static void entries_that_are_not_present_are_not_kept(void)
{
    struct bench b;

    up(&b);
    for (unsigned i = 0; i < 3; i++) {
        interrupt(&b, 40);
        CHECK_EQ(b.res.code, VTD_IR_ABSENT);
    }
    CHECK_EQ(b.u->ir.st.entry_reads, 3);
    put_entry(&b, 40, 0x88);
    interrupt(&b, 40);
    CHECK_EQ(b.res.ipa, 0x4088);
    CHECK_EQ(stale(&b), 0);
    down(&b);
}

/* Entries come, go and change, of remapped and posted interrupts; software invalidates what it has changed, or forgets
 * to.  What is used of a changed entry is stale then, and nothing else is; no answer is unexplained (down). */
static void random_changes_and_invalidations_leave_no_answer_unexplained(void)
{
    enum { STEPS = 20000, INDEXES = 48 };

    for (unsigned forgets = 0; forgets < 2; forgets++) {
        struct bench b;
        struct rng rng;

        config_up(&b);
        set(&b, "vtd.iec.ways", "16");
        system_up(&b);
        rng_init(&rng, 3, "vtd_ir");
        for (unsigned i = 0; i < STEPS; i++) {
            unsigned index = (unsigned)rng_below(&rng, INDEXES), mask = (unsigned)rng_below(&rng, 4);

            if (rng_below(&rng, 8)) {
                interrupt(&b, index);
                continue;
            }
            b.e.posted = rng_below(&rng, 4) == 0;
            b.e.pd = b.e.posted ? PD_AT : 0;
            b.e.sid = (uint16_t)(rng_below(&rng, 8) ? SID : SID + 1);
            put_entry(&b, index, (unsigned)rng_below(&rng, 256));
            if (!rng_below(&rng, 4))
                system_table_write(b.sys, TABLE + 16ull * index, (uint64_t[]){ 0 }, 1);
            if (!forgets || rng_below(&rng, 2))
                invalidate(&b, rng_below(&rng, 16) ? VTD_IEC_INDEX : VTD_IEC_GLOBAL, index, mask);
        }
        CU_ASSERT(b.u->iec.st.hits > STEPS / 8 && b.u->ir.st.posted > 100 && b.u->ir.st.blocked > 1000);
        CHECK_EQ(stale(&b) > 0, forgets);
        down(&b);
    }
}

/* ---- faults --------------------------------------------------------------------------------- */

static void a_record_has_the_index_in_the_place_of_the_page(void)
{
    struct bench b;
    const uint64_t *r;

    up(&b);
    r = b.u->frcd[0];
    interrupt(&b, 0x29);
    CHECK_EQ(FIELD_GET(FRCD, FR, r), VTD_IR_ABSENT);
    CHECK_EQ(r[0], 0x29ull << 48);
    CHECK_EQ(FIELD_GET(FRCD, SID, r), SID);
    CHECK_EQ(FIELD_GET(FRCD, T1, r), 0);
    CHECK_EQ(FIELD_GET(FRCD, F, r), 1);
    send(&b, SID + 1, 0xfee00000, 0x30);       /* blocked before there is an index */
    r = b.u->frcd[1];
    CHECK_EQ(FIELD_GET(FRCD, FR, r), VTD_IR_COMPAT);
    CHECK_EQ(r[0], 0);
    CHECK_EQ(FIELD_GET(FRCD, SID, r), SID + 1);
    CHECK_EQ(b.u->st.faults, 2);
    CHECK_EQ(b.u->st.fault_records, 2);
    CHECK_EQ(b.trail.cls, VTD_CLASS_FAULT);
    down(&b);
}

static void a_kept_entry_serves_no_other_source(void)
{
    struct bench b;
    struct vtd_msg m = vtd_ir_request(5, false, 0);

    up(&b);
    interrupt(&b, 5);
    send(&b, SID + 8, m.addr, m.data);
    CHECK_EQ(b.res.outcome, XL_FAULT);
    CHECK_EQ(b.res.code, VTD_IR_SOURCE);
    CHECK_EQ(b.u->ir.st.entry_reads, 1);
    b.e.fpd = true;
    put_entry(&b, 6, 0x50);
    m = vtd_ir_request(6, false, 0);
    send(&b, SID + 8, m.addr, m.data);
    CHECK_EQ(b.res.code, VTD_IR_SOURCE);
    CHECK_EQ(b.res.recorded, false);
    CHECK_EQ(b.u->st.faults_suppressed, 1);
    CHECK_EQ(b.u->st.fault_records, 1);
    down(&b);
}

static void a_read_is_no_interrupt(void)
{
    struct bench b;
    struct xl_req req = { .sid = SID, .addr = 0xfee00010 };

    up(&b);
    system_translate(b.sys, &req, &b.res, &b.trail);
    CHECK_EQ(b.res.code, VTD_IR_BLOCKED);
    down(&b);
}

/* ---- posted --------------------------------------------------------------------------------- */

static void a_posted_interrupt_changes_its_descriptor_and_notifies_once(void)
{
    struct bench b;

    up(&b);
    b.e.posted = true;
    b.e.pd = PD_AT;
    put_entry(&b, 7, 0x85);
    mem_write64(b.sys->mem, PD_AT + 32, 0x0700ull << 32 | 0xf2 << 16);
    interrupt(&b, 7);
    CHECK_EQ(b.res.outcome, XL_INTERRUPT);
    CHECK_EQ(b.res.pa, PD_AT);
    CHECK_EQ(b.res.ipa, 0x85);
    CHECK_EQ(b.trail.cls, VTD_CLASS_IR_POSTED);
    CHECK_EQ(mem_read64(b.sys->mem, PD_AT + 16), 1ull << 5);
    CHECK_EQ(mem_read64(b.sys->mem, PD_AT + 32), 0x0700ull << 32 | 0xf2 << 16 | 1);
    interrupt(&b, 7);
    CHECK_EQ(b.u->ir.st.posted, 2);
    CHECK_EQ(b.u->ir.st.notifications, 1);
    CHECK_EQ(b.u->ir.st.descriptor_accesses, 2);
    CHECK_EQ(b.u->ir.st.entry_reads, 1);
    CHECK_EQ(stale(&b), 0);
    mem_write64(b.sys->mem, PD_AT + 40, 1);
    interrupt(&b, 7);
    CHECK_EQ(b.res.code, VTD_IR_PD_RESERVED);
    down(&b);
}

/* ---- from a trace --------------------------------------------------------------------------- */

enum { RECORDS = 16 };

struct trace {
    struct rec rec[RECORDS];
    struct rec_ext ext[RECORDS];
    size_t n, n_ext;
    bool given;
};

static void add_words(struct trace *t, unsigned kind, uint64_t addr, unsigned len, unsigned n, const uint64_t *w)
{
    t->rec[t->n] = (struct rec){ .kind = (uint8_t)kind, .addr = addr, .len = len, .time = t->n, .words = (uint16_t)n,
                                 .stream = REC_NO_STREAM };
    memcpy(t->ext[t->n_ext++].w, w, n * sizeof *w);
    t->n++;
}

static void add_reg(struct trace *t, unsigned reg, unsigned len, uint64_t value)
{
    add_words(t, REC_REG, reg, len, 1, &value);
}

static int next_records(void *from, const struct rec **rec, const struct rec_ext **ext, size_t *n)
{
    struct trace *t = from;

    *rec = t->rec;
    *ext = t->ext;
    *n = t->given ? 0 : t->n;
    t->given = true;
    return 0;
}

/* What a write to the range writes stands in its record in the place of the PASID, without that flag. */
static void a_trace_brings_entries_registers_and_the_data_of_requests(void)
{
    struct bench b;
    struct trace t = { .n = 0 };
    struct trace_header head = { .raw_arch = TRACE_ARCH_VTD, .time_unit_ps = 1000 };
    struct trace_stream stream = { .sid = SID };
    struct vtd_msg m = vtd_ir_request(16, true, 4);
    struct replay_source src = { .from = &t, .next = next_records, .string = run_string, .name = "a.trc",
                                 .head = &head, .streams = &stream, .n_streams = 1 };
    struct replay rp;
    struct diag d;
    uint64_t words[VTD_IRTE_WORDS];

    config_up(&b);
    b.sys = system_new(b.config, 1, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b.sys);
    b.u = CONTAINER_OF(b.sys, struct vtd_system, sys);
    system_check(b.sys);
    vtd_encode_irte(&b.u->regs, &(struct vtd_irte){ .vector = 0x77, .svt = VTD_SVT_SID, .sid = SID }, words);
    add_words(&t, REC_TABLE, TABLE + 20 * VTD_IRTE_BYTES, 0, VTD_IRTE_WORDS, words);
    add_reg(&t, VTD_REG_IRTA, 8, TABLE | (ENTRIES_LOG2 - 1));
    add_reg(&t, VTD_REG_GCMD, 4, SIRTP);
    add_reg(&t, VTD_REG_GCMD, 4, IRE);
    for (uint32_t k = 0; k < 2; k++, t.n++)            /* the second one's entry is not present */
        t.rec[t.n] = (struct rec){ .kind = REC_WRITE, .addr = m.addr, .pasid = m.data + k, .len = 4, .time = t.n };
    diag_init(&d);
    CHECK_EQ(replay_init(&rp, b.sys, &src, &(struct replay_options){ .expect = EXPECT_OUTCOME }), 0);
    CHECK_EQ(replay_run(&rp, &d), 0);
    CHECK_EQ(b.u->ir.st.remapped, 1);
    CHECK_EQ(b.u->ir.st.blocked, 1);
    CHECK_EQ(rp.fault_code[VTD_IR_ABSENT], 1);
    CHECK_EQ(b.u->frcd[0][0], 21ull << 48);
    replay_destroy(&rp);
    diag_destroy(&d);
    down(&b);
}

/* ---- time ----------------------------------------------------------------------------------- */

enum { CYCLE = 1000, READ_PS = 10 * CYCLE, ENDS = 8 };

struct timed_bench {
    struct bench b;
    struct profile profile;
    struct host_params host;
    struct replay_params replay;
    struct { uint64_t ps; uint8_t cls; struct ledger led; } end[ENDS];
    unsigned issued;
};

static void done(void *arg, struct flow *f, uint64_t done_ps)
{
    struct timed_bench *t = arg;

    t->end[f->request].ps = done_ps - f->led.born_ps;
    t->end[f->request].cls = f->trail.cls;
    t->end[f->request].led = f->led;
    timed_flow_free(f->t, f);
}

static void timed_up(struct timed_bench *t, const char *latency, const char *occupy)
{
    static const char *const sets[][2] = {
        { "vtd.cap", "0x08d2078c106f0666" }, { "vtd.ecap", "0xf050da" },
        { "vtd.iec.sets", "1" }, { "vtd.iec.ways", "4" },
    };
    const struct profile_extra extra[] = {
        { "host", host_kind.param, host_kind.params, (uint64_t *)&t->host },
        { "replay", replay_kind.param, replay_kind.params, (uint64_t *)&t->replay },
    };
    const struct comp *root[2 + TIMED_FRONTS_MAX];
    struct bench *b = &t->b;
    size_t n = 1;

    memset(t, 0, sizeof *t);
    diag_init(&b->diag);
    CU_ASSERT_EQUAL_FATAL(profile_load(&t->profile, SOURCE_DIR "/model/profiles", "tiny-vtd", false, extra,
                                       ARRAY_LEN(extra), &b->diag), 0);
    b->config = t->profile.config;
    for (size_t i = 0; i < ARRAY_LEN(sets); i++)
        set(b, sets[i][0], sets[i][1]);
    set(b, "vtd.iec.port.latency", latency);
    set(b, "vtd.iq.occupy", occupy);
    system_config_timed(b->config, true);
    system_up(b);
    b->sys->timed->done = done;
    b->sys->timed->done_arg = t;
    CHECK_EQ(timed_set_streams(b->sys->timed, 1), 0);
    root[0] = &b->sys->top;
    n += timed_roots(b->sys->timed, root + 1);
    for (size_t i = 0; i < n; i++)
        CHECK_EQ(sim_elaborate(b->sys->timed->sim, root[i], &b->diag), 0);
    timed_start(b->sys->timed);
}

static void timed_down(struct timed_bench *t)
{
    system_free(t->b.sys);
    profile_destroy(&t->profile);
    diag_destroy(&t->b.diag);
}

static unsigned issue(struct timed_bench *t, unsigned index, uint64_t at)
{
    struct timed *timed = t->b.sys->timed;
    struct flow *f = timed_flow(timed);
    struct vtd_msg m = vtd_ir_request((uint16_t)index, false, 0);
    uint64_t when_ps;

    CU_ASSERT_FATAL(f != NULL && t->issued < ENDS);
    f->req = (struct xl_req){ .addr = m.addr, .data = m.data, .sid = SID, .write = true };
    f->bytes = 4;
    f->stream = 0;
    f->front = 0;
    f->kind = FLOW_WRITE;
    f->request = t->issued;
    f->born_ps = at;
    CU_ASSERT_TRUE_FATAL(dlink_take(&timed->front[0].dev, true, sim_now(timed->sim), &when_ps));
    timed_issue(timed, f, at);
    return t->issued++;
}

static unsigned alone(struct timed_bench *t, unsigned index)
{
    unsigned i = issue(t, index, sim_now(t->b.sys->timed->sim) + 50 * CYCLE);

    CHECK_EQ(sim_run(t->b.sys->timed->sim), SIM_END_IDLE);
    return i;
}

static void check_took(const struct timed_bench *t, unsigned i, enum vtd_class cls, uint64_t ps)
{
    CHECK_EQ(t->end[i].cls, cls);
    CHECK_EQ(t->end[i].ps, ps);
}

static void an_interrupt_takes_its_lookup_and_what_it_reads(void)
{
    static const char *const latency[] = { "1", "3" };

    for (unsigned k = 0; k < ARRAY_LEN(latency); k++) {
        uint64_t lookup = (k ? 3 : 1) * CYCLE;
        struct timed_bench t;

        timed_up(&t, latency[k], "0");
        t.b.e.posted = true;
        t.b.e.pd = PD_AT;
        put_entry(&t.b, 7, 0x85);
        check_took(&t, alone(&t, 5), VTD_CLASS_IR_MISS, lookup + READ_PS);
        CHECK_EQ(t.end[0].led.ps[CAUSE_LOOKUP], lookup);
        CHECK_EQ(t.end[0].led.ps[CAUSE_CONFIG], READ_PS);
        check_took(&t, alone(&t, 5), VTD_CLASS_IR_HIT, lookup);
        check_took(&t, alone(&t, 7), VTD_CLASS_IR_POSTED, lookup + 2 * READ_PS);
        check_took(&t, alone(&t, 7), VTD_CLASS_IR_POSTED, lookup + READ_PS);
        CHECK_EQ(t.end[3].led.ps[CAUSE_CONFIG], READ_PS);
        timed_down(&t);
    }
}

/* They are of one page, and yet each has its own entry. */
static void interrupts_of_one_page_do_not_share_an_answer(void)
{
    struct timed_bench t;

    timed_up(&t, "1", "0");
    t.b.sys->timed->par.merge = 1;
    issue(&t, 5, 100 * CYCLE);
    issue(&t, 6, 101 * CYCLE);
    CHECK_EQ(sim_run(t.b.sys->timed->sim), SIM_END_IDLE);
    CHECK_EQ(t.end[0].cls, VTD_CLASS_IR_MISS);
    CHECK_EQ(t.end[1].cls, VTD_CLASS_IR_MISS);
    CHECK_EQ(t.b.u->ir.st.entry_reads, 2);
    timed_down(&t);
}

static void an_entry_whose_invalidation_comes_while_it_is_read_is_not_kept(void)
{
    for (unsigned other = 0; other < 2; other++) {
        struct vtd_inv inv = { .type = VTD_INV_IEC, .g = VTD_IEC_INDEX, .iec = { 0, (uint16_t)(5 + other) } };
        uint64_t words[VTD_INV_WORDS];
        struct timed_bench t;

        timed_up(&t, "1", "0");
        issue(&t, 5, 100 * CYCLE);
        sim_run_to(t.b.sys->timed->sim, 105 * CYCLE);
        vtd_inv_encode(&inv, words);
        t.b.sys->timed->invals++;
        system_command_now(t.b.sys, words, 2);
        CHECK_EQ(sim_run(t.b.sys->timed->sim), SIM_END_IDLE);
        CHECK_EQ(t.end[alone(&t, 5)].cls, other ? VTD_CLASS_IR_HIT : VTD_CLASS_IR_MISS);
        CHECK_EQ(t.b.sys->timed->st.overtaken, !other);
        timed_down(&t);
    }
}

/* The unit carries it out now: when it is done. */
static uint64_t carry_out(struct timed_bench *t, const struct vtd_inv *inv)
{
    uint64_t words[VTD_INV_WORDS];

    vtd_inv_encode(inv, words);
    return t->b.sys->timed->ops->command(t->b.sys, words, 2, false);
}

static void an_invalidation_has_the_port_of_what_it_removes_from(void)
{
    static const struct vtd_inv inv[] = {
        { .type = VTD_INV_IEC, .g = VTD_IEC_INDEX, .iec = { 0, 9 } },
        { .type = VTD_INV_IOTLB, .g = VTD_IOTLB_GLOBAL },
    };

    for (unsigned k = 0; k < ARRAY_LEN(inv); k++) {
        uint64_t wait = k ? 0 : 3 * CYCLE;
        struct timed_bench t;
        unsigned i;

        timed_up(&t, "1", "5");
        alone(&t, 5);
        i = issue(&t, 5, 202 * CYCLE);
        sim_run_to(t.b.sys->timed->sim, 200 * CYCLE);
        CHECK_EQ(carry_out(&t, &inv[k]), 205 * CYCLE);
        CHECK_EQ(sim_run(t.b.sys->timed->sim), SIM_END_IDLE);
        check_took(&t, i, VTD_CLASS_IR_HIT, CYCLE + wait);
        CHECK_EQ(t.end[i].led.ps[CAUSE_INVAL], wait);
        timed_down(&t);
    }
}

#define TESTS(T)                                                                                   \
    T(an_entry_is_read_once_and_then_kept)                                                         \
    T(without_the_capability_or_ire_nothing_is_remapped)                                           \
    T(interrupts_are_remapped_whether_dma_is_or_not)                                               \
    T(compatibility_format_follows_cfi)                                                            \
    T(a_table_is_used_from_sirtp_on_and_empties_the_cache_if_the_unit_says_so)                     \
    T(a_reset_turns_it_off)                                                                        \
    T(what_an_invalidation_names_goes_and_all_else_stays)                                          \
    T(a_unit_may_remove_all_whatever_the_index)                                                    \
    T(other_invalidations_leave_interrupt_entries)                                                 \
    T(a_changed_entry_is_stale_until_its_invalidation)                                             \
    T(entries_that_are_not_present_are_not_kept)                                                   \
    T(random_changes_and_invalidations_leave_no_answer_unexplained)                                \
    T(a_record_has_the_index_in_the_place_of_the_page)                                             \
    T(a_kept_entry_serves_no_other_source)                                                         \
    T(a_read_is_no_interrupt)                                                                      \
    T(a_posted_interrupt_changes_its_descriptor_and_notifies_once)                                 \
    T(a_trace_brings_entries_registers_and_the_data_of_requests)                                   \
    T(an_interrupt_takes_its_lookup_and_what_it_reads)                                             \
    T(interrupts_of_one_page_do_not_share_an_answer)                                               \
    T(an_entry_whose_invalidation_comes_while_it_is_read_is_not_kept)                              \
    T(an_invalidation_has_the_port_of_what_it_removes_from)
TEST_SUITE("vtd_ir", TESTS)
