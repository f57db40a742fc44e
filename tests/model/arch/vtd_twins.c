/* SPDX-License-Identifier: Apache-2.0 */
#include "vtd_twins.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool ref_mem(void *arg, uint64_t pa, unsigned words, uint64_t *out)
{
    const struct vtd_twins *t = arg;

    return (!t->aborts || pa != t->aborts) && mem_read(t->mem, pa, words, out);
}

static void note_read(struct vtd_twins *t, const struct vtd_q *q)
{
    if (t->reads < VTD_REF_READS) {
        snprintf(t->read[t->reads].name, sizeof t->read[0].name, "%s", vtd_q_name(q));
        t->read[t->reads].pa = q->pa;
    }
    t->reads++;
}

/* Several updates of one word are one. */
static void update(struct vtd_twins *t, const struct vtd_q *q)
{
    unsigned i = 0;

    while (i < t->writes && t->write_at[i].pa != q->pa)
        i++;
    if (i == VTD_REF_WRITES)
        return;
    if (i == t->writes)
        t->write_at[t->writes++] = (struct vtd_ref_write){ q->pa, q->old, 0 };
    t->write_at[i].new = q->value;
    mem_write64(t->mem, q->pa, q->value);
}

static void undo(struct vtd_twins *t)
{
    for (unsigned i = 0; i < t->writes; i++)
        mem_write64(t->mem, t->write_at[i].pa, t->write_at[i].old);
}

static void machine(struct vtd_twins *t, const struct xl_req *q)
{
    static const struct vtd_impl impl;
    struct vtd_xl *m = &t->m;

    t->reads = t->writes = 0;
    vtd_xl_begin(m, t->regs, &impl, q);
    while (vtd_xl_ask(m)) {
        uint64_t words[VTD_PE_WORDS];
        bool ok;

        if (!m->q.words) {
            vtd_xl_tell_none(m);
            continue;
        }
        ok = ref_mem(t, m->q.pa, m->q.words, words);
        if (m->q.kind != VTD_Q_UPDATE)
            note_read(t, &m->q);
        else if (ok && words[0] == m->q.old)
            update(t, &m->q);
        vtd_xl_tell(m, ok ? words : NULL);
    }
    undo(t);
}

/* ---- the comparison -------------------------------------------------------------------------- */

/* Notes a difference; the first stays. */
static void differ(struct vtd_diff *d, const char *what, uint64_t found, uint64_t expected)
{
    if (!d->what && found != expected)
        *d = (struct vtd_diff){ what, found, expected };
}

static void compare_reads(const struct vtd_twins *t, struct vtd_diff *d)
{
    for (unsigned i = 0; i < t->reads && i < t->ref.reads && i < VTD_REF_READS; i++) {
        differ(d, t->read[i].name, t->read[i].pa, t->ref.read[i].pa);
        differ(d, t->ref.read[i].name, strcmp(t->read[i].name, t->ref.read[i].name), 0);
    }
    differ(d, "reads", t->reads, t->ref.reads);
}

static void compare_writes(const struct vtd_twins *t, struct vtd_diff *d)
{
    for (unsigned i = 0; i < t->writes && i < t->ref.writes; i++) {
        differ(d, "update of", t->write_at[i].pa, t->ref.write_at[i].pa);
        differ(d, "update", t->write_at[i].new, t->ref.write_at[i].new);
    }
    differ(d, "updates", t->writes, t->ref.writes);
}

static void compare_leaf(const struct vtd_twins *t, const struct xl_req *q, struct vtd_diff *d)
{
    const struct vtd_ref *a = &t->ref;
    const struct xl_leaf *l = &t->m.leaf;

    differ(d, "leaf", t->m.has_leaf, a->leaf);
    if (!a->leaf || !t->m.has_leaf)
        return;
    differ(d, "size", l->size_log2, a->size_log2);
    differ(d, "perm1", l->perm1, a->perm1);
    differ(d, "perm2", l->perm2 & 3u, a->perm2);
    differ(d, "dirty1", l->dirty1, a->dirty1);
    differ(d, "dirty2", l->dirty2, a->dirty2);
    differ(d, "start of the leaf", l->iova, q->addr >> a->size_log2 << a->size_log2);
    if (a->pa)
        differ(d, "pa in the leaf", l->pa | (q->addr & bits_low(l->size_log2)), a->pa);
}

