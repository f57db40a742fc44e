/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/stimulus/sweep.h"

#include "base/list.h"

enum { VMID = 3, OTHER_VMID = 5, ASID = 0x21, OTHER_ASID = 0x22, SID = 6, IN_BITS = 39, ILLEGAL_OP = 0xff };
enum { PAGES = 4 };                    /* neighbours; the request's is the first                       */
#define BASE 0x40000000ull             /* of their inputs; outputs of stage 1, too, are so many GB apart */
#define OUT  0x2000000000ull

const struct param_row sweep_rows[] = { SWEEP_PARAMS(PARAM_ROW) };
const size_t sweep_row_count = ARRAY_LEN(sweep_rows);

#define NAME(N, name, ...) name,
const char *const sweep_kind_name[SWEEP_KIND_COUNT] = { SWEEP_KINDS(NAME) };
const char *const sweep_shape_name[SWEEP_SHAPE_COUNT] = { SWEEP_SHAPES(NAME) };
const char *const sweep_state_name[SWEEP_STATE_COUNT] = { SWEEP_STATES(NAME) };

#define KIND_NEEDS(N, name, needs, help) (needs),
static const uint8_t kind_needs[SWEEP_KIND_COUNT] = { SWEEP_KINDS(KIND_NEEDS) };

#define SHAPE_ROW(N, name, config, l1, l2) { config, l1, l2 },
static const struct shape { enum ste_config config; int8_t l1, l2; } shapes[SWEEP_SHAPE_COUNT] = { SWEEP_SHAPES(SHAPE_ROW) };

struct trial {
    const struct sweep_params *par;
    const struct shape *shape;
    enum sweep_kind kind;
    enum sweep_state state;
    struct scene s;
    struct vm *vm;
    struct stream *st;
    struct space *space, *other;
    struct tree *t1, *t2;              /* of the request's addresses; NULL: no such stage             */
    uint64_t moves;                    /* outputs handed out                                          */
};

void sweep_defaults(struct sweep_params *p)
{
    *p = (struct sweep_params)PARAM_DEFAULTS(SWEEP_PARAMS);
}

bool sweep_applies(enum sweep_kind kind, enum sweep_shape shape)
{
    unsigned needs = kind_needs[kind];
    const struct shape *s = &shapes[shape];

    return !(needs & SWEEP_S1 && !(s->config & 1)) && !(needs & SWEEP_S2 && !(s->config & 2)) &&
           !(needs & SWEEP_BLOCK && s->l1 == 3);
}

/* ---- the scene ----------------------------------------------------------------------------------- */

static uint64_t bytes_of(int level)
{
    return 1ull << vmsa_shift(12, level);
}

/* A place for a leaf that none had before. */
static uint64_t fresh(struct trial *t, int level)
{
    uint64_t out = OUT + t->moves++ % 4096 * (1ull << 30);

    return out + (level > 1 ? 1ull << 21 : 0) + (level > 2 ? 7ull << 12 : 0);
}

/* Leaves of stage 1 are neighbours; nested, so are those that stage 2 has behind them, at the same addresses. */
static void map_pages(struct trial *t)
{
    for (unsigned i = 0; i < PAGES; i++) {
        uint64_t in = BASE + i * (t->t1 ? bytes_of(t->shape->l1) : bytes_of(t->shape->l2));
        uint64_t attr = vmsa_attr(1, true, true);

        FIELD_SET(PTE, NG, &attr, t->kind != SWEEP_GLOBAL);
        if (t->t1)
            scene_map(&t->s, t->t1, in, t->t2 ? in : fresh(t, t->shape->l1), t->shape->l1, attr, NULL);
        if (t->t2)
            scene_map(&t->s, t->t2, in, fresh(t, t->shape->l2), t->shape->l2, vmsa_attr(2, true, true), NULL);
    }
}

