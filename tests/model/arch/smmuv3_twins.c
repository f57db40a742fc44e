/* SPDX-License-Identifier: Apache-2.0 */
#include "smmuv3_twins.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "base/mem.h"

static const struct smmuv3_ref_choice choice = { .walk_to_update = true, .stage1_hints = true };

static bool ref_mem(void *arg, uint64_t pa, unsigned words, uint64_t *out)
{
    const struct smmuv3_twins *t = arg;

    return (!t->aborts || pa != t->aborts) && mem_read(t->mem, pa, words, out);
}

static void note_read(struct smmuv3_twins *t, const struct smmuv3_q *q)
{
    if (t->reads < REF_READS) {
        strcpy(t->read[t->reads].name, smmuv3_q_name(q));
        t->read[t->reads].pa = q->pa;
    }
    t->reads++;
}

/* A hardware update; several of one word are one. */
static void note_write(struct smmuv3_twins *t, const struct smmuv3_q *q)
{
    unsigned i = 0;

    while (i < t->writes && t->write_at[i].pa != q->pa)
        i++;
    if (i == t->writes && t->writes < REF_WRITES)
        t->write_at[t->writes++] = (struct ref_write){ q->pa, q->old, 0 };
    t->write_at[i].new = q->value;
    mem_write64(t->mem, q->pa, q->value);
}

/* Memory as it was before. */
static void undo(struct smmuv3_twins *t)
{
    for (unsigned i = 0; i < t->writes; i++)
        mem_write64(t->mem, t->write_at[i].pa, t->write_at[i].old);
}

static void machine(struct smmuv3_twins *t, const struct xl_req *q)
{
    struct smmuv3_xl *m = &t->m;

    t->reads = t->writes = 0;
    smmuv3_xl_begin(m, t->regs, &t->impl, q);
    while (smmuv3_xl_ask(m)) {
        uint64_t words[8];
        bool ok;

        if (!m->q.words) {
            smmuv3_xl_tell_none(m);
            continue;
        }
        ok = ref_mem(t, m->q.pa, m->q.words, words);
        if (m->q.kind != SMMUV3_Q_CAS)
            note_read(t, &m->q);
        else if (ok && words[0] == m->q.old)
            note_write(t, &m->q);
        smmuv3_xl_tell(m, ok ? words : NULL);
    }
    undo(t);
}

/* ---- the comparison -------------------------------------------------------------------------- */

/* Notes a difference; the first stays. */
static void differ(struct smmuv3_diff *d, const char *what, uint64_t found, uint64_t expected)
{
    if (!d->what && found != expected)
        *d = (struct smmuv3_diff){ what, found, expected };
}

static void compare_reads(const struct smmuv3_twins *t, struct smmuv3_diff *d)
{
    differ(d, "reads", t->reads, t->ref.reads);
    for (unsigned i = 0; i < t->reads && i < t->ref.reads && i < REF_READS; i++) {
        differ(d, t->read[i].name, t->read[i].pa, t->ref.read[i].pa);
        differ(d, t->ref.read[i].name, strcmp(t->read[i].name, t->ref.read[i].name), 0);
    }
}

static const struct ref_write *write_of(const struct ref_write *w, unsigned n, uint64_t pa)
{
    for (unsigned i = 0; i < n; i++)
        if (w[i].pa == pa)
            return &w[i];
    return NULL;
}

/* Where the access was let through, the same words change in the same way; where it was not, what was
 * updated on the way is the implementation's choice [SMMUv3 3.13.2]. */
static void compare_writes(const struct smmuv3_twins *t, struct smmuv3_diff *d)
{
    const struct smmuv3_ref *a = &t->ref;

    if (smmuv3_passed(a->outcome) != XL_OK && !(a->ats_r || a->ats_w || a->ats_x))
        return;
    for (unsigned i = 0; i < a->writes; i++) {
        const struct ref_write *w = write_of(t->write_at, t->writes, a->write_at[i].pa);

        differ(d, "update", w ? w->new : mem_read64(t->mem, a->write_at[i].pa), a->write_at[i].new);
    }
    for (unsigned i = 0; i < t->writes; i++)
        differ(d, "update of", t->write_at[i].pa,
               write_of(a->write_at, a->writes, t->write_at[i].pa) ? t->write_at[i].pa : 0);
}

static void compare_leaf(const struct smmuv3_twins *t, const struct xl_req *q, struct smmuv3_diff *d)
{
    const struct smmuv3_ref *a = &t->ref;
    const struct xl_leaf *l = &t->m.leaf;

    differ(d, "leaf", t->m.has_leaf, a->leaf);
    if (!a->leaf || !t->m.has_leaf)
        return;
    differ(d, "size", l->size_log2, t->impl.contiguous ? a->hint_log2 : a->size_log2);
    differ(d, "dirty1", l->dirty1, a->dirty1);
    differ(d, "dirty2", l->dirty2, a->dirty2);
    differ(d, "perm1", l->perm1, a->perm1);
    differ(d, "perm2", l->perm2, a->perm2);
    differ(d, "global", l->global, a->global);
    differ(d, "pa in leaf", l->pa + (q->addr & bits_low(l->size_log2)), a->pa);
}

