/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/bits.h"
#include "traces/import/import_smmuv3.h"

/* ---- the end of a translation ------------------------------------------------------------------- */

enum { EVENT_PERMISSION = 0x13 };

/* What the leaf entries of the walk let through, as REC_PERM bits.  AP[2:1] in bits 7:6 [SMMUv3 3.5]. */
static unsigned leaves_allow(const struct smmuv3_xl *x)
{
    unsigned stage1 = REC_PERM_R | REC_PERM_W, stage2 = REC_PERM_R | REC_PERM_W;

    for (unsigned i = 0; i < x->n_seen; i++) {
        const struct seen_pte *p = &x->seen[i];
        if (p->kind != NOTE_LEAF)
            continue;
        if (p->stage == 1)
            stage1 = p->value & 1u << 7 ? REC_PERM_R : REC_PERM_R | REC_PERM_W;
        else
            stage2 = (unsigned)bits_get(p->value, 7, 6);
    }
    return stage1 & stage2;
}

/* The log has the entry's permission, not the access; some entries leave only one. */
static unsigned possible_directions(const struct smmuv3_xl *x)
{
    if (x->outcome == REC_O_OK)
        return x->perm & (REC_PERM_R | REC_PERM_W);
    if (x->code != EVENT_PERMISSION)
        return REC_PERM_R | REC_PERM_W;
    if (x->input_hit)
        return REC_PERM_W;         /* a hit is checked for writes only */
    return ~leaves_allow(x) & (REC_PERM_R | REC_PERM_W);
}

static void emit_access(struct smmuv3 *m)
{
    const struct smmuv3_xl *x = &m->xl;
    struct import_item it = { .t_ns = x->t_ns, .note = { .line = x->line, .sid = x->sid } };
    unsigned may = possible_directions(x);

    it.rec.kind = may == REC_PERM_W ? REC_WRITE : REC_READ;
    it.rec.flags = may == REC_PERM_W || may == REC_PERM_R ? 0 : REC_F_NODIR;
    it.rec.addr = x->iova;
    it.rec.stream = import_stream(m->im, x->sid, x->name[0] ? x->name : NULL);
    smmuv3_emit(m, &it);
    if (m->src->outcomes_only)
        return;
    import_count(m->im, IMPORT_LACKS, "length of an access", 1);
    import_count(m->im, IMPORT_LACKS, it.rec.flags & REC_F_NODIR ? "direction of an access"
                 : "direction of an access (follows from the entry's permission)", 1);
}

static void emit_outcome(struct smmuv3 *m)
{
    const struct smmuv3_xl *x = &m->xl;
    struct import_item it = { .t_ns = x->t_ns, .note = { .line = x->line, .sid = x->sid } };
    struct rec_expect e = { .source = REC_LOGGED, .outcome = x->outcome, .code = x->code };

    e.has_pa = x->outcome == REC_O_OK || x->outcome == REC_O_BYPASS;
    e.pa = e.has_pa ? x->pa : 0;
    e.has_config = x->begun;
    e.config_hit = x->config_hit;
    e.has_lookups = x->begun && x->lookups <= LOOKUPS_MAX;
    if (e.has_lookups) {
        e.lookups = (uint8_t)x->lookups;
        e.hits = x->hits;
        e.flushes = x->flushes;
    }
    it.rec.kind = REC_EXPECT;
    it.rec.addr = x->iova;
    it.rec.stream = import_stream(m->im, x->sid, NULL);
    it.rec.words = rec_expect_pack(&e, &it.ext);
    smmuv3_emit(m, &it);
}

static void xl_end(struct smmuv3 *m)
{
    struct smmuv3_xl *x = &m->xl;

    if (!m->src->outcomes_only)
        xl_emit_tables(m);
    if (x->has_iova) {
        emit_access(m);
        emit_outcome(m);
    } else {
        import_count(m->im, IMPORT_ODD, "translations without an address (left out)", 1);
    }
    x->open = x->failed = false;
}

void xl_settle(struct smmuv3 *m)
{
    struct smmuv3_xl *x = &m->xl;

    if (x->open && !x->failed) {
        import_count(m->im, IMPORT_ODD, "translations without an end (outcome not known)", 1);
        x->outcome = REC_O_NONE;
    }
    if (x->open)
        xl_end(m);
}

/* ---- its beginning ------------------------------------------------------------------------------ */

