/* SPDX-License-Identifier: Apache-2.0 */
#include "rtl-cosim/stimulus/random_impl.h"

#include "base/list.h"

/* What has to be invalidated: words of a tree that concern the inputs first..last. */
struct stale {
    struct tree *t;
    struct vm *vm;
    struct space *space;               /* of a lower half; NULL: of all                         */
    uint64_t first, last;
    int  level;                        /* of the one leaf that it was; 0: several, or tables    */
    bool tables, global;               /* table descriptors too; global leaves too              */
};

static void during(struct random *r)
{
    for (unsigned i = 0; i < 16 && random_percent(r, r->par.during); i++)
        random_access(r);
    random_gap(r);
}

static void send(struct random *r, struct smmuv3_cmd c)
{
    during(r);
    scene_command(&r->scene, &c);
}

static void sync(struct random *r)
{
    during(r);
    scene_sync(&r->scene);
}

/* ---- invalidations ------------------------------------------------------------------------------- */

/* A part, or too much, or something beside it: has no effect on what is right. */
static void send_neighbour(struct random *r, struct smmuv3_cmd c, uint64_t bytes)
{
    if (!random_percent(r, r->par.neighbour))
        return;
    switch (random_pick(r, 4)) {
    case 0:
        c.first += bytes;
        break;
    case 1:
        c.first -= bytes;
        break;
    case 2:
        c.vmid ^= 1;
        break;
    default:
        c.asid ^= 1;
        break;
    }
    c.tg = c.ttl = 0;
    send(r, c);
}

/* By address: the leaf's page or level where it was one, else the range, perhaps longer than need be. */
static void send_addresses(struct random *r, unsigned op, const struct stale *s, uint16_t asid, bool range)
{
    struct smmuv3_cmd c = { .op = (uint8_t)op, .vmid = s->vm->vmid, .asid = asid };
    uint64_t first = s->first, last = s->last, bytes = last - first + 1, more;

    c.leaf = !s->tables && random_percent(r, r->par.leaf);
    if (!s->tables && s->level && random_percent(r, r->par.ttl))
        c.ttl = (uint8_t)s->level;
    if (s->level && !range) {
        first += c.ttl ? 0 : random_pick(r, bytes) & ~bits_low(12);
        last = first + bits_low(12);
    } else if (range && !c.ttl && random_pick(r, 3) == 0) {
        more = random_pick(r, 4) * bytes;
        last += more > bits_low(40) ? 0 : more;
    }
    if (c.ttl)
        first &= ~bits_low(vmsa_shift(12, c.ttl));
    scene_range(&c, first, last);
    c.first = tree_address(s->t, c.first);
    send(r, c);
    send_neighbour(r, c, bytes);
}

static unsigned method(struct random *r)
{
    const uint64_t w[] = { r->par.inv_va, r->par.inv_range, r->par.inv_vaa, r->par.inv_asid, r->par.inv_vmid,
                           r->par.inv_all };

    return random_choose(r, w, ARRAY_LEN(w));
}

/* Of one ASID, or, in the half that all share, of each. */
static void send_each_asid(struct random *r, const struct stale *s, unsigned op, bool range)
{
    for (unsigned i = 0; i < r->scene.spaces; i++) {
        const struct space *sp = &r->scene.space[i];

        if (sp->vm != s->vm || (s->space && sp != s->space))
            continue;
        if (op == SMMUV3_CMD_TLBI_NH_ASID)
            send(r, (struct smmuv3_cmd){ .op = (uint8_t)op, .vmid = s->vm->vmid, .asid = sp->asid });
        else
            send_addresses(r, op, s, sp->asid, range);
    }
}

static void send_stage1(struct random *r, const struct stale *s)
{
    unsigned how = method(r);

    switch (how == 3 && s->global ? 2 : how) {
    case 0:
        send_each_asid(r, s, SMMUV3_CMD_TLBI_NH_VA, false);
        break;
    case 1:
        send_each_asid(r, s, SMMUV3_CMD_TLBI_NH_VA, true);
        break;
    case 2:
        send_addresses(r, SMMUV3_CMD_TLBI_NH_VAA, s, 0, random_pick(r, 2));
        break;
    case 3:
        send_each_asid(r, s, SMMUV3_CMD_TLBI_NH_ASID, false);
        break;
    case 4:
        send(r, (struct smmuv3_cmd){ .op = (uint8_t)(s->vm->kind & 2 && random_pick(r, 2) ? SMMUV3_CMD_TLBI_S12_VMALL : SMMUV3_CMD_TLBI_NH_ALL),
                                     .vmid = s->vm->vmid });
        break;
    default:
        send(r, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NSNH_ALL });
        break;
    }
    sync(r);
}

