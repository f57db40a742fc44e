/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/bits.h"
#include "traces/import_smmuv3.h"

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
    if (x->last_hit)
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

/* ---- the configuration -------------------------------------------------------------------------- */

/* A line in the middle belongs to the translation that is open. */
static struct smmuv3_xl *open_xl(struct smmuv3 *m)
{
    if (m->xl.open && !m->xl.failed)
        return &m->xl;
    import_count(m->im, IMPORT_ODD, "lines of a translation whose beginning is missing", 1);
    return NULL;
}

bool xl_find_ste(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    struct smmuv3_xl *x = open_xl(m);

    (void)form;
    if (arg[2].u > 31)
        return false;
    if (!x)
        return true;
    x->cfg.started = true;
    x->cfg.two_level = arg[1].u & 1;
    x->cfg.split = (unsigned)arg[2].u;
    return true;
}

bool xl_find_ste_2lvl(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    struct smmuv3_xl *x = open_xl(m);

    (void)form;
    if (arg[5].d < 0 || arg[5].d > UINT32_MAX)
        return false;
    if (!x)
        return true;
    x->cfg.has_l1 = true;
    x->cfg.l1std_at = arg[1].u;
    x->cfg.l2ptr = arg[3].u;
    x->cfg.last = (uint64_t)arg[5].d;
    return true;
}

bool xl_get_ste(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    struct smmuv3_xl *x = open_xl(m);

    (void)form;
    if (x) {
        x->cfg.has_ste = true;
        x->cfg.ste_at = arg[0].u;
    }
    return true;
}

bool xl_get_cd(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    struct smmuv3_xl *x = open_xl(m);

    (void)form;
    if (x) {
        x->cfg.has_cd = true;
        x->cfg.cd_ptr = x->cfg.cd_pa = arg[0].u;
        x->cfg.has_cd_pa = true;
    }
    return true;
}

bool xl_decode_cd(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    struct smmuv3_xl *x = open_xl(m);

    (void)form;
    if (arg[0].u < 32 || arg[0].u > 64)
        return false;
    if (x) {
        x->cfg.decoded = true;
        x->cfg.oas = (unsigned)arg[0].u;
    }
    return true;
}

/* Nested: the log has where the table is; the CD has the address that stage 2 was just asked for. */
bool xl_decode_cd_tt(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    struct smmuv3_xl *x = open_xl(m);
    struct smmuv3_tt_facts t = { .on = true, .tsz = (unsigned)arg[1].u, .ttb = arg[2].u,
                                 .granule = (unsigned)arg[3].u, .had = (unsigned)(arg[4].u & 1) };

    (void)form;
    if (arg[0].u > 1 || arg[1].u > 63 || (arg[3].u != 12 && arg[3].u != 14 && arg[3].u != 16))
        return false;
    if (!x)
        return true;
    if (x->cfg.nested)
        t.ttb = x->last_ipa;
    x->cfg.tt[arg[0].u] = t;
    return true;
}

/* ---- lookups ------------------------------------------------------------------------------------ */

/* A stage 2 lookup between a CD's address and its decoding: the stream is nested, this is the CD. */
static void note_nested(struct smmuv3 *m, struct smmuv3_xl *x, bool hit)
{
    const uint64_t *pa;

    if (!x->cfg.has_cd || x->cfg.decoded || x->cfg.nested)
        return;
    x->cfg.nested = true;
    x->cfg.has_cd_pa = false;
    pa = hit ? u64map_find(&m->cd_pa, x->cfg.cd_ptr | (uint64_t)x->vmid << 48) : NULL;
    if (pa) {
        x->cfg.cd_pa = *pa;
        x->cfg.has_cd_pa = true;
    }
}

static bool lookup(struct smmuv3 *m, const union scan_arg *arg, unsigned form, bool hit)
{
    struct smmuv3_xl *x = open_xl(m);
    int64_t asid = arg[0].d, vmid = form == 0 ? arg[1].d : -1;
    uint64_t addr = arg[form == 0 ? 2 : 1].u;

    m->old |= form == 1;
    if (asid > UINT16_MAX || vmid > UINT16_MAX)
        return false;
    if (!x)
        return true;
    x->in_s2_walk = false;
    x->last_hit = hit;
    if (x->lookups < LOOKUPS_MAX)
        x->hits |= (uint32_t)hit << x->lookups;
    x->lookups++;
    if (vmid >= 0) {
        x->has_vmid = true;
        x->vmid = (unsigned)vmid;
    }
    if (asid >= 0) {
        x->has_asid = true;
        x->asid = (unsigned)asid;
    } else {
        x->last_ipa = addr;
        note_nested(m, x, hit);
    }
    if (asid >= 0 || !x->cfg.has_cd) {
        x->iova = addr;            /* until a line says it in full */
        x->has_iova |= asid >= 0 || x->config_hit || x->cfg.has_ste;
    }
    return true;
}

bool xl_lookup_hit(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    return lookup(m, arg, form, true);
}

bool xl_lookup_miss(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    return lookup(m, arg, form, false);
}

/* The IOTLB was emptied: by the command just above, or because an insert found it full. */
bool xl_inv_all(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    struct smmuv3_xl *x = &m->xl;

    (void)arg;
    (void)form;
    if (m->cmd.open)
        return true;
    if (!x->open || x->failed || x->lookups == 0) {
        import_count(m->im, IMPORT_ODD, "flushes of the IOTLB that nothing explains", 1);
        return true;
    }
    if (x->lookups <= LOOKUPS_MAX)
        x->flushes |= 1u << (x->lookups - 1);
    return true;
}

