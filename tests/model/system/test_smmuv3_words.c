/* SPDX-License-Identifier: Apache-2.0
 *
 * Every event, every command and every field of a register is made and read somewhere: the tables that declare
 * them are gone through, and one without a case fails.
 */
#include "smmuv3_world.h"

enum { SID = 7, ASID = 3, VMID = 9 };

#define VA 0x40012000ull
#define CD_PAGE 0x20000000ull
#define HOLE 0x10000000ull             /* memory that aborts */

struct bench {
    struct world w;
    struct smmuv3_config c;
    struct xl_req req;
    bool no_cd;
};

static void up_in(struct bench *b, bool timed)
{
    memset(b, 0, sizeof *b);
    world_params(&b->w, timed);
    b->w.par.smmu.ats = b->w.par.smmu.pri = b->w.par.smmu.stt = b->w.par.smmu.vmw = 1;
    b->w.par.smmu.attr_ovr = 1;
    b->w.par.smmu.stall_model = 0;
    b->w.par.smmu.httu = 2;
    world_up(&b->w);
    world_control(&b->w, 2, 0);        /* CR2.RECINVSID */
    mem_abort_region(b->w.sys->mem, HOLE, HOLE + 0xffffff);
    b->c = (struct smmuv3_config){ .config = STE_S1, .s1 = true, .halves = true, .asid = ASID, .vmid = VMID,
                                   .a = true, .r = true, .epd = { false, true }, .s1ctxptr = CD_PAGE };
    b->c.tt[0] = world_table(&b->w, 1, 12, 48, 0);
    world_map(&b->w, &b->c.tt[0], VA, 0x90000000, 3, vmsa_attr(1, true, false), 1);
    b->req = (struct xl_req){ .addr = VA, .sid = SID };
}

static void up(struct bench *b) { up_in(b, false); }

/* ---- events --------------------------------------------------------------------------------------- */

static uint64_t leaf_of(struct bench *b)
{
    struct vmsa_walk w;
    uint64_t pa, at = 0;

    vmsa_begin(&w, &b->c.tt[0], VA, NULL);
    while (vmsa_ask(&w, &pa))
        vmsa_tell(&w, mem_read64(b->w.sys->mem, at = pa));
    return at;
}

static void flip_leaf(struct bench *b, uint64_t bits)
{
    uint64_t at = leaf_of(b);

    world_write(&b->w, at, mem_read64(b->w.sys->mem, at) ^ bits);
}

static void stream_of_no_table(struct bench *b) { b->req.sid = 0x100; }
static void stream_table_in_the_hole(struct bench *b)
{
    system_reg_write(b->w.sys, 0x20, 0xc, 4);
    system_reg_write(b->w.sys, 0x80, HOLE, 8);
    system_reg_write(b->w.sys, 0x20, 0xd, 4);
}
static void stream_of_no_ste(struct bench *b) { b->req.sid = SID + 1; }
static void ats_request(struct bench *b) { b->req.type = XL_ATS_REQUEST; }
static void no_substream(struct bench *b) { b->c.s1cdmax = 2; }
static void translated(struct bench *b)
{
    b->req.type = XL_TRANSLATED;
    system_reg_write(b->w.sys, 0x20, 0x1d, 4);
}
static void substream(struct bench *b) { b->req.has_ssid = true; }
static void cd_in_the_hole(struct bench *b) { b->c.s1ctxptr = HOLE; }
static void invalid_cd(struct bench *b) { b->no_cd = true; }
static void tables_in_the_hole(struct bench *b) { b->c.tt[0].base = HOLE; }
static void other_page(struct bench *b) { b->req.addr = VA + 0x200000; }
static void small_output(struct bench *b)
{
    b->c.tt[0].out_bits = 32;
    flip_leaf(b, 1ull << 40);
}
static void no_access_flag(struct bench *b) { flip_leaf(b, 1 << 10); }
static void write(struct bench *b) { b->req.write = true; }
static void privileged(struct bench *b) { flip_leaf(b, 1 << 6); }

