/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/stimulus/scene.h"

#include <string.h>

#include "base/list.h"
#include "base/sim.h"

enum { GIB_LOG2 = 30, PAGE_LOG2 = 12 };
#define TABLES 0x100000000ull
#define MAIR 0x00000000000044ffull     /* 0: normal, write-back; 1: not cached; others: device */

const struct scene_break scene_breaks[] = {
    { &ste_fields, "S2AA64", 0, true },  { &ste_fields, "S2TG", 1, true },    { &ste_fields, "S2TG", 3, true },
    { &ste_fields, "S2T0SZ", 40, true }, { &ste_fields, "S2T0SZ", 15, true }, { &ste_fields, "S2SL0", 3, true },
    { &ste_fields, "S2ENDI", 1, true },  { &ste_fields, "S2S", 1, true },     { &ste_fields, "S2HA", 1, true },
    { &ste_fields, "S2HD", 1, true },    { &ste_fields, "S2PS", 0, true },    { &ste_fields, "S1CDMAX", 21, false },
    { &ste_fields, "S1STALLD", 1, false },
    { &cd_fields, "AA64", 0, false },    { &cd_fields, "TG0", 1, false },     { &cd_fields, "TG0", 2, false },
    { &cd_fields, "T0SZ", 40, false },   { &cd_fields, "T0SZ", 15, false },   { &cd_fields, "IPS", 0, false },
    { &cd_fields, "S", 1, false },       { &cd_fields, "HA", 1, false },      { &cd_fields, "HD", 1, false },
    { &cd_fields, "ENDI", 1, false },
};
const unsigned scene_break_count = ARRAY_LEN(scene_breaks);

/* ---- records ------------------------------------------------------------------------------------- */

void scene_flush(struct scene *s)
{
    struct rec r = { .time = s->now, .addr = s->word_at, .stream = REC_NO_STREAM, .kind = REC_TABLE,
                     .words = (uint16_t)s->words };

    if (s->words)
        records_add(s->out, &r, s->word);
    s->words = 0;
}

static void put(struct scene *s, uint64_t pa, uint64_t value)
{
    if (mem_write64(s->mem, pa, value))
        s->out->err = SIM_EENV;
    if (s->words == ARRAY_LEN(s->word) || (s->words && pa != s->word_at + 8ull * s->words))
        scene_flush(s);
    if (!s->words)
        s->word_at = pa;
    s->word[s->words++] = value;
}

void scene_register(struct scene *s, uint32_t offset, uint64_t value, unsigned bytes)
{
    struct rec r = { .addr = offset, .stream = REC_NO_STREAM, .kind = REC_REG, .words = 1, .len = bytes };

    scene_flush(s);
    r.time = s->now;
    records_add(s->out, &r, &value);
}

void scene_raw_command(struct scene *s, const uint64_t w[CMD_WORDS])
{
    struct rec r = { .stream = REC_NO_STREAM, .kind = REC_COMMAND, .words = CMD_WORDS };

    scene_flush(s);
    r.time = s->now;
    records_add(s->out, &r, w);
}

void scene_command(struct scene *s, const struct smmuv3_cmd *c)
{
    uint64_t w[CMD_WORDS];

    smmuv3_cmd_encode(c, w);
    scene_raw_command(s, w);
}

void scene_sync(struct scene *s)
{
    scene_command(s, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_SYNC });
}

void scene_access(struct scene *s, uint32_t sid, bool has_ssid, uint32_t ssid, uint64_t addr, unsigned len,
                  bool write, unsigned flags)
{
    struct rec r = { .addr = addr, .len = len, .pasid = has_ssid ? ssid : 0, .kind = write ? REC_WRITE : REC_READ,
                     .flags = (uint8_t)(flags | (has_ssid ? (unsigned)REC_F_PASID : 0)) };

    scene_flush(s);
    r.time = s->now;
    r.stream = records_stream(s->out, sid);
    records_add(s->out, &r, NULL);
}

void scene_range(struct smmuv3_cmd *c, uint64_t first, uint64_t last)
{
    uint64_t pages = ((last - first) >> PAGE_LOG2) + 1;

    c->first = bits_align_down(first, PAGE_LOG2);
    c->tg = c->num = c->scale = 0;
    if (pages == 1 && !c->ttl)
        return;
    c->tg = 1;
    while (pages > 32ull << c->scale)
        c->scale++;
    c->num = (uint8_t)((pages - 1) >> c->scale);
}

/* ---- memory -------------------------------------------------------------------------------------- */

static uint64_t take(struct scene *s, unsigned log2)
{
    uint64_t at = bits_align_down(s->next_pa + bits_low(log2), log2);

    s->next_pa = at + (1ull << log2);
    return at;
}