/* Stage 2's entries first, then, synchronised, those that both stages made. */
static void send_stage2(struct random *r, const struct stale *s)
{
    unsigned how = method(r);

    if (how >= 4) {
        send(r, (struct smmuv3_cmd){ .op = (uint8_t)(how == 4 ? SMMUV3_CMD_TLBI_S12_VMALL : SMMUV3_CMD_TLBI_NSNH_ALL),
                                     .vmid = s->vm->vmid });
        sync(r);
        return;
    }
    send_addresses(r, SMMUV3_CMD_TLBI_S2_IPA, s, 0, how == 1);
    if (s->vm->kind == STE_NESTED) {
        sync(r);
        send(r, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_ALL, .vmid = s->vm->vmid });
    }
    sync(r);
}

static void invalidate(struct random *r, const struct stale *s)
{
    if (s->t->t.stage == 1)
        send_stage1(r, s);
    else
        send_stage2(r, s);
}

static struct stale stale_page(const struct stale *of, const struct page *p)
{
    struct stale s = *of;

    s.first = p->in;
    s.last = p->in + page_bytes(p) - 1;
    s.level = p->level;
    s.global = !FIELD_GET(PTE, NG, &p->attr);
    return s;
}

/* ---- leaves -------------------------------------------------------------------------------------- */

static struct page *some_page(struct random *r, struct tree *t, bool live)
{
    unsigned at = t->pages ? (unsigned)random_pick(r, t->pages) : 0;
    unsigned hot = r->par.hot < t->pages && random_percent(r, 70) ? (unsigned)r->par.hot : t->pages;

    for (unsigned i = 0; i < t->pages; i++) {
        struct page *p = &t->page[(at % hot + i) % t->pages];

        if (p->live == live)
            return p;
    }
    return NULL;
}

static void look_at(struct random *r, struct tree *t, uint64_t in)
{
    r->focus = t;
    r->focus_in = in;
}

static void unmap(struct random *r, const struct stale *of)
{
    struct page *p = some_page(r, of->t, true);
    struct stale s;

    if (!p)
        return;
    s = stale_page(of, p);
    look_at(r, s.t, p->in | p->spot);
    p->live = false;
    if (random_percent(r, r->par.odd))
        random_spoil(r, s.t, p);
    else
        scene_put(&r->scene, s.t, p);
    invalidate(r, &s);
}

static void map(struct random *r, const struct stale *of)
{
    struct page *p = some_page(r, of->t, false);

    if (!p || random_pick(r, 3) == 0) {
        p = random_new_page(r, of->t, of->vm);
    } else {
        struct stale s = stale_page(of, p);
        uint64_t at = scene_slot(&r->scene, s.t, p->in, p->level), old = at ? scene_read(&r->scene, s.t, at) : 0;

        if (!at || (p->level < VMSA_LEVEL_LAST && (old & 3) == 3))
            return;                                         /* a table went there, or above */
        if (random_pick(r, 2))
            p->out = random_output(r, of->t, of->vm, p->level, &p->spot);
        look_at(r, s.t, p->in | p->spot);
        p->live = true;
        scene_put(&r->scene, s.t, p);
        if (old & 1)                                        /* one that faulted, or a new table's */
            invalidate(r, &s);
        return;
    }
    if (p)
        look_at(r, of->t, p->in | p->spot);
}

static void remap(struct random *r, const struct stale *of)
{
    struct page *p = some_page(r, of->t, true);
    struct stale s;

    if (!p)
        return;
    s = stale_page(of, p);
    look_at(r, s.t, p->in | p->spot);
    if (random_pick(r, 2)) {                                /* break before make */
        p->live = false;
        scene_put(&r->scene, s.t, p);
        invalidate(r, &s);
        p->live = true;
        p->out = random_output(r, s.t, s.vm, p->level, &p->spot);
        scene_put(&r->scene, s.t, p);
        return;
    }
    p->out = random_output(r, s.t, s.vm, p->level, &p->spot);
    scene_put(&r->scene, s.t, p);
    invalidate(r, &s);
}