static void compare(struct vtd_twins *t, const struct xl_req *q, struct vtd_diff *d)
{
    const struct vtd_ref *a = &t->ref;
    const struct xl_result *res = &t->m.res;

    differ(d, "reason", res->code, a->code);
    differ(d, "outcome", res->outcome, a->outcome);
    differ(d, "recorded", res->recorded, a->recorded);
    if (a->outcome == XL_OK || a->outcome == XL_BYPASS || a->outcome == XL_ATS_OK)
        differ(d, "pa", res->pa, a->pa);
    if (a->did_known)
        differ(d, "domain", res->domain, a->did);
    differ(d, "R", res->ats_r, a->ats_r);
    differ(d, "W", res->ats_w, a->ats_w);
    differ(d, "X", res->ats_x, a->ats_x);
    compare_leaf(t, q, d);
    compare_reads(t, d);
    compare_writes(t, d);
}

bool vtd_twins_request(struct vtd_twins *t, const struct xl_req *q)
{
    t->diff = (struct vtd_diff){ 0 };
    vtd_ref_run(&t->ref, t->regs, q, ref_mem, t);
    machine(t, q);
    compare(t, q, &t->diff);
    return !t->diff.what;
}

/* ---- warm ------------------------------------------------------------------------------------ */

static bool same_block(uint64_t a, uint64_t b, unsigned size_log2) { return (a ^ b) >> size_log2 == 0; }

static bool tell_seed(struct vtd_xl *m, const struct vtd_twins_cache *c)
{
    const struct vtd_seed *best = NULL;

    for (unsigned i = 0; i < VTD_TWINS_SEEDS && i < c->seeds; i++) {
        const struct vtd_seed *s = &c->seed[i].seed;

        if (c->seed[i].stage == m->q.stage && same_block(c->seed[i].in, m->q.in, vtdss_shift(s->level + 1u)) &&
            (!best || s->level < best->level))
            best = s;
    }
    if (best)
        vtd_xl_tell_seed(m, best);
    return best;
}

static bool tell_gpa(struct vtd_xl *m, const struct vtd_twins_cache *c)
{
    for (unsigned i = 0; i < VTD_TWINS_GPAS && i < c->gpas; i++)
        if (same_block(c->gpa[i].iova, m->q.in, c->gpa[i].size_log2) && vtd_xl_may_use(m, &c->gpa[i])) {
            vtd_xl_tell_gpa(m, &c->gpa[i]);
            return true;
        }
    return false;
}

static bool tell_tlb(struct vtd_xl *m, const struct vtd_twins_cache *c)
{
    if (!c->has_leaf || !same_block(c->leaf.iova, m->req.addr, c->leaf.size_log2) || !vtd_xl_may_use(m, &c->leaf))
        return false;
    vtd_xl_tell_tlb(m, &c->leaf, c->did, c->fpd);
    return true;
}

/* False if nothing of it is kept. */
static bool answer(struct vtd_xl *m, const struct vtd_twins_cache *c)
{
    switch (m->q.kind) {
    case VTD_Q_CONTEXT:
        if (c->ctx_known)
            vtd_xl_tell_context(m, &c->ctx);
        return c->ctx_known;
    case VTD_Q_PASID:
        if (c->pe_known)
            vtd_xl_tell_pasid(m, &c->pe);
        return c->pe_known;
    case VTD_Q_TLB:  return tell_tlb(m, c);
    case VTD_Q_GPA:  return tell_gpa(m, c);
    case VTD_Q_SEED: return tell_seed(m, c);
    default:         return false;
    }
}

static void keep(const struct vtd_xl *m, struct vtd_twins_cache *c)
{
    if (m->got & VTD_GOT_CONTEXT) {
        c->ctx = m->ctx;
        c->ctx_known = true;
    }
    if (m->got & VTD_GOT_PASID) {
        c->pe = m->pe;
        c->pe_known = true;
    }
    if (m->got & VTD_GOT_GPA)
        c->gpa[c->gpas++ % VTD_TWINS_GPAS] = m->gpa_leaf;
    if (m->got & VTD_GOT_TABLE) {
        unsigned i = c->seeds++ % VTD_TWINS_SEEDS;

        c->seed[i].seed = m->seed;
        c->seed[i].in = m->seed_in;
        c->seed[i].stage = m->seed_stage;
    }
}

