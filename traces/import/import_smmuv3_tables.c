/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of memory that a translation shows: descriptors as they are, configuration structures built
 * from the fields that the log decodes.
 */
#include <stdlib.h>

#include "base/bits.h"
#include "base/sim.h"
#include "traces/import/import_smmuv3.h"

/* ---- words -------------------------------------------------------------------------------------- */

/* True if this word is news. */
static bool remember(struct smmuv3 *m, uint64_t at, uint64_t value)
{
    size_t before = m->words.used;
    uint64_t *known = u64map_at(&m->words, at);
    bool news;

    SIM_CHECK(known, "no memory for %zu words", before);
    news = m->words.used != before || *known != value;
    *known = value;
    return news;
}

static void emit_words(struct smmuv3 *m, uint64_t at, const uint64_t *w, unsigned n,
                       const struct import_note *note)
{
    struct import_item it = { .t_ns = m->xl.t_ns, .note = *note };

    it.rec = (struct rec){ .kind = REC_TABLE, .flags = REC_F_RECON, .stream = REC_NO_STREAM,
                           .addr = at, .words = (uint16_t)n };
    for (unsigned i = 0; i < n; i++)
        it.ext.w[i] = w[i];
    smmuv3_emit(m, &it);
}

/* From the first word that is news to the last. */
static bool emit_struct(struct smmuv3 *m, uint64_t at, const uint64_t *w, unsigned n, unsigned kind)
{
    struct import_note note = { .kind = (uint8_t)kind, .sid = m->xl.sid, .line = m->xl.line, .at = at,
                                .value = w[0], .iova = m->xl.iova };
    unsigned first = n, last = 0;

    for (unsigned i = 0; i < n; i++)
        if (remember(m, at + 8 * i, w[i])) {
            first = first < i ? first : i;
            last = i;
        }
    if (first == n)
        return false;
    emit_words(m, at + 8 * first, w + first, last - first + 1, &note);
    return true;
}

/* ---- descriptors -------------------------------------------------------------------------------- */

static void emit_descriptor(struct smmuv3 *m, const struct seen_pte *p)
{
    struct import_note note = { .kind = p->kind, .stage = p->stage, .level = p->level,
                                .sid = m->xl.sid, .line = m->xl.line, .iova = p->iova,
                                .bytes = p->bytes, .at = p->at, .value = p->value, .root = p->root };

    if (remember(m, p->at, p->value)) {
        emit_words(m, p->at, &p->value, 1, &note);
        import_count(m->im, IMPORT_RECON, "descriptors of translation tables, as they were read", 1);
    } else if (p->kind == NOTE_LEAF || p->kind == NOTE_INVALID) {
        note.kind = NOTE_SEEN;
        emit_words(m, p->at, &p->value, 0, &note);
    }
}

/* ---- configuration ------------------------------------------------------------------------------ */

/* What stage 2 of a VMID looks like, from this translation's walk or an earlier one's. */
static struct smmuv3_s2_facts s2_of(struct smmuv3 *m)
{
    uint64_t *index = u64map_at(&m->s2_of_vmid, m->xl.vmid);
    struct smmuv3_s2_facts *list;

    SIM_CHECK(index, "no memory for VMID %u", m->xl.vmid);
    if (*index == 0) {
        list = realloc(m->s2_known, (m->n_s2 + 1) * sizeof *list);
        SIM_CHECK(list, "no memory for VMID %u", m->xl.vmid);
        m->s2_known = list;
        list[m->n_s2++] = (struct smmuv3_s2_facts){ 0 };
        *index = m->n_s2;
    }
    list = &m->s2_known[*index - 1];
    if (m->xl.s2.known)
        *list = m->xl.s2;
    return *list;
}

/* An access that succeeded through a leaf without the access flag. */
static bool ignores_access_flag(const struct smmuv3 *m, unsigned stage)
{
    bool without = false;

    if (m->old)
        return true;
    for (unsigned i = 0; i < m->xl.n_seen; i++)
        if (m->xl.seen[i].kind == NOTE_LEAF && m->xl.seen[i].stage == stage)
            without = !(m->xl.seen[i].value & 1u << 10);
    return without && m->xl.outcome == REC_O_OK;
}