/* Who makes each event: E(NAME, case, words of the record besides type and StreamID) */
#define CASES(E)                                                                                   \
    E(C_BAD_STREAMID, stream_of_no_table, 0, 0, 0)                                                 \
    E(F_STE_FETCH, stream_table_in_the_hole, 0, 0, HOLE + 64 * SID)                                \
    E(C_BAD_STE, stream_of_no_ste, 0, 0, 0)                                                        \
    E(F_BAD_ATS_TREQ, ats_request, 0, VA, 0)                                                       \
    E(F_STREAM_DISABLED, no_substream, 0, 0, 0)                                                    \
    E(F_TRANSL_FORBIDDEN, translated, 1ull << 35, VA, 0)                                           \
    E(C_BAD_SUBSTREAMID, substream, 0, 0, 0)                                                       \
    E(F_CD_FETCH, cd_in_the_hole, 0, 0, HOLE)                                                      \
    E(C_BAD_CD, invalid_cd, 0, 0, 0)                                                               \
    E(F_WALK_EABT, tables_in_the_hole, 1ull << 35 | 1ull << 40, VA, HOLE)                          \
    E(F_TRANSLATION, other_page, 1ull << 35 | 2ull << 40, VA + 0x200000, 0)                        \
    E(F_ADDR_SIZE, small_output, 1ull << 35 | 2ull << 40, VA, 0)                                   \
    E(F_ACCESS, no_access_flag, 1ull << 35 | 2ull << 40, VA, 0)                                    \
    E(F_PERMISSION, write, 2ull << 40, VA, 0)
/* Those that the model has no cause for: no transaction it does not support, no conflicting entries, no hints
 * of a page, no map of partitions.  Their records can be made and read all the same. */
#define NEVER(N) N(F_UUT) N(F_TLB_CONFLICT) N(F_CFG_CONFLICT) N(E_PAGE_REQUEST) N(F_VMS_FETCH)

struct event_case { unsigned number; void (*make)(struct bench *b); uint64_t w1, w2, w3; };
#define CASE(N, fn, w1, w2, w3) { SMMUV3_##N, fn, (w1), (w2), (w3) },
#define NO_CASE(N) { SMMUV3_##N, NULL, 0, 0, 0 },
static const struct event_case cases[] = { CASES(CASE) NEVER(NO_CASE) };

static void attach(struct bench *b)
{
    static const uint64_t none[CD_WORDS];

    world_attach(&b->w, &b->c, SID, b->c.s1ctxptr);
    if (b->no_cd)
        system_table_write(b->w.sys, b->c.s1ctxptr, none, CD_WORDS);
}

static void check_made(const struct event_case *e)
{
    struct bench b;
    struct xl_result res;
    uint64_t w[EVENT_WORDS];

    up(&b);
    e->make(&b);
    attach(&b);
    res = world_go(&b.w, &b.req);
    CHECK_EQ(res.code, e->number);
    CHECK_EQ(res.recorded, true);
    smmuv3_event_encode(&b.req, &res, w);
    CHECK_EQ(FIELD_GET(EVENT, TYPE, w), e->number);
    CHECK_EQ(FIELD_GET(EVENT, SID, w), b.req.sid);
    CHECK_EQ(w[1], e->w1);
    CHECK_EQ(w[2], e->w2);
    CHECK_EQ(w[3], e->w3);
    world_down(&b.w);
}

static unsigned recorded;

static void count_record(void *arg, const uint64_t *event)
{
    (void)arg;
    (void)event;
    recorded++;
}

/* The faults that could stall would. */
static void check_silent(const struct event_case *e, bool timed)
{
    const struct system_watch watch = { .recorded = count_record };
    struct bench b;
    struct xl_result res;

    up_in(&b, timed);
    b.c.s = true;
    b.w.sys->watch = &watch;
    recorded = 0;
    e->make(&b);
    attach(&b);
    b.req.speculative = true;
    res = world_go(&b.w, &b.req);
    CHECK_EQ(res.outcome, XL_ABORT);
    CHECK_EQ(res.code, e->number);
    CHECK_EQ(res.recorded, false);
    CHECK_EQ(recorded, 0);
    CHECK_EQ(b.w.s->st.events, 0);
    CHECK_EQ(b.w.s->st.stalled, 0);
    CHECK_EQ(b.w.s->st.faults, 0);
    CHECK_EQ(b.w.s->st.aborted, 1);
    CHECK_EQ(b.w.s->st.speculative, 1);
    CHECK_EQ(b.w.s->st.speculative_aborted, 1);
    CHECK_EQ(b.w.trail.cls, SMMUV3_CLASS_SPECULATIVE);
    if (timed)
        CHECK_EQ(b.w.sys->timed->evtq.st.records, 0);
    b.w.sys->watch = NULL;
    world_down(&b.w);
}