static void build(struct trial *t)
{
    enum ste_config config = t->shape->config;
    struct stream *neighbour;

    t->vm = scene_vm(&t->s, VMID, config, IN_BITS, 1, t->shape->l2 ? t->shape->l2 : 3, IN_BITS);
    t->t2 = config & 2 ? &t->vm->s2 : NULL;
    if (config & 1) {
        t->space = scene_space(&t->s, t->vm, ASID, IN_BITS);
        t->other = scene_space(&t->s, t->vm, OTHER_ASID, IN_BITS);
        t->t1 = t->kind == SWEEP_GLOBAL ? &t->vm->upper : &t->space->lower;
    }
    map_pages(t);
    t->st = scene_stream(&t->s, SID, t->vm, config, 0, 0);
    neighbour = scene_stream(&t->s, SID + 1, t->vm, config, 0, 0);
    if (config & 1) {
        scene_cd(&t->s, t->st, 0, t->space);
        scene_cd(&t->s, neighbour, 0, t->other);
    }
    scene_start(&t->s);
}

/* ---- a trial ------------------------------------------------------------------------------------- */

static void request(struct trial *t, unsigned page, bool write)
{
    const struct tree *tree = t->t1 ? t->t1 : t->t2;
    const struct page *p = &tree->page[page];

    scene_access(&t->s, SID, false, 0, tree_address(tree, p->in) | 0x40, 8, write, 0);
}

static void command(struct trial *t, struct smmuv3_cmd c)
{
    if (!c.vmid && c.op >= SMMUV3_CMD_TLBI_NH_ALL && c.op < SMMUV3_CMD_TLBI_NSNH_ALL)
        c.vmid = VMID;
    scene_command(&t->s, &c);
}

static void by_address(struct trial *t, const struct tree *tree, struct smmuv3_cmd c, const struct page *p, uint64_t bytes)
{
    scene_range(&c, p->in, p->in + bytes - 1);
    c.first = tree_address(tree, c.first);
    command(t, c);
}

static void begin_state(struct trial *t)
{
    command(t, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NSNH_ALL });
    command(t, (struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_STE_RANGE, .sid_last = UINT32_MAX });
    scene_sync(&t->s);
    t->s.now += t->par->settle / 2;
    if (t->state == SWEEP_STATE_WARM)
        request(t, 0, false);
    if (t->state == SWEEP_STATE_TABLES || t->state == SWEEP_STATE_WARM)
        request(t, 1, false);
    if (t->state == SWEEP_STATE_CONFIG) {                     /* its walk leaves nothing that is kept */
        request(t, 0, false);
        t->s.now += t->par->settle / 2;
        command(t, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NSNH_ALL });
        scene_sync(&t->s);
    }
    t->s.now += t->par->settle / 2;
}

static void move(struct trial *t, struct tree *tree, unsigned page)
{
    struct page *p = &tree->page[page];

    p->out = fresh(t, p->level);
    if (tree == t->t1 && t->t2)                               /* to where stage 2 has something: a neighbour's place */
        p->out = t->t2->page[(t->moves % (PAGES - 1)) + 1].in & ~(page_bytes(p) - 1);
    scene_put(&t->s, tree, p);
}

/* The table of the request's leaf is replaced by one with other leaves. */
static void move_table(struct trial *t)
{
    struct page *p = t->t1->page;
    uint64_t table = scene_table(&t->s, t->t1, 12), at = scene_slot(&t->s, t->t1, p->in, p->level - 1);

    scene_write(&t->s, t->t1, at, table | 3);
    for (unsigned i = 0; i < PAGES; i++)
        move(t, t->t1, i);
}

/* What is first seen by nobody any more, then by all again. */
static void toggle(struct trial *t, bool cd, struct smmuv3_cmd c)
{
    bool *valid = cd ? &t->st->cd[0].valid : &t->st->valid;

    for (unsigned i = 0; i < 2; i++) {
        *valid = i;
        if (cd)
            scene_write_cd(&t->s, t->st, 0);
        else
            scene_write_ste(&t->s, t->st);
        command(t, c);
        scene_sync(&t->s);
        request(t, 0, false);
    }
}