static void permit(struct random *r, const struct stale *of)
{
    struct page *p = some_page(r, of->t, true);
    struct stale s;

    if (!p)
        return;
    s = stale_page(of, p);
    look_at(r, s.t, p->in | p->spot);
    p->attr = random_attr(r, s.t);
    if (random_percent(r, r->par.odd))
        FIELD_SET(PTE, AF, &p->attr, 0);
    scene_put(&r->scene, s.t, p);
    invalidate(r, &s);
}

/* ---- tables -------------------------------------------------------------------------------------- */

enum { PIECES = 8 };                   /* leaves that a block is split into, around the one that is accessed */

/* A new table's run of leaves around `in`, of what `out` was for `in`, one in four somewhere else. */
static uint64_t new_table(struct random *r, const struct stale *s, uint64_t in, uint64_t out, int level, uint64_t attr,
                          uint64_t *spot_out)
{
    uint64_t table = scene_table(&r->scene, s->t, 12), index = in >> vmsa_shift(12, level) & 511, spot;
    unsigned shift = vmsa_shift(12, level);
    uint64_t first = index & ~(uint64_t)(PIECES - 1);

    *spot_out = out;
    for (uint64_t i = first; i < first + PIECES; i++) {
        uint64_t o = (out & ~bits_low(shift)) + (i << shift) - (index << shift);

        if (random_pick(r, 4) == 0)
            o = random_output(r, s->t, s->vm, level, &spot);
        if (i == index)
            *spot_out = o;
        scene_write(&r->scene, s->t, table + 8 * i, (o & bits_mask(47, 12) & ~bits_low(shift)) | attr | (level == 3 ? 3 : 1));
    }
    return table;
}

static void split(struct random *r, const struct stale *of)
{
    struct page old, *p = NULL;
    struct stale s;
    uint64_t at, table, in, out;

    for (unsigned i = 0; i < 8 && (!p || p->level == VMSA_LEVEL_LAST); i++)
        p = some_page(r, of->t, true);
    if (!p || p->level == VMSA_LEVEL_LAST)
        return;
    old = *p;
    s = stale_page(of, p);
    in = old.in | old.spot;
    at = scene_slot(&r->scene, s.t, old.in, old.level);
    if (!at)
        return;
    look_at(r, s.t, in);
    table = new_table(r, &s, in, old.out | old.spot, old.level + 1, old.attr, &out);
    scene_write(&r->scene, s.t, at, table | 3);
    p = scene_note(s.t, in, out, old.level + 1, old.attr);
    if (p)
        p->spot = old.spot & (page_bytes(p) - 1);
    invalidate(r, &s);
}

static struct stale stale_table(const struct stale *of, uint64_t in, int level)
{
    unsigned shift = vmsa_shift(12, level);
    struct stale s = *of;

    s.first = in & ~bits_low(shift);
    s.last = s.first + bits_low(shift);
    s.tables = true;
    s.global = s.t->upper;
    s.level = 0;
    return s;
}

/* The table above a leaf becomes a block. */
static void merge(struct random *r, const struct stale *of)
{
    struct page *p = some_page(r, of->t, true);
    int level = p ? p->level - 1 : 0;
    uint64_t spot, out, in;
    struct stale s;

    if (level < 1 || level < of->t->t.start)
        return;
    in = p->in;
    s = stale_table(of, in, level);
    out = random_output(r, s.t, s.vm, level, &spot);
    p = scene_map(&r->scene, s.t, in, out, level, random_attr(r, s.t), NULL);
    if (p)
        p->spot = spot;
    look_at(r, s.t, s.first + spot);
    invalidate(r, &s);
}

/* What the old table held points elsewhere from now on: nobody may look there. */
static void scribble(struct random *r, const struct stale *s, uint64_t slot, int level)
{
    uint64_t spot, out = random_output(r, s->t, s->vm, level, &spot);

    scene_write(&r->scene, s->t, slot, out | vmsa_attr(s->t->t.stage, true, true) | (level == 3 ? 3 : 1));
}