enum { EVENT_BAD_STREAMID = 0x02, EVENT_BAD_STE = 0x04, EVENT_BAD_CD = 0x0a };

/* False if the log does not show what the stream's configuration is. */
static bool ste_facts(struct smmuv3 *m, struct smmuv3_ste_facts *f)
{
    const struct smmuv3_xl *x = &m->xl;

    *f = (struct smmuv3_ste_facts){ .valid = true, .cd = x->cfg.cd_ptr, .vmid = x->vmid, .oas = m->oas };
    f->record = x->outcome != REC_O_FAULT_SILENT;
    f->affd = ignores_access_flag(m, 2);
    if (x->outcome == REC_O_FAULT && x->code == EVENT_BAD_STE)
        f->valid = false;
    else if (x->outcome == REC_O_BYPASS)
        f->config = STE_BYPASS;
    else if (x->outcome == REC_O_ABORT)
        f->config = STE_ABORT;
    else if (x->cfg.has_cd)
        f->config = x->cfg.nested ? STE_NESTED : STE_S1;
    else if (x->has_vmid && !x->has_asid)
        f->config = STE_S2;
    else
        return false;
    if (f->config != STE_S2 && f->config != STE_NESTED)
        return true;
    f->s2 = s2_of(m);
    return f->s2.known;
}

static void emit_ste(struct smmuv3 *m)
{
    struct smmuv3_ste_facts f;
    uint64_t w[8];

    if (!ste_facts(m, &f)) {
        import_count(m->im, IMPORT_LACKS, "contents of an STE (nothing shows them; not in the trace)", 1);
        return;
    }
    smmuv3_build_ste(w, &f);
    if (emit_struct(m, m->xl.cfg.ste_at, w, 8, NOTE_STE))
        import_count(m->im, IMPORT_RECON, "stream table entries, from decoded fields", 1);
}

static void emit_cd(struct smmuv3 *m)
{
    const struct smmuv3_xl *x = &m->xl;
    struct smmuv3_cd_facts f = { .valid = x->code != EVENT_BAD_CD, .oas = x->cfg.oas,
                                 .asid = x->asid, .record = x->outcome != REC_O_FAULT_SILENT,
                                 .affd = ignores_access_flag(m, 1) };
    uint64_t w[8];

    if (!x->cfg.has_cd_pa || (!x->cfg.decoded && f.valid)) {
        import_count(m->im, IMPORT_LACKS, "contents of a CD (nothing shows them; not in the trace)", 1);
        return;
    }
    if (f.valid && !x->has_asid)
        import_count(m->im, IMPORT_LACKS, "ASID of a CD (its first access has no lookup; set to 0)", 1);
    f.tt[0] = x->cfg.tt[0];
    f.tt[1] = x->cfg.tt[1];
    smmuv3_build_cd(w, &f);
    if (emit_struct(m, x->cfg.cd_pa, w, 8, NOTE_CD))
        import_count(m->im, IMPORT_RECON, "context descriptors, from decoded fields", 1);
}

static void emit_l1std(struct smmuv3 *m)
{
    const struct seen_config *c = &m->xl.cfg;
    uint64_t at = c->l1std_at, w = 0;

    if (c->has_l1) {
        w = smmuv3_build_l1std(c->l2ptr, c->last);
    } else {
        if (m->xl.code != EVENT_BAD_STREAMID || !m->has_strtab)
            return;
        at = (m->strtab_base & bits_mask(51, 6)) + 8 * (m->xl.sid >> c->split);
    }
    if (emit_struct(m, at, &w, 1, NOTE_L1STD))
        import_count(m->im, IMPORT_RECON, "level 1 stream table descriptors, from decoded fields", 1);
}

void xl_emit_tables(struct smmuv3 *m)
{
    struct smmuv3_xl *x = &m->xl;

    if (x->cfg.started && x->cfg.two_level)
        emit_l1std(m);
    if (x->cfg.has_ste)
        emit_ste(m);
    if (x->cfg.has_cd)
        emit_cd(m);
    for (unsigned i = 0; i < x->n_seen; i++)
        emit_descriptor(m, &x->seen[i]);
}
