/* SPDX-License-Identifier: Apache-2.0
 *
 * The middle of a translation: how its configuration is found, what is looked up, what is walked.
 */
#include "base/bits.h"
#include "traces/import/import_smmuv3.h"

/* ---- the configuration -------------------------------------------------------------------------- */

struct smmuv3_xl *xl_open(struct smmuv3 *m)
{
    if (m->xl.open && !m->xl.failed)
        return &m->xl;
    import_count(m->im, IMPORT_ODD, "lines of a translation whose beginning is missing", 1);
    return NULL;
}

bool xl_find_ste(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    struct smmuv3_xl *x = xl_open(m);

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
    struct smmuv3_xl *x = xl_open(m);

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
    struct smmuv3_xl *x = xl_open(m);

    (void)form;
    if (x) {
        x->cfg.has_ste = true;
        x->cfg.ste_at = arg[0].u;
    }
    return true;
}

bool xl_get_cd(struct smmuv3 *m, const union scan_arg *arg, unsigned form)
{
    struct smmuv3_xl *x = xl_open(m);

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
    struct smmuv3_xl *x = xl_open(m);

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
    struct smmuv3_xl *x = xl_open(m);
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

static void count_lookup(struct smmuv3_xl *x, bool hit)
{
    if (x->lookups < LOOKUPS_MAX)
        x->hits |= (uint32_t)hit << x->lookups;
    x->lookups++;
}

/* Stage 2 (ASID -1): of the access's address if stage 2 is all there is, else of a table's. */
static void stage2_lookup(struct smmuv3 *m, uint64_t addr, bool hit)
{
    struct smmuv3_xl *x = &m->xl;

    if (x->cfg.has_cd || x->has_asid) {
        x->last_ipa = addr;
        note_nested(m, x, hit);
        return;
    }
    x->iova = addr;                /* until a line says it in full */
    x->has_iova = true;
    x->input_hit = hit;
}

static void stage1_lookup(struct smmuv3_xl *x, unsigned asid, uint64_t addr, bool hit)
{
    x->has_asid = true;
    x->asid = asid;
    x->iova = addr;
    x->has_iova = true;
    x->input_hit = hit;
}

static bool lookup(struct smmuv3 *m, const union scan_arg *arg, unsigned form, bool hit)
{
    int64_t asid = arg[0].d, vmid = form == 0 ? arg[1].d : -1;
    uint64_t addr = arg[form == 0 ? 2 : 1].u;
    struct smmuv3_xl *x;

    if (asid > UINT16_MAX || vmid > UINT16_MAX)
        return false;
    m->old |= form == 1;
    x = xl_open(m);
    if (!x)
        return true;
    x->in_s2_walk = false;
    count_lookup(x, hit);
    if (vmid >= 0) {
        x->has_vmid = true;
        x->vmid = (unsigned)vmid;
    }
    if (asid >= 0)
        stage1_lookup(x, (unsigned)asid, addr, hit);
    else
        stage2_lookup(m, addr, hit);
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
    struct smmuv3_xl *x = xl_open(m);

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
    struct smmuv3_xl *x = xl_open(m);
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
    struct seen_pte *p = last_pte(xl_open(m), at);

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
    struct seen_pte *p = last_pte(xl_open(m), arg[3].u);

    (void)form;
    if (p)
        p->kind = NOTE_INVALID;
    return true;
}