static void change_config(struct trial *t)
{
    static const uint8_t op[] = {
        [SWEEP_CFGI_STE] = SMMUV3_CMD_CFGI_STE, [SWEEP_CFGI_STE_RANGE] = SMMUV3_CMD_CFGI_STE_RANGE,
        [SWEEP_CFGI_ALL] = SMMUV3_CMD_CFGI_STE_RANGE, [SWEEP_CFGI_CD] = SMMUV3_CMD_CFGI_CD,
        [SWEEP_CFGI_CD_ALL] = SMMUV3_CMD_CFGI_CD_ALL,
    };
    struct smmuv3_cmd c = { .op = op[t->kind], .sid_first = SID, .sid_last = SID, .leaf = true };

    if (t->kind == SWEEP_CFGI_STE_RANGE) {
        c.sid_first = SID & ~3u;
        c.sid_last = SID | 3u;
    } else if (t->kind == SWEEP_CFGI_ALL) {
        c.sid_first = 0;
        c.sid_last = UINT32_MAX;
    }
    toggle(t, t->kind >= SWEEP_CFGI_CD, c);
}

static void change_stage2(struct trial *t)
{
    const struct page *p = t->t2->page;

    move(t, t->t2, 0);
    if (t->kind == SWEEP_S12_VMALL) {
        command(t, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_S12_VMALL });
        return;
    }
    by_address(t, t->t2, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_S2_IPA, .leaf = true }, p,
               t->kind == SWEEP_S2_IPA_RANGE ? 2 * page_bytes(p) : 4096);
    if (t->t1) {
        scene_sync(&t->s);
        command(t, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_ALL });
    }
}

static void other_vmid(struct trial *t)
{
    command(t, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_S12_VMALL, .vmid = OTHER_VMID });
    command(t, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_ALL, .vmid = OTHER_VMID });
    command(t, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_S2_IPA, .vmid = OTHER_VMID, .first = BASE });
    command(t, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_VAA, .vmid = OTHER_VMID, .first = BASE });
}

static void other_address(struct trial *t)
{
    const struct page *p = t->t1->page;
    struct page before = *p, behind = *p;

    before.in -= page_bytes(p);
    behind.in += page_bytes(p);
    by_address(t, t->t1, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_VA, .asid = ASID, .leaf = true }, &before, 4096);
    by_address(t, t->t1, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_VA, .asid = ASID, .leaf = true }, &behind,
               page_bytes(p));
}

static void other_stream(struct trial *t)
{
    command(t, (struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_STE, .sid_first = SID + 1, .sid_last = SID + 1 });
    if (t->t1)
        command(t, (struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_CD_ALL, .sid_first = SID + 1, .sid_last = SID + 1 });
}

static void filler(struct trial *t)
{
    for (uint64_t i = 0; i < (1ull << t->par->queue_log2) + 3; i++)
        command(t, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_ASID, .vmid = OTHER_VMID, .asid = (uint16_t)i });
}

static void illegal(struct trial *t)
{
    const uint64_t w[CMD_WORDS] = { ILLEGAL_OP, 0 };

    command(t, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_ASID, .asid = OTHER_ASID });
    scene_raw_command(&t->s, w);
}