static void compare_warm(const struct vtd_twins *t, bool by_tlb, struct vtd_diff *d)
{
    const struct vtd_ref *a = &t->ref;
    const struct xl_result *res = &t->m.res;

    differ(d, "outcome", res->outcome, a->outcome);
    if (a->outcome == XL_OK || a->outcome == XL_BYPASS || a->outcome == XL_ATS_OK)
        differ(d, "pa", res->pa, a->pa);
    differ(d, "recorded", res->recorded, a->recorded);
    differ(d, "R", res->ats_r, a->ats_r);
    differ(d, "W", res->ats_w, a->ats_w);
    differ(d, "X", res->ats_x, a->ats_x);
    if (by_tlb && (res->outcome == XL_OK || res->ats_r || res->ats_w))
        differ(d, "updates left by the TLB", 0, a->writes);
}

bool vtd_twins_warm(struct vtd_twins *t, struct vtd_twins_cache *c, const struct vtd_impl *impl,
                    const struct xl_req *q)
{
    struct vtd_xl *m = &t->m;
    bool by_tlb = false;

    t->diff = (struct vtd_diff){ 0 };
    t->reads = t->writes = 0;
    vtd_ref_run(&t->ref, t->regs, q, ref_mem, t);
    vtd_xl_begin(m, t->regs, impl, q);
    while (vtd_xl_ask(m)) {
        uint64_t words[VTD_PE_WORDS];
        struct vtd_q asked = m->q;
        bool ok;

        if (!asked.words) {
            if (answer(m, c)) {
                c->hits++;
                by_tlb |= asked.kind == VTD_Q_TLB;
            } else {
                vtd_xl_tell_none(m);
            }
            keep(m, c);
            continue;
        }
        ok = ref_mem(t, asked.pa, asked.words, words);
        if (asked.kind == VTD_Q_UPDATE && ok && words[0] == asked.old)
            update(t, &asked);
        vtd_xl_tell(m, ok ? words : NULL);
        keep(m, c);
    }
    if (m->has_leaf && m->walked) {
        c->leaf = m->leaf;
        c->did = m->did;
        c->fpd = m->fpd;
        c->has_leaf = true;
    }
    compare_warm(t, by_tlb, &t->diff);
    return !t->diff.what;
}

/* ---- a difference ---------------------------------------------------------------------------- */

static unsigned words_of(const char *name)
{
    static const struct { char first; unsigned words; } row[] = { { 'r', 2 }, { 'c', 4 }, { 'P', 3 } };

    for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++)
        if (name[0] == row[i].first)
            return row[i].words;
    return 1;
}

void vtd_twins_show(const struct vtd_twins *t, const struct xl_req *q)
{
    const struct vtd_ref *a = &t->ref;

    fprintf(stderr, "\n%s: found 0x%" PRIx64 ", expected 0x%" PRIx64 "\n  outcome %u reason 0x%02x, expected %u 0x%02x;"
            " reads %u, expected %u; updates %u, expected %u\n", t->diff.what, t->diff.found, t->diff.expected,
            t->m.res.outcome, t->m.res.code, a->outcome, a->code, t->reads, a->reads, t->writes, a->writes);
    fprintf(stderr, "  0x%" PRIx64 " sid 0x%x pasid %d 0x%x %s%s%s type %u nw %d nodir %d\n", q->addr, q->sid,
            q->has_ssid, q->ssid, q->atomic ? "A" : q->write ? "W" : "R", q->exec ? "X" : "", q->priv ? "P" : "",
            q->type, q->no_write, q->no_dir);
    fprintf(stderr, "  CAP %" PRIx64 " ECAP %" PRIx64 " RTADDR %" PRIx64 " haw %u", t->regs->cap, t->regs->ecap,
            t->regs->rtaddr, t->regs->haw);
    for (unsigned i = 0; i < a->reads && i < VTD_REF_READS; i++) {
        fprintf(stderr, "\n  %s@%" PRIx64, a->read[i].name, a->read[i].pa);
        for (unsigned k = 0; k < words_of(a->read[i].name); k++)
            fprintf(stderr, " %" PRIx64, mem_read64(t->mem, a->read[i].pa + 8 * k));
    }
    fprintf(stderr, "\n");
}