static void compare_ats(const struct smmuv3_twins *t, struct smmuv3_diff *d)
{
    const struct smmuv3_ref *a = &t->ref;
    const struct xl_result *res = &t->m.res;
    unsigned size = t->impl.contiguous ? a->hint_log2 : a->size_log2;

    differ(d, "R", res->ats_r, a->ats_r);
    differ(d, "W", res->ats_w, a->ats_w);
    differ(d, "X", res->ats_x, a->ats_x);
    if (!a->ats_r && !a->ats_w && !a->ats_x)
        return;
    if (a->leaf)
        differ(d, "translated size", res->ats_size_log2, size);
    differ(d, "translated page", res->pa >> res->ats_size_log2, a->pa >> res->ats_size_log2);
}

static void compare(struct smmuv3_twins *t, const struct xl_req *q, struct smmuv3_diff *d)
{
    const struct smmuv3_ref *a = &t->ref;
    const struct xl_result *res = &t->m.res;
    uint64_t found[EVENT_WORDS], expected[4];

    differ(d, "event", res->code, a->outcome == XL_ATS_OK ? 0 : a->code);
    differ(d, "outcome", smmuv3_passed(res->outcome), smmuv3_passed(a->outcome));
    differ(d, "recorded", res->recorded, a->recorded);
    if (smmuv3_passed(a->outcome) == XL_OK) {
        differ(d, "pa", res->pa, a->pa);
        if (a->asid_used)
            differ(d, "asid", res->domain & 0xffff, a->asid);
        if (a->vmid_used)
            differ(d, "vmid", res->domain >> 16, a->vmid);
        if (!t->any_type) {
            differ(d, "memory type", res->mair, a->mair);
            differ(d, "shareability", res->sh, a->sh);
        }
        compare_leaf(t, q, d);
    }
    if (a->outcome == XL_ATS_OK)
        compare_ats(t, d);
    compare_writes(t, d);
    compare_reads(t, d);
    if (!a->recorded || !res->recorded)
        return;
    smmuv3_event_encode(q, res, found);
    smmuv3_ref_record(a, q, expected);
    for (unsigned i = 0; i < (a->code == SMMUV3_F_BAD_ATS_TREQ ? 1 : 4); i++)
        differ(d, "event word", found[i], expected[i]);
}

bool smmuv3_twins_request(struct smmuv3_twins *t, const struct xl_req *q)
{
    t->diff = (struct smmuv3_diff){ 0 };
    smmuv3_ref_run(&t->ref, t->regs, &choice, q, ref_mem, t);
    machine(t, q);
    compare(t, q, &t->diff);
    return !t->diff.what;
}

void smmuv3_twins_show(const struct smmuv3_twins *t, const struct xl_req *q)
{
    const struct smmuv3_ref *a = &t->ref;

    fprintf(stderr, "\n%s: found 0x%" PRIx64 ", expected 0x%" PRIx64 "\n  outcome %u event 0x%x,"
            " expected %u 0x%x S2 %d CLASS %u; reads %u, expected %u\n", t->diff.what, t->diff.found,
            t->diff.expected, t->m.res.outcome, t->m.res.code, a->outcome, a->code, a->s2, a->cls, t->reads,
            a->reads);
    fprintf(stderr, "  0x%" PRIx64 " sid 0x%x ssid %d 0x%x %s%s%s type %u\n", q->addr, q->sid, q->has_ssid,
            q->ssid, q->speculative ? "S" : q->write ? "W" : "R", q->exec ? "X" : "",
            q->priv ? "P" : q->atomic ? "A" : "", q->type);
    fprintf(stderr, "  IDR0 %" PRIx64 " IDR1 %" PRIx64 " IDR3 %" PRIx64 " IDR5 %" PRIx64 " CR0 %" PRIx64
            " CR2 %" PRIx64, t->regs->idr0, t->regs->idr1, t->regs->idr3, t->regs->idr5, t->regs->cr0,
            t->regs->cr2);
    for (unsigned i = 0; i < a->reads && i < REF_READS; i++) {
        const char *name = a->read[i].name;
        bool large = strcmp(name, "STE") == 0 || strcmp(name, "CD") == 0;

        fprintf(stderr, "\n  %s@%" PRIx64, name, a->read[i].pa);
        for (unsigned k = 0; k < (large ? 8 : 1); k++)
            fprintf(stderr, " %" PRIx64, mem_read64(t->mem, a->read[i].pa + 8 * k));
    }
    fprintf(stderr, "\n");
}