static void change_stage1(struct trial *t)
{
    const struct page *p = t->t1->page;
    struct page last = *p;
    struct smmuv3_cmd va = { .op = SMMUV3_CMD_TLBI_NH_VA, .asid = ASID };

    last.in += page_bytes(p) - 4096;
    if (t->kind == SWEEP_BEHIND)
        command(t, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_ALL, .vmid = OTHER_VMID });
    if (t->kind == SWEEP_NH_VA_TABLE)
        move_table(t);
    else
        move(t, t->t1, 0);
    switch (t->kind) {
    case SWEEP_NH_VA_LEAF:
        va.leaf = true;
        va.ttl = (uint8_t)p->level;
        by_address(t, t->t1, va, p, 4096);
        break;
    case SWEEP_NH_VA_RANGE:
        va.leaf = true;
        by_address(t, t->t1, va, p, 2 * page_bytes(p));
        break;
    case SWEEP_NH_VA_TABLE:
        by_address(t, t->t1, va, &(struct page){ .in = p->in & ~(bytes_of(p->level - 1) - 1) }, bytes_of(p->level - 1));
        break;
    case SWEEP_NH_VAA:
        va.op = SMMUV3_CMD_TLBI_NH_VAA;
        va.asid = 0;
        by_address(t, t->t1, va, p, 4096);
        break;
    case SWEEP_NH_ASID:
        command(t, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_ASID, .asid = ASID });
        break;
    case SWEEP_NH_ALL:
        command(t, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_ALL });
        break;
    case SWEEP_GLOBAL:
        va.asid = OTHER_ASID;
        by_address(t, t->t1, va, p, 4096);
        break;
    case SWEEP_PAGE_OF_BLOCK:
        by_address(t, t->t1, va, &last, 4096);
        break;
    case SWEEP_BACK_TO_BACK:
        by_address(t, t->t1, va, p, 4096);
        move(t, t->t1, 1);
        by_address(t, t->t1, va, &t->t1->page[1], 4096);
        break;
    case SWEEP_BEHIND:
        move(t, t->t1, 2);
        command(t, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_ASID, .asid = ASID });
        break;
    case SWEEP_WRAP:
        filler(t);
        by_address(t, t->t1, va, p, 4096);
        break;
    case SWEEP_ILLEGAL:
        illegal(t);
        by_address(t, t->t1, va, p, 4096);
        break;
    default:
        by_address(t, t->t1, va, p, 4096);
        break;
    }
}

static void change(struct trial *t)
{
    if (t->kind <= SWEEP_CFGI_CD_ALL) {
        change_config(t);
        return;
    }
    switch (t->kind) {
    case SWEEP_NSNH_ALL:
        move(t, t->t2 ? t->t2 : t->t1, 0);
        command(t, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NSNH_ALL });
        break;
    case SWEEP_S12_VMALL:
    case SWEEP_S2_IPA:
    case SWEEP_S2_IPA_RANGE:
        change_stage2(t);
        break;
    case SWEEP_OTHER_ASID:
        command(t, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_ASID, .asid = OTHER_ASID });
        by_address(t, t->t1, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_VA, .asid = OTHER_ASID }, t->t1->page, 4096);
        break;
    case SWEEP_OTHER_VMID:
        other_vmid(t);
        break;
    case SWEEP_OTHER_ADDRESS:
        other_address(t);
        break;
    case SWEEP_OTHER_STREAM:
        other_stream(t);
        break;
    default:
        change_stage1(t);
        break;
    }
    scene_sync(&t->s);
}

static void requests(struct trial *t)
{
    request(t, 0, false);
    request(t, 0, true);
    request(t, 2, false);
}

/* The change at `d` from the requests, negative: before them. */
static void one(struct trial *t, int64_t d)
{
    uint64_t at;

    begin_state(t);
    at = t->s.now + t->par->from;
    t->s.now = d < 0 ? at - (uint64_t)-d : at;
    if (d < 0) {
        change(t);
        scene_flush(&t->s);
        t->s.now = at;
        requests(t);
    } else {
        requests(t);
        t->s.now = at + (uint64_t)d;
        change(t);
    }
    requests(t);
    t->s.now += t->par->settle;
    requests(t);
    request(t, 1, false);
    t->s.now += t->par->settle;
}

bool sweep(struct records *out, const struct sweep_params *p, enum sweep_kind kind, enum sweep_shape shape,
           enum sweep_state state)
{
    struct trial t = { .par = p, .shape = &shapes[shape], .kind = kind, .state = state };

    if (!sweep_applies(kind, shape))
        return false;
    out->err = scene_init(&t.s, out, true);
    if (out->err)
        return true;
    build(&t);
    for (int64_t d = -(int64_t)p->from; d <= (int64_t)p->to && !out->err; d += (int64_t)p->step)
        one(&t, d);
    scene_flush(&t.s);
    scene_destroy(&t.s);
    return true;
}