/* A write fails without a code, and a Translation Request is none. */
static void a_speculative_read_meets_each_of_them_silently(void)
{
    static const struct event_case denied = { SMMUV3_F_PERMISSION, privileged, 0, 0, 0 };

    for (unsigned timed = 0; timed < 2; timed++)
        for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
            const struct event_case *e = cases[i].number == SMMUV3_F_PERMISSION ? &denied : &cases[i];

            if (e->make && e->number != SMMUV3_F_BAD_ATS_TREQ)
                check_silent(e, timed);
        }
}

static void check_record(unsigned number, unsigned flags)
{
    struct xl_req req = { .addr = VA | 0x123, .sid = SID, .has_ssid = true, .ssid = 5, .priv = true };
    struct xl_result res = { .outcome = XL_STALL, .code = (uint8_t)number, .stage2 = 1, .cls = EVENT_CLASS_TT,
                             .write = true, .priv = true, .exec = true, .ipa = 0x555000, .fetch = 0x666000,
                             .stag = 0x77 };
    uint64_t w[EVENT_WORDS];

    smmuv3_event_encode(&req, &res, w);
    CHECK_EQ(FIELD_GET(EVENT, TYPE, w), number);
    CHECK_EQ(FIELD_GET(EVENT, SSV, w), (flags & EVENT_SSV) != 0);
    CHECK_EQ(FIELD_GET(EVENT, SSID, w), flags & (EVENT_SSV | EVENT_SSID) ? 5 : 0);
    CHECK_EQ(FIELD_GET(EVENT, PNU, w), (flags & EVENT_ATTR) != 0);
    CHECK_EQ(FIELD_GET(EVENT, IND, w), 0);                 /* a write is never one */
    CHECK_EQ(FIELD_GET(EVENT, RNW, w), 0);
    CHECK_EQ(FIELD_GET(EVENT, S2, w), (flags & EVENT_STAGE) != 0);
    CHECK_EQ(FIELD_GET(EVENT, CLASS, w), flags & EVENT_STAGE ? EVENT_CLASS_TT : 0);
    CHECK_EQ(FIELD_GET(EVENT, STALL, w), (flags & EVENT_STALL) != 0);
    CHECK_EQ(FIELD_GET(EVENT, STAG, w), flags & EVENT_STALL ? 0x77 : 0);
    CHECK_EQ(FIELD_GET(EVENT, TTRNW, w), (flags & EVENT_TTRNW) != 0);
    CHECK_EQ(w[2], flags & EVENT_ADDR ? VA | 0x123 : flags & EVENT_PAGE ? VA : 0);
    CHECK_EQ(w[3], flags & EVENT_IPA ? 0x555000 : flags & EVENT_FETCH ? 0x666000 : 0);
}

static const struct event_case *case_of(unsigned number)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (cases[i].number == number)
            return &cases[i];
    return NULL;
}

static void every_event_is_made_and_its_record_has_its_fields(void)
{
    CHECK_EQ(ARRAY_LEN(cases), smmuv3_event_count);
    for (unsigned i = 0; i < smmuv3_event_count; i++) {
        const struct event_case *e = case_of(smmuv3_events[i].number);

        if (!e) {
            fprintf(stderr, "\nwho makes %s?\n", smmuv3_events[i].name);
            CU_FAIL("an event without a case");
            continue;
        }
        CU_ASSERT_PTR_EQUAL(smmuv3_event_find(e->number), &smmuv3_events[i]);
        check_record(e->number, smmuv3_events[i].flags);
        if (e->make)
            check_made(e);
    }
    CU_ASSERT_PTR_NULL(smmuv3_event_find(0xff));
}

/* ---- commands ------------------------------------------------------------------------------------- */