static uint64_t place(const struct vm *behind, uint64_t at)
{
    return behind ? at - behind->win_ipa + behind->win_pa : at;
}

uint64_t scene_read(const struct scene *s, const struct tree *t, uint64_t at)
{
    return mem_read64(s->mem, place(t->behind, at));
}

void scene_write(struct scene *s, const struct tree *t, uint64_t at, uint64_t value)
{
    put(s, place(t->behind, at), value);
}

static bool map_leaf(struct scene *s, struct tree *t, uint64_t in, uint64_t out, int level, uint64_t attr,
                     bool *tables);

/* Stage 2 reaches these IPAs of the window. */
static void open_window(struct scene *s, struct vm *vm, uint64_t first, uint64_t last)
{
    unsigned shift = vmsa_shift(PAGE_LOG2, vm->win_level);

    for (uint64_t at = bits_align_down(first, shift); at <= last; at += 1ull << shift)
        if (!scene_slot(s, &vm->s2, at, vm->win_level) ||
            !(scene_read(s, &vm->s2, scene_slot(s, &vm->s2, at, vm->win_level)) & 1))
            map_leaf(s, &vm->s2, at, place(vm, at), vm->win_level, vmsa_attr(2, true, true), NULL);
}

static uint64_t take_for(struct scene *s, struct vm *behind, unsigned log2)
{
    uint64_t at;

    if (!behind)
        return take(s, log2);
    at = bits_align_down(behind->win_next + bits_low(log2), log2);
    behind->win_next = at + (1ull << log2);
    open_window(s, behind, at, at + bits_low(log2));
    return at;
}

uint64_t scene_table(struct scene *s, const struct tree *t, unsigned bytes_log2)
{
    return take_for(s, t->behind, bytes_log2);
}

/* ---- trees --------------------------------------------------------------------------------------- */

struct access { struct scene *s; struct tree *t; bool *tables; };

static uint64_t io_read(void *arg, uint64_t at)
{
    const struct access *a = arg;

    return scene_read(a->s, a->t, at);
}

static int io_write(void *arg, uint64_t at, uint64_t value)
{
    struct access *a = arg;

    if (a->tables && scene_read(a->s, a->t, at) & 1)
        *a->tables = true;
    scene_write(a->s, a->t, at, value);
    return 0;
}

static uint64_t io_alloc(void *arg, unsigned bytes_log2)
{
    struct access *a = arg;

    return scene_table(a->s, a->t, bytes_log2);
}

uint64_t scene_slot(const struct scene *s, const struct tree *t, uint64_t in, int level)
{
    struct vmsa_walk w;
    uint64_t at;

    vmsa_begin(&w, &t->t, in, NULL);
    while (vmsa_ask(&w, &at)) {
        if (w.level == level)
            return at;
        vmsa_tell(&w, scene_read(s, t, at));
    }
    return 0;
}

/* Pages that the leaf covers, or that covered it, are no more; a hole may be reused. */
static struct page *place_for(struct tree *t, uint64_t in, uint64_t bytes)
{
    struct page *hole = NULL;
    unsigned n = 0;

    for (unsigned i = 0; i < t->pages; i++) {
        struct page *p = &t->page[i];

        if (p->in < in + bytes && in < p->in + page_bytes(p))
            continue;
        t->page[n++] = *p;
    }
    t->pages = n;
    if (n < SCENE_PAGES)
        return &t->page[t->pages++];
    for (unsigned i = 0; i < n; i++)
        if (!t->page[i].live)
            hole = &t->page[i];
    return hole;
}

static bool map_leaf(struct scene *s, struct tree *t, uint64_t in, uint64_t out, int level, uint64_t attr,
                     bool *tables)
{
    struct access a = { s, t, tables };
    struct table_io io = { io_read, io_write, io_alloc, &a };

    return level >= t->t.start && vmsa_map(&t->t, &io, in, out, level, attr) == 0;
}

struct page *scene_note(struct tree *t, uint64_t in, uint64_t out, int level, uint64_t attr)
{
    uint64_t bytes = 1ull << vmsa_shift(PAGE_LOG2, level);
    struct page *p;

    in &= ~(bytes - 1);
    p = place_for(t, in, bytes);
    if (p)
        *p = (struct page){ .in = in, .out = out & ~(bytes - 1), .attr = attr, .level = (int8_t)level, .live = true };
    return p;
}

struct page *scene_map(struct scene *s, struct tree *t, uint64_t in, uint64_t out, int level, uint64_t attr,
                       bool *tables)
{
    in &= bits_low(t->t.in_bits);
    return map_leaf(s, t, in, out, level, attr, tables) ? scene_note(t, in, out, level, attr) : NULL;
}