/* The table above a leaf is replaced by another one, which has other leaves. */
static void swap(struct random *r, const struct stale *of)
{
    struct page old, *p = some_page(r, of->t, true);
    uint64_t at, slot, in, out = 0;
    struct stale s;

    if (!p || p->level - 1 < of->t->t.start)
        return;
    old = *p;
    in = old.in;
    s = stale_table(of, in, old.level - 1);
    at = scene_slot(&r->scene, s.t, in, old.level - 1);
    slot = scene_slot(&r->scene, s.t, in, old.level);
    if (!at || !slot)
        return;
    for (unsigned i = 0; i < s.t->pages; i++)
        if (s.t->page[i].in >= s.first && s.t->page[i].in <= s.last)
            s.t->page[i].live = false;
    scene_write(&r->scene, s.t, at, new_table(r, &s, in, old.out, old.level, old.attr, &out) | 3);
    p = scene_note(s.t, in, out, old.level, old.attr);
    if (p)
        p->spot = old.spot;
    look_at(r, s.t, in | old.spot);
    invalidate(r, &s);
    if (random_pick(r, 2))
        scribble(r, &s, slot, old.level);
}

/* Where stage 2 has what a stage 1 table lies in: gone, or not as it should be, for a while. */
static void window(struct random *r, const struct stale *of)
{
    struct vm *vm = of->vm;
    struct stale s = *of;
    struct page p = { .level = vm->win_level, .live = true };
    uint64_t at, old, now;

    if (vm->kind != STE_NESTED)
        return;
    s.t = &vm->s2;
    p.in = vm->win_ipa + random_pick(r, vm->win_next - vm->win_ipa);
    p.in &= ~(page_bytes(&p) - 1);
    at = scene_slot(&r->scene, s.t, p.in, p.level);
    old = now = at ? scene_read(&r->scene, s.t, at) : 0;
    if (!(old & 1))
        return;
    switch (random_pick(r, 4)) {
    case 0:
        now = 0;
        break;
    case 1:
        FIELD_SET(S2PTE, AF, &now, 0);
        break;
    case 2:
        FIELD_SET(S2PTE, S2AP, &now, 2);
        break;
    default:
        FIELD_SET(S2PTE, MEMATTR, &now, 0);                  /* a device's: for S2PTW */
        break;
    }
    s = stale_page(&s, &p);
    look_at(r, s.t, p.in);
    scene_write(&r->scene, s.t, at, now);
    invalidate(r, &s);
    during(r);
    scene_write(&r->scene, s.t, at, old);
    invalidate(r, &s);
}

/* ---- structures ---------------------------------------------------------------------------------- */

static void send_config(struct random *r, const struct stream *st, bool cd, uint32_t ssid)
{
    struct smmuv3_cmd c = { .op = SMMUV3_CMD_CFGI_STE, .sid_first = st->sid, .sid_last = st->sid };
    unsigned how = (unsigned)random_pick(r, cd ? 4 : 2);

    if (random_percent(r, r->par.cfgi_all)) {
        c = (struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_STE_RANGE, .sid_last = UINT32_MAX };
    } else if (how == 1) {
        uint32_t low = (uint32_t)bits_low(1 + (unsigned)random_pick(r, 8));

        c = (struct smmuv3_cmd){ .op = SMMUV3_CMD_CFGI_STE_RANGE, .sid_first = st->sid & ~low, .sid_last = st->sid | low };
    } else if (how >= 2) {
        c.op = how == 2 ? SMMUV3_CMD_CFGI_CD : SMMUV3_CMD_CFGI_CD_ALL;
        c.ssid = ssid;
        c.has_ssid = st->s1cdmax != 0;
    }
    c.leaf = random_percent(r, r->par.leaf);
    send(r, c);
    if (random_percent(r, r->par.neighbour)) {
        c.sid_first ^= 1;
        c.sid_last ^= 1;
        send(r, c);
    }
    sync(r);
}

static void send_vmid(struct random *r, const struct vm *vm)
{
    send(r, (struct smmuv3_cmd){ .op = (uint8_t)(vm->kind & 2 ? SMMUV3_CMD_TLBI_S12_VMALL : SMMUV3_CMD_TLBI_NH_ALL),
                                 .vmid = vm->vmid });
    sync(r);
}

static struct stream *some_stream(struct random *r, bool with_cds)
{
    unsigned at = (unsigned)random_pick(r, r->scene.streams);