static void xl_begin(struct smmuv3 *m, uint64_t sid)
{
    struct smmuv3_xl *x = &m->xl;

    memset(x, 0, offsetof(struct smmuv3_xl, seen));
    x->open = true;
    x->sid = (uint32_t)sid;
    x->t_ns = m->src->t_ns;
    x->line = m->src->line;
}

static bool config(struct smmuv3 *m, const union scan_arg *arg, bool hit)
{
    if (arg[0].u > UINT32_MAX)
        return false;
    xl_begin(m, arg[0].u);
    m->xl.begun = true;
    m->xl.config_hit = hit;
    return true;
}

bool xl_config_hit(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    (void)form;
    return config(m, arg, true);
}

bool xl_config_miss(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    (void)form;
    return config(m, arg, false);
}

/* ---- ends --------------------------------------------------------------------------------------- */

static void set_name(struct smmuv3_xl *x, const char *name, size_t len)
{
    size_t n = len < NAME_MAX_LEN ? len : NAME_MAX_LEN;

    memcpy(x->name, name, n);
    x->name[n] = '\0';
}

/* The translation that this end belongs to: the open one, or one that has no more than its end.
 * `any_sid`: the line has none. */
static struct smmuv3_xl *ending(struct smmuv3 *m, bool any_sid, uint64_t sid)
{
    struct smmuv3_xl *x = &m->xl;

    if (x->open && !x->failed && (any_sid || x->sid == sid))
        return x;
    xl_settle(m);
    if (any_sid)
        return NULL;
    xl_begin(m, sid);
    return x;
}

static bool end_at(struct smmuv3 *m, const union scan_arg *arg, unsigned outcome)
{
    struct smmuv3_xl *x;

    if (arg[1].u > UINT32_MAX)
        return false;
    x = ending(m, false, arg[1].u);
    set_name(x, arg[0].s.text, arg[0].s.len);
    x->outcome = (uint8_t)outcome;
    x->iova = x->pa = arg[2].u;
    x->has_iova = true;
    return true;
}

bool xl_success(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    (void)form;
    if (!end_at(m, arg, REC_O_OK))
        return false;
    m->xl.pa = arg[3].u;
    m->xl.perm = (unsigned)(arg[4].u & 3);
    if (!m->xl.begun)
        import_count(m->im, IMPORT_ODD, "translations whose beginning is missing", 1);
    xl_end(m);
    return true;
}

bool xl_bypass(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    (void)form;
    if (!end_at(m, arg, REC_O_BYPASS))
        return false;
    xl_end(m);
    return true;
}

bool xl_disable(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    xl_settle(m);                  /* no configuration line comes before it */
    return xl_bypass(m, arg, form);
}

bool xl_abort(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    (void)form;
    if (!end_at(m, arg, REC_O_ABORT))
        return false;
    xl_end(m);
    return true;
}

/* "REGION translation failed for iova=0x... (SMMU_EVT_F_TRANSLATION)", no event prefix. */
bool xl_failed_line(struct smmuv3 *m, const char *line)
{
    const char *p = line, *name;
    size_t name_len, event_len;
    struct smmuv3_xl *x;
    uint64_t iova;

    if (!scan_word(&p, &name, &name_len) || !scan_text(&p, " translation failed for iova=") ||
        !scan_u64(&p, &iova) || !scan_text(&p, " ("))
        return false;
    event_len = strcspn(p, ")");
    if (p[event_len] != ')' || !scan_end(p + event_len + 1))
        return false;
    x = ending(m, true, 0);
    if (!x) {
        import_count(m->im, IMPORT_ODD, "faults whose beginning is missing (left out)", 1);
        return true;
    }
    set_name(x, name, name_len);
    x->iova = iova;
    x->has_iova = x->failed = true;
    x->outcome = REC_O_FAULT_SILENT;
    x->code = (uint8_t)smmuv3_event_number(p, event_len);
    return true;
}

/* The event record of the fault just above; without -d guest_errors the first line of the fault. */
bool xl_record_event(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    struct smmuv3_xl *x = &m->xl;
    unsigned code = smmuv3_event_number(arg[0].s.text, arg[0].s.len);

    (void)form;
    if (code == 0 || arg[1].u > UINT32_MAX)
        return false;
    if (!x->open || x->sid != arg[1].u) {
        import_count(m->im, IMPORT_ODD, "event records without a translation", 1);
        xl_settle(m);
        return true;
    }
    if (!x->failed)
        import_count(m->im, IMPORT_LACKS, "address of a fault (taken from its lookup)", 1);
    x->outcome = REC_O_FAULT;
    x->code = (uint8_t)code;
    xl_end(m);
    return true;
}