void scene_put(struct scene *s, struct tree *t, const struct page *p)
{
    uint64_t at = scene_slot(s, t, p->in, p->level), d = 0;

    if (p->live)
        d = p->out | p->attr | (p->level == VMSA_LEVEL_LAST ? 3 : 1);
    if (at)
        scene_write(s, t, at, d);
}

static void begin_tree(struct scene *s, struct tree *t, struct vmsa_table table, struct vm *behind, bool upper)
{
    *t = (struct tree){ .t = table, .behind = behind, .upper = upper };
    t->t.base = take_for(s, behind, vmsa_root_log2(&table) < PAGE_LOG2 ? PAGE_LOG2 : vmsa_root_log2(&table));
}

/* ---- VMs, spaces, streams ------------------------------------------------------------------------ */

static struct vmsa_table stage1_table(unsigned in_bits)
{
    return (struct vmsa_table){ .stage = 1, .granule_log2 = PAGE_LOG2, .in_bits = (uint8_t)in_bits, .out_bits = 48,
                                .start = (int8_t)vmsa_start_level(PAGE_LOG2, in_bits) };
}

struct vm *scene_vm(struct scene *s, uint16_t vmid, enum ste_config kind, unsigned s2_bits, int s2_start,
                    int win_level, unsigned upper_bits)
{
    struct vm *vm = &s->vm[s->vms++];

    *vm = (struct vm){ .vmid = vmid, .kind = kind, .win_level = (int8_t)win_level, .s2r = true };
    if (kind & 2)
        begin_tree(s, &vm->s2, (struct vmsa_table){ .stage = 2, .granule_log2 = PAGE_LOG2, .in_bits = (uint8_t)s2_bits,
                                                    .out_bits = 48, .start = (int8_t)s2_start }, NULL, false);
    if (kind == STE_NESTED) {
        vm->win_pa = take(s, GIB_LOG2);
        vm->win_ipa = bits_low(s2_bits) & ~bits_low(GIB_LOG2);     /* the last GB that stage 2 has */
        vm->win_next = vm->win_ipa;
    }
    if (kind & 1)
        begin_tree(s, &vm->upper, stage1_table(upper_bits), kind == STE_NESTED ? vm : NULL, true);
    return vm;
}

struct space *scene_space(struct scene *s, struct vm *vm, uint16_t asid, unsigned in_bits)
{
    struct space *sp = &s->space[s->spaces++];

    *sp = (struct space){ .vm = vm, .asid = asid, .r = true, .a = true };
    begin_tree(s, &sp->lower, stage1_table(in_bits), vm->kind == STE_NESTED ? vm : NULL, false);
    return sp;
}

static uint64_t ste_at(struct scene *s, uint32_t sid)
{
    uint64_t at;

    if (!s->two_level)
        return s->strtab + (uint64_t)STE_BYTES * sid;
    at = mem_read64(s->mem, s->strtab + 8 * (sid >> SCENE_SPLIT));
    if (!at) {
        at = take(s, SCENE_SPLIT + 6);
        put(s, s->strtab + 8 * (sid >> SCENE_SPLIT), at | (SCENE_SPLIT + 1));
    }
    return (at & ~0x1full) + STE_BYTES * (sid & bits_low(SCENE_SPLIT));
}

struct stream *scene_stream(struct scene *s, uint32_t sid, struct vm *vm, enum ste_config config, unsigned cdmax,
                            unsigned s1fmt)
{
    struct stream *st = &s->stream[s->streams++];
    unsigned split = s1fmt == 0 ? 0 : s1fmt == 1 ? 6 : 10, log2 = s1fmt && cdmax > split ? cdmax - split + 3 : 6 + cdmax;

    *st = (struct stream){ .sid = sid, .vm = vm, .config = config, .s1cdmax = (uint8_t)cdmax, .s1dss = 2,
                           .s1fmt = (uint8_t)(cdmax ? s1fmt : 0), .valid = true, .at = ste_at(s, sid) };
    if (config & 1 && vm)
        st->cds = take_for(s, vm->kind == STE_NESTED ? vm : NULL, log2 < 6 ? 6 : log2);
    scene_write_ste(s, st);
    return st;
}

static uint64_t cd_at(struct scene *s, const struct stream *st, uint32_t ssid)
{
    struct vm *behind = st->vm->kind == STE_NESTED ? st->vm : NULL;
    unsigned split = st->s1fmt == 1 ? 6 : 10;
    uint64_t slot, at;

    if (!st->s1fmt)
        return st->cds + (uint64_t)CD_BYTES * ssid;
    slot = st->cds + 8ull * (ssid >> split);
    at = mem_read64(s->mem, place(behind, slot)) & ~1ull;
    if (!at) {
        at = take_for(s, behind, split + 6);
        put(s, place(behind, slot), at | 1);
    }
    return at + CD_BYTES * (ssid & bits_low(split));
}