    for (unsigned i = 0; i < r->scene.streams; i++) {
        struct stream *st = &r->scene.stream[(at + i) % r->scene.streams];

        if (st->vm && (!with_cds || st->n_cd))
            return st;
    }
    return NULL;
}

static void focus_stream(struct random *r, const struct stream *st, unsigned cd)
{
    struct tree *t = st->config & 1 && st->n_cd ? &st->cd[cd].space->lower : &st->vm->s2;

    look_at(r, t, t->pages ? t->page[0].in | t->page[0].spot : 0);
}

static void change_ste(struct random *r)
{
    struct stream *st = some_stream(r, false);

    if (!st)
        return;
    focus_stream(r, st, 0);
    if (st->valid) {
        st->valid = false;
        scene_write_ste(&r->scene, st);
        send_config(r, st, false, 0);
        if (random_pick(r, 2))
            send_vmid(r, st->vm);
    }
    st->valid = random_pick(r, 12);
    st->broken = random_break(r, &ste_fields, st->config & 2);
    st->s1dss = (uint8_t)(random_pick(r, 3) ? 2 : random_pick(r, 3));
    if (st->vm->kind == STE_NESTED && st->n_cd && random_pick(r, 2))
        st->config = st->config == STE_S2 ? STE_NESTED : STE_S2;
    scene_write_ste(&r->scene, st);
    send_config(r, st, false, 0);
}

static void change_cd(struct random *r)
{
    struct stream *st = some_stream(r, true);
    unsigned i;

    if (!st)
        return;
    i = (unsigned)random_pick(r, st->n_cd);
    focus_stream(r, st, i);
    if (st->cd[i].valid) {
        st->cd[i].valid = false;
        scene_write_cd(&r->scene, st, i);
        send_config(r, st, true, st->cd[i].ssid);
        if (random_pick(r, 2)) {
            send(r, (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_NH_ASID, .vmid = st->vm->vmid, .asid = st->cd[i].space->asid });
            sync(r);
        }
    }
    st->cd[i].valid = random_pick(r, 12);
    st->cd[i].broken = random_break(r, &cd_fields, false);
    if (random_pick(r, 2))
        st->cd[i].space = random_space_of(r, st->vm);
    scene_write_cd(&r->scene, st, i);
    send_config(r, st, true, st->cd[i].ssid);
}

/* ---- which --------------------------------------------------------------------------------------- */

static void needless(struct random *r, const struct stale *of)
{
    struct stale s = *of;
    struct page *p = some_page(r, s.t, true);

    if (p)
        s = stale_page(&s, p);
    if (p && random_pick(r, 4)) {
        invalidate(r, &s);
        return;
    }
    if (s.vm->kind & 1 && random_pick(r, 2)) {
        send(r, (struct smmuv3_cmd){ .op = SMMUV3_CMD_PREFETCH_CONFIG, .sid_first = (uint32_t)random_pick(r, 16) });
        return;
    }
    send_vmid(r, s.vm);
}

/* A tree of some VM. */
static struct stale some_tree(struct random *r)
{
    struct vm *vm = &r->scene.vm[random_pick(r, r->scene.vms)];
    struct space *sp = vm->kind & 1 ? random_space_of(r, vm) : NULL;
    bool s2 = vm->kind == STE_S2 || (vm->kind == STE_NESTED && random_pick(r, 2));

    if (s2 || !sp)
        return (struct stale){ .t = s2 ? &vm->s2 : &vm->upper, .vm = vm };
    if (random_percent(r, r->par.upper))
        return (struct stale){ .t = &vm->upper, .vm = vm };
    return (struct stale){ .t = &sp->lower, .vm = vm, .space = sp };
}

void random_change(struct random *r)
{
    static void (*const of_tree[])(struct random *, const struct stale *) = { unmap, map, remap, permit, split, merge,
                                                                              swap, window, needless };
    const uint64_t w[] = { r->par.unmap, r->par.map, r->par.remap, r->par.permit, r->par.split, r->par.merge,
                           r->par.swap, r->par.window, r->par.needless, r->par.ste, r->par.cd };
    unsigned what = random_choose(r, w, ARRAY_LEN(w));

    if (what < ARRAY_LEN(of_tree)) {
        struct stale s = some_tree(r);

        of_tree[what](r, &s);
    } else if (what == ARRAY_LEN(of_tree)) {
        change_ste(r);
    } else {
        change_cd(r);
    }
}