/* Each is carried out, or refused where this unit cannot. */
static void every_command_is_carried_out_or_refused(void)
{
    for (unsigned i = 0; i < smmuv3_cmd_count; i++) {
        const struct smmuv3_cmd_row *row = &smmuv3_cmds[i];
        struct smmuv3_cmd c = { .op = row->op, .sid_first = SID, .first = VA, .asid = ASID, .vmid = VMID };
        bool refused = row->needs & (CMD_N_SECURE | CMD_N_VMS);
        struct bench b;
        uint64_t done;

        up(&b);
        attach(&b);
        done = b.w.s->st.commands;
        world_command(&b.w, &c);
        if (b.w.s->st.command_errors != refused)
            fprintf(stderr, "\n%s\n", row->name);
        CHECK_EQ(b.w.s->st.command_errors, refused);
        CHECK_EQ(b.w.s->st.commands, done + !refused);
        world_down(&b.w);
    }
}

/* What a command needs and the unit does not have makes it illegal. */
static void a_command_without_its_feature_is_illegal(void)
{
    const struct smmuv3_regs all = { .idr0 = 0x084d369b | 1 << 10 | 1 << 16, .idr1 = 0x0d084510, .idr3 = 0x414,
                                     .idr5 = 0x100075 };

    for (unsigned i = 0; i < smmuv3_cmd_count; i++) {
        const struct smmuv3_cmd_row *row = &smmuv3_cmds[i];
        uint64_t w[CMD_WORDS] = { row->op };
        struct smmuv3_regs r = all;
        struct smmuv3_cmd c;

        CHECK_EQ(smmuv3_cmd_decode(&r, w, &c), row->needs & (CMD_N_SECURE | CMD_N_VMS) ? CERROR_ILL : CERROR_NONE);
#define WITHOUT(need, change)                                                                       \
        if (row->needs & (need)) {                                                                  \
            r = all;                                                                                \
            change;                                                                                 \
            CHECK_EQ(smmuv3_cmd_decode(&r, w, &c), CERROR_ILL);                                     \
        }
        WITHOUT(CMD_N_S1, FIELD_SET(IDR0, S1P, &r.idr0, 0))
        WITHOUT(CMD_N_S2, FIELD_SET(IDR0, S2P, &r.idr0, 0))
        WITHOUT(CMD_N_HYP, FIELD_SET(IDR0, HYP, &r.idr0, 0))
        WITHOUT(CMD_N_ATS, FIELD_SET(IDR0, ATS, &r.idr0, 0))
        WITHOUT(CMD_N_PRI, FIELD_SET(IDR0, PRI, &r.idr0, 0))
        WITHOUT(CMD_N_STALL, FIELD_SET(IDR0, STALL_MODEL, &r.idr0, 1))
#undef WITHOUT
        FIELD_SET(CMD, SSEC, w, 1);
        r = all;
        CHECK_EQ(smmuv3_cmd_decode(&r, w, &c), CERROR_ILL);
    }
    CHECK_EQ(smmuv3_cmd_decode(&all, (uint64_t[]){ 0, 0 }, &(struct smmuv3_cmd){ 0 }), CERROR_ILL);
}

/* ---- registers ------------------------------------------------------------------------------------ */

/* Every register has a table of fields, and every field of it is set and got again by itself through the
 * register's offset. */
static void every_field_of_a_register_is_written_and_read_at_its_offset(void)
{
    for (unsigned i = 0; i < smmuv3_reg_count; i++) {
        const struct smmuv3_reg_row *row = &smmuv3_reg_rows[i];
        const struct field_table *t = smmuv3_reg_fields[row->layout];

        for (unsigned k = 0; k < t->n; k++) {
            struct smmuv3_regs r = { 0 };
            const uint64_t *words = (const uint64_t *)&r;
            uint64_t value = 0, all = bits_low(t->row[k].hi - t->row[k].lo + 1u);

            field_set(&t->row[k], &value, all);
            if (row->bytes == 4)
                CHECK_EQ(value >> 32, 0);
            CU_ASSERT_TRUE(smmuv3_reg_write(&r, row->offset, value, row->bytes));
            CHECK_EQ(field_get(&t->row[k], &words[i]), all);
            CHECK_EQ(words[i], value);
        }
    }
}

#define TESTS(T)                                                                                   \
    T(every_event_is_made_and_its_record_has_its_fields)                                           \
    T(a_speculative_read_meets_each_of_them_silently) T(every_command_is_carried_out_or_refused)   \
    T(a_command_without_its_feature_is_illegal)                                                    \
    T(every_field_of_a_register_is_written_and_read_at_its_offset)
TEST_SUITE("smmuv3-words", TESTS)