void scene_cd(struct scene *s, struct stream *st, uint32_t ssid, struct space *space)
{
    unsigned i = st->n_cd++;

    st->cd[i].ssid = ssid;
    st->cd[i].space = space;
    st->cd[i].valid = true;
    st->cd[i].broken = 0;
    st->cd[i].at = cd_at(s, st, ssid);
    scene_write_cd(s, st, i);
}

static void break_words(unsigned row, uint64_t *w)
{
    if (row)
        field_set(field_find(scene_breaks[row - 1].table, scene_breaks[row - 1].field), w, scene_breaks[row - 1].value);
}

void scene_ste_words(const struct stream *st, uint64_t w[STE_WORDS])
{
    struct smmuv3_config c = {
        .config = (uint8_t)st->config, .s1 = st->config & 1 && st->vm, .s2 = st->config & 2 && st->vm, .s1fmt = st->s1fmt,
        .s1cdmax = st->s1cdmax, .s1dss = st->s1dss, .s1ctxptr = st->cds,
    };

    if (st->vm) {
        c.vmid = st->vm->vmid;
        c.s2t = st->vm->s2.t;
        c.s2r = st->vm->s2r;
    }
    smmuv3_encode_ste(&c, w);
    if (c.s2)
        FIELD_SET(STE, S2PTW, w, st->vm->s2ptw);
    break_words(st->broken, w);
    FIELD_SET(STE, V, w, st->valid);
}

void scene_cd_words(const struct stream *st, unsigned cd, uint64_t w[CD_WORDS])
{
    const struct space *sp = st->cd[cd].space;
    struct smmuv3_config c = {
        .tt = { sp->lower.t, sp->vm->upper.t }, .asid = sp->asid, .epd = { sp->epd[0], sp->epd[1] },
        .tbi = { sp->tbi[0], sp->tbi[1] }, .r = sp->r, .a = sp->a, .mair = MAIR,
    };

    smmuv3_encode_cd(&c, w);
    break_words(st->cd[cd].broken, w);
    FIELD_SET(CD, V, w, st->cd[cd].valid);
}

static void write_structure(struct scene *s, const struct vm *behind, uint64_t at, const uint64_t *w, unsigned valid_bit)
{
    uint64_t pa = place(behind, at), old = mem_read64(s->mem, pa);

    if (!s->started) {                               /* nobody reads yet: all at once */
        for (unsigned i = 0; i < STE_WORDS; i++)
            put(s, pa + 8 * i, w[i]);
        return;
    }
    for (unsigned i = 1; i < STE_WORDS && !(old >> valid_bit & 1); i++)
        if (mem_read64(s->mem, pa + 8 * i) != w[i])
            put(s, pa + 8 * i, w[i]);
    scene_flush(s);
    if (old != w[0])
        put(s, pa, w[0]);
}

void scene_write_ste(struct scene *s, const struct stream *st)
{
    uint64_t w[STE_WORDS];

    scene_ste_words(st, w);
    write_structure(s, NULL, st->at, w, STE_V_LO);
}

void scene_write_cd(struct scene *s, const struct stream *st, unsigned cd)
{
    uint64_t w[CD_WORDS];

    scene_cd_words(st, cd, w);
    write_structure(s, st->vm->kind == STE_NESTED ? st->vm : NULL, st->cd[cd].at, w, CD_V_LO);
}

/* ---- the scene ----------------------------------------------------------------------------------- */

int scene_init(struct scene *s, struct records *out, bool two_level)
{
    *s = (struct scene){ .out = out, .mem = mem_new(), .next_pa = TABLES, .two_level = two_level };
    if (!s->mem)
        return SIM_EENV;
    s->strtab = take(s, SCENE_SID_LOG2 + 6);
    return 0;
}

void scene_destroy(struct scene *s)
{
    mem_free(s->mem);
    s->mem = NULL;
}

void scene_start(struct scene *s)
{
    uint64_t cfg = 0, cr0 = 0;

    FIELD_SET(STRTAB_BASE_CFG, LOG2SIZE, &cfg, SCENE_SID_LOG2);
    FIELD_SET(STRTAB_BASE_CFG, SPLIT, &cfg, s->two_level ? SCENE_SPLIT : 0);
    FIELD_SET(STRTAB_BASE_CFG, FMT, &cfg, s->two_level);
    FIELD_SET(CR0, SMMUEN, &cr0, 1);
    FIELD_SET(CR0, EVENTQEN, &cr0, 1);
    FIELD_SET(CR0, CMDQEN, &cr0, 1);
    scene_register(s, 0x080, s->strtab, 8);
    scene_register(s, 0x088, cfg, 4);
    scene_register(s, 0x020, cr0, 4);
    s->started = true;
}