/* ---- walks -------------------------------------------------------------------------------------- */

bool xl_get_pte(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    struct smmuv3_xl *x = open_xl(m);

    (void)form;
    if (arg[2].u % 8 != 0)
        return false;
    if (!x)
        return true;
    if (x->n_seen == SEEN_MAX) {
        import_count(m->im, IMPORT_ODD, "descriptor fetches beyond what one translation can have", 1);
        return true;
    }
    x->seen[x->n_seen++] = (struct seen_pte){ .at = arg[2].u, .value = arg[3].u, .kind = NOTE_TABLE };
    return true;
}

/* The first table of a stage 2 walk tells how the STE describes it. */
static void note_s2(struct smmuv3_xl *x, unsigned level, uint64_t iova, uint64_t bytes, uint64_t base)
{
    unsigned shift = bits_log2(bytes), needs = iova ? bits_log2(iova) + 1 : 0;

    if (!x->in_s2_walk) {
        x->root2 = base;
        x->s2.ttb = base;
        x->s2.start = level;
        x->s2.granule = level == 3 ? shift : 0;
        for (unsigned g = 12; g <= 16; g += 2)
            if (g + (3 - level) * (g - 3) == shift)
                x->s2.granule = g;
        x->s2.known = x->s2.granule != 0;
    }
    if (needs > x->s2.input_bits)
        x->s2.input_bits = needs;
    x->in_s2_walk = true;
}

bool xl_ptw_level(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    const union scan_arg *a = form == 0 ? arg + 1 : arg;
    uint64_t stage = form == 0 ? arg[0].u : 1;
    struct smmuv3_xl *x = open_xl(m);
    struct seen_pte *p;

    if (stage < 1 || stage > 3 || a[0].d < 0 || a[0].d > 3 || !bits_is_pow2(a[2].u))
        return false;
    if (!x || x->n_seen == 0)
        return true;
    p = &x->seen[x->n_seen - 1];
    if (p->value != a[5].u || p->placed)
        return true;               /* its fetch is missing */
    if (stage == 2)
        note_s2(x, (unsigned)a[0].d, a[1].u, a[2].u, a[3].u);
    else if (!x->has_root1)
        x->root1 = a[3].u;
    x->has_root1 |= stage != 2;
    x->in_s2_walk = stage == 2;
    p->placed = true;
    p->stage = stage == 2 ? 2 : 1;
    p->level = (uint8_t)a[0].d;
    p->bytes = a[2].u;
    p->iova = a[1].u & ~(a[2].u - 1);
    p->root = stage == 2 ? x->root2 : x->root1;
    return true;
}

static struct seen_pte *last_pte(struct smmuv3_xl *x, uint64_t at)
{
    if (!x || x->n_seen == 0 || x->seen[x->n_seen - 1].at != at)
        return NULL;
    x->in_s2_walk = false;
    return &x->seen[x->n_seen - 1];
}

/* The leaf of the walk for a nested CD's address says where the CD is. */
static void note_cd_pa(struct smmuv3 *m, const struct seen_pte *p, uint64_t page)
{
    struct seen_config *c = &m->xl.cfg;
    uint64_t *known;

    if (!c->nested || c->decoded || c->has_cd_pa || p->stage != 2 || p->bytes == 0)
        return;
    c->cd_pa = page | (c->cd_ptr & (p->bytes - 1));
    c->has_cd_pa = true;
    known = u64map_at(&m->cd_pa, c->cd_ptr | (uint64_t)m->xl.vmid << 48);
    if (known)
        *known = c->cd_pa;
}

static bool leaf(struct smmuv3 *m, uint64_t at, uint64_t page)
{
    struct seen_pte *p = last_pte(open_xl(m), at);

    if (p) {
        p->kind = NOTE_LEAF;
        note_cd_pa(m, p, page);
    }
    return true;
}

bool xl_page_pte(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    (void)form;
    return leaf(m, arg[4].u, arg[6].u);
}

bool xl_block_pte(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    (void)form;
    return leaf(m, arg[3].u, arg[6].u);
}

bool xl_invalid_pte(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    struct seen_pte *p = last_pte(open_xl(m), arg[3].u);

    (void)form;
    if (p)
        p->kind = NOTE_INVALID;
    return true;
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
    struct scan_str { const char *text; size_t len; } name, event;
    struct smmuv3_xl *x;
    const char *p = line;
    uint64_t iova;

    if (!scan_word(&p, &name.text, &name.len) || !scan_text(&p, " translation failed for iova=") ||
        !scan_u64(&p, &iova) || !scan_text(&p, " ("))
        return false;
    event.text = p;
    event.len = strcspn(p, ")");
    if (p[event.len] != ')' || !scan_end(p + event.len + 1))
        return false;
    x = ending(m, true, 0);
    if (!x) {
        import_count(m->im, IMPORT_ODD, "faults whose beginning is missing (left out)", 1);
        return true;
    }
    set_name(x, name.text, name.len);
    x->iova = iova;
    x->has_iova = x->failed = true;
    x->outcome = REC_O_FAULT_SILENT;
    x->code = (uint8_t)smmuv3_event_number(event.text, event.len);
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
