/* SPDX-License-Identifier: Apache-2.0
 *
 * The SMMUv3 half of the host: stream table, STEs, CDs, VMSAv8-64 tables, commands.  [SMMUv3 3.21,
 * 4, 5]
 */
#include <string.h>

#include "arch/ats.h"
#include "arch/smmuv3/cmd.h"
#include "arch/smmuv3/config.h"
#include "arch/smmuv3/event.h"
#include "arch/smmuv3/oracle.h"
#include "arch/smmuv3/pri.h"
#include "base/bits.h"
#include "base/sim.h"
#include "workloads/host/host_impl.h"

#define REG_OFFSET(N, member, offset, ...) REG_##N = (offset),
enum { SMMUV3_REGS(REG_OFFSET) };
#define REG_BYTES(N, member, offset, bytes, ...) REG_##N##_BYTES = (bytes),
enum { SMMUV3_REGS(REG_BYTES) };
#define WRITE_REG(h, N, value) system_reg_write((h)->sys, REG_##N, (value), REG_##N##_BYTES)

enum { QUEUE_LOG2 = 8, STAGE1_BITS = 48, STAGE2_BITS = 40, CD_LOG2 = 6, CD_V = 31, STE_V_BIT = 0 };

/* ---- commands -------------------------------------------------------------------------------- */

static int give(struct host *h, const struct smmuv3_cmd *c)
{
    uint64_t w[CMD_WORDS];

    smmuv3_cmd_encode(c, w);
    return host_command(h, w, CMD_WORDS);
}

/* The command, then a CMD_SYNC that is waited for. */
static int give_and_sync(struct host *h, const struct smmuv3_cmd *c)
{
    int err = give(h, c);

    h->st.waits++;
    return err ? err : give(h, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_SYNC });
}

/* A bit of IDR0. */
static bool has(const struct host *h, unsigned bit)
{
    const struct smmuv3_oracle_view *unit = h->sys->ops->regs ? h->sys->ops->regs(h->sys) : NULL;

    return unit && unit->regs->idr0 >> bit & 1;
}

static uint16_t vmid_of(const struct host_domain *d)
{
    return d->parent ? d->parent->vmid : d->vmid;
}

/* The devices' own caches, after the unit's: the smallest aligned span around the range, for each.  Synced if
 * there was anything to say. */
static int invalidate_devices(struct host *h, const struct host_domain *d, uint64_t first, uint64_t last)
{
    struct smmuv3_cmd c = { .op = SMMUV3_CMD_ATC_INV };
    uint64_t differ = (first ^ last) >> ATS_PAGE_LOG2;
    int err = 0;

    if (!d->ats_streams)
        return 0;
    c.size = (uint8_t)(differ ? bits_log2(differ) + 1 : 0);
    c.first = bits_align_down(first, c.size + ATS_PAGE_LOG2);
    for (const struct host_stream *s = h->streams; s && !err; s = s->hh.next) {
        if (s->domain != d || !s->ats)
            continue;
        c.sid_first = s->sid;
        h->st.atc_invals++;
        err = give(h, &c);
    }
    h->st.waits++;
    return err ? err : give(h, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_SYNC });
}

static int flush_unit(struct host *h, const struct host_domain *d)
{
    struct smmuv3_cmd c = { .op = SMMUV3_CMD_TLBI_NH_ASID, .vmid = vmid_of(d), .asid = d->asid };

    if (d->mode == REC_MODE_STAGE2)
        c = (struct smmuv3_cmd){ .op = SMMUV3_CMD_TLBI_S12_VMALL, .vmid = d->vmid };
    return give_and_sync(h, &c);
}

static int flush(struct host *h, const struct host_domain *d)
{
    int err = flush_unit(h, d);

    return err ? err : invalidate_devices(h, d, 0, UINT64_MAX);
}

/* Ranges of (NUM + 1) * 2^SCALE granules, smallest power of two first.  [fact sheet 6.3] */
static int invalidate_ranges(struct host *h, struct smmuv3_cmd *c, unsigned granule_log2,
                             uint64_t bytes)
{
    uint64_t pages = bytes >> granule_log2;

    c->ranged = true;
    c->tg = (uint8_t)(granule_log2 == 12 ? 1 : granule_log2 == 14 ? 2 : 3);
    while (pages > 0) {
        unsigned scale = (unsigned)__builtin_ctzll(pages), num = (pages >> scale) & 31;
        int err;

        c->scale = (uint8_t)scale;
        c->num = (uint8_t)(num - 1);
        c->last = c->first + ((uint64_t)num << (scale + granule_log2)) - 1;
        err = give(h, c);
        if (err)
            return err;
        c->first = c->last + 1;
        pages -= (uint64_t)num << scale;
    }
    return 0;
}

static int invalidate(struct host *h, const struct host_domain *d, const struct host_gone *g)
{
    unsigned granule = d->vmsa.granule_log2;
    struct smmuv3_cmd c = { .op = SMMUV3_CMD_TLBI_NH_VA, .vmid = vmid_of(d), .asid = d->asid,
                            .leaf = true, .first = g->first };
    int err = 0;

    if (d->mode == REC_MODE_STAGE2)
        c.op = SMMUV3_CMD_TLBI_S2_IPA;
    if (h->par.range_inval) {
        c.ttl = (uint8_t)(3 - (g->leaf_log2 - granule) / vmsa_stride(granule));
        err = invalidate_ranges(h, &c, granule, g->last - g->first + 1);
    } else if ((g->last - g->first) >> g->leaf_log2 >= h->par.max_tlbi) {
        h->st.domain_flushes++;
        return flush(h, d);
    } else {
        for (; !err && c.first <= g->last; c.first += 1ull << g->leaf_log2)
            err = give(h, &c);
    }
    h->st.waits++;
    err = err ? err : give(h, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_SYNC });
    return err ? err : invalidate_devices(h, d, g->first, g->last);
}

/* ---- structures ------------------------------------------------------------------------------ */

static int write_words(struct host *h, uint64_t pa, const uint64_t *want, unsigned first,
                       unsigned end, unsigned *changed)
{
    *changed = 0;
    for (unsigned i = first; i < end; i++) {
        int err;

        if (host_read(h, pa + 8 * i) == want[i])
            continue;
        err = host_write(h, pa + 8 * i, want[i]);
        if (err)
            return err;
        ++*changed;
    }
    return 0;
}

/* One step of an update, with its sync if it changed anything. */
static int step(struct host *h, uint64_t pa, const uint64_t *want, unsigned first, unsigned end,
                const struct smmuv3_cmd *sync)
{
    unsigned changed;
    int err = write_words(h, pa, want, first, end, &changed);

    return err || !changed ? err : give_and_sync(h, sync);
}

/* Changes an entry of `n` words whose valid bit is bit v of word 0, so that hardware never sees a
 * mixture of two valid ones.  [host-software 2.1] */
static int write_entry(struct host *h, uint64_t pa, const uint64_t *want, unsigned n, unsigned v,
                       const struct smmuv3_cmd *sync)
{
    static const uint64_t none;
    unsigned differ = 0;
    bool valid = host_read(h, pa) >> v & 1;
    int err = 0;

    for (unsigned i = 0; i < n; i++)
        differ += host_read(h, pa + 8 * i) != want[i];
    if (valid && differ > 1)
        err = step(h, pa, &none, 0, 1, sync);
    if (!err)
        err = step(h, pa, want, 1, n, sync);
    return err ? err : step(h, pa, want, 0, 1, sync);
}

/* The address of a StreamID's STE; makes its second-level table. */
static int find_ste(struct host *h, uint32_t sid, uint64_t *pa)
{
    unsigned split = (unsigned)h->par.sid_split;
    struct smmuv3_cmd cfgi = { .op = SMMUV3_CMD_CFGI_STE, .sid_first = sid };
    uint64_t l1, desc = 0;
    int err;

    if (split == 0 || split >= h->par.sid_bits) {
        *pa = h->root + (uint64_t)sid * STE_BYTES;
        return 0;
    }
    l1 = h->root + (uint64_t)(sid >> split) * 8;
    desc = host_read(h, l1);
    if (desc == 0) {
        uint64_t table = host_alloc(h, split + 6);

        if (!table)
            return SIM_EENV;
        FIELD_SET(L1STD, SPAN, &desc, split + 1);
        FIELD_SET_ADDR(L1STD, L2PTR, &desc, table);
        err = host_write(h, l1, desc);
        if (!err)
            err = give_and_sync(h, &cfgi);
        if (err)
            return err;
    }
    *pa = FIELD_ADDR(L1STD, L2PTR, &desc) + (sid & bits_low(split)) * STE_BYTES;
    return 0;
}

static int sync_cd(struct host *h, const struct host_stream *s, const uint64_t cd[CD_WORDS])
{
    struct smmuv3_cmd sync = { .op = SMMUV3_CMD_CFGI_CD, .sid_first = s->sid, .ssid = s->pasid, .leaf = true };

    return write_entry(h, s->cd, cd, CD_WORDS, CD_V, &sync);
}

/* A stream's CD, the first of its table if it has PASIDs. */
static int make_cds(struct host *h, struct host_stream *s)
{
    if (!s->cd)
        s->cd = host_alloc(h, CD_LOG2 + (unsigned)h->par.pasid_bits);
    return s->cd ? 0 : SIM_EENV;
}

static int write_cd(struct host *h, struct host_stream *s)
{
    struct smmuv3_config c = { .a = true, .r = true, .s = h->par.stall != HOST_STALL_OFF, .asid = s->domain->asid,
                               .epd = { false, true }, .tt = { s->domain->vmsa } };
    uint64_t cd[CD_WORDS];

    if (s->domain->parent) {
        int err = host_identity(s->domain->parent, s->cd, CD_BYTES);

        if (err)
            return err;
    }
    smmuv3_encode_cd(&c, cd);
    return sync_cd(h, s, cd);
}

static void fill_config(const struct host *h, const struct host_stream *s, struct smmuv3_config *c)
{
    const struct host_domain *d = s->domain, *stage2 = NULL;

    c->config = s->mode == REC_MODE_BYPASS ? STE_BYPASS : STE_ABORT;
    if (h->par.pasid_bits && s->cd && (!d || d->mode == REC_MODE_TRANSLATE)) {
        c->config = STE_S1;                    /* what requests without PASID do says S1DSS */
        c->s1 = true;
        c->s1cdmax = (uint8_t)h->par.pasid_bits;
        c->s1dss = d ? 2 : s->mode == REC_MODE_BYPASS;
        c->s1ctxptr = s->cd;
        c->eats = s->ats;
        return;
    }
    if (!d)
        return;
    stage2 = d->mode == REC_MODE_STAGE2 ? d : d->parent;
    c->config = !stage2 ? STE_S1 : d == stage2 ? STE_S2 : STE_NESTED;
    c->s1 = d != stage2;
    c->s2 = stage2;
    c->vmid = vmid_of(d);
    c->s2r = stage2;
    c->eats = s->ats;
    c->s2s = stage2 && h->par.stall != HOST_STALL_OFF && !s->ats;      /* with EATS illegal */
    c->s1ctxptr = s->cd;
    if (stage2)
        c->s2t = stage2->vmsa;
}

/* What its device has may be of anything that it was attached to. */
static int leave_device(struct host *h, const struct host_stream *was)
{
    const struct smmuv3_cmd c = { .op = SMMUV3_CMD_ATC_INV, .sid_first = was->sid, .size = 52 };

    h->st.atc_invals++;
    return give_and_sync(h, &c);
}

static int write_ste(struct host *h, struct host_stream *s)
{
    struct smmuv3_cmd sync = { .op = SMMUV3_CMD_CFGI_STE, .sid_first = s->sid, .leaf = true };
    struct smmuv3_config c = { .regime = REGIME_EL1 };
    uint64_t ste[STE_WORDS];
    int err = s->entry ? 0 : find_ste(h, s->sid, &s->entry);

    if (err)
        return err;
    fill_config(h, s, &c);
    smmuv3_encode_ste(&c, ste);
    return write_entry(h, s->entry, ste, STE_WORDS, STE_V_BIT, &sync);
}

/* A PASID has a CD in its device's table, to which the device's STE points from the first one on. */
static int attach_pasid(struct host *h, struct host_stream *s)
{
    static const uint64_t none[CD_WORDS];
    struct host_stream *device = host_stream(h, s->sid, 0);
    int err;

    if (!device)
        return SIM_EENV;
    if (s->mode == REC_MODE_BYPASS || (s->domain && s->domain->mode != REC_MODE_TRANSLATE) ||
        (device->domain && device->domain->mode != REC_MODE_TRANSLATE))
        return host_fail(h, SIM_EINPUT, "SMMUv3: PASIDs and their devices are of stage 1 here");
    err = make_cds(h, device);
    if (err)
        return err;
    s->cd = device->cd + (uint64_t)s->pasid * CD_BYTES;
    err = s->domain ? write_cd(h, s) : sync_cd(h, s, none);
    return err ? err : write_ste(h, device);
}

static int attach(struct host *h, struct host_stream *s, const struct host_stream *was)
{
    int err = 0;

    if (s->pasid)
        return attach_pasid(h, s);
    s->ats &= has(h, IDR0_ATS_LO);             /* entries of the unit carry an ASID or VMID */
    if (!s->entry)
        err = find_ste(h, s->sid, &s->entry);
    if (!err && s->domain && s->domain->mode != REC_MODE_STAGE2) {
        err = make_cds(h, s);
        err = err ? err : write_cd(h, s);
    }
    err = err ? err : write_ste(h, s);
    return err || !was->ats ? err : leave_device(h, was);
}

/* IDR0.STALL_MODEL */
static bool can_stall(const struct host *h)
{
    const struct smmuv3_oracle_view *unit = h->sys->ops->regs(h->sys);

    return FIELD_GET(IDR0, STALL_MODEL, &unit->regs->idr0) != 1;
}

static unsigned pasid_bits(const struct host *h)
{
    const struct smmuv3_oracle_view *unit = h->sys->ops->regs(h->sys);

    return (unsigned)FIELD_GET(IDR1, SSIDSIZE, &unit->regs->idr1);
}

/* Linux' order of a reset: tables, queues, command queue on, caches empty, translation on. */
static int start(struct host *h)
{
    static const struct smmuv3_cmd all = { .op = SMMUV3_CMD_CFGI_STE_RANGE, .sid_first = 0,
                                           .sid_last = UINT32_MAX };
    static const struct smmuv3_cmd nsnh = { .op = SMMUV3_CMD_TLBI_NSNH_ALL };
    unsigned split = (unsigned)h->par.sid_split, bits = (unsigned)h->par.sid_bits;
    bool two_level = split && split < bits;
    uint64_t cmdq = host_alloc(h, QUEUE_LOG2 + 4), eventq = host_alloc(h, QUEUE_LOG2 + 5);
    uint64_t priq = has(h, IDR0_PRI_LO) ? host_alloc(h, QUEUE_LOG2 + 4) : 0;
    uint64_t cfg = 0, cr0 = 0;
    int err = 0;

    h->plain_mode = h->par.stage == 2 ? REC_MODE_STAGE2 : REC_MODE_TRANSLATE;
    if (h->par.stall != HOST_STALL_OFF && !can_stall(h))
        return host_fail(h, SIM_EENV, "host.stall: the unit has no stall model (smmu.stall_model)");
    if (h->par.pasid_bits && h->par.pasid_bits > pasid_bits(h))
        return host_fail(h, SIM_EENV, "host.pasid_bits: the unit has fewer (smmu.ssidsize)");
    h->root = host_alloc(h, two_level ? bits - split + 3 : bits + 6);
    if (!cmdq || !eventq || !h->root)
        return SIM_EENV;
    FIELD_SET(STRTAB_BASE_CFG, LOG2SIZE, &cfg, bits);
    FIELD_SET(STRTAB_BASE_CFG, SPLIT, &cfg, split);
    FIELD_SET(STRTAB_BASE_CFG, FMT, &cfg, two_level);
    err = err ? err : WRITE_REG(h, STRTAB_BASE, h->root);
    err = err ? err : WRITE_REG(h, STRTAB_BASE_CFG, cfg);
    err = err ? err : WRITE_REG(h, CMDQ_BASE, cmdq | QUEUE_LOG2);
    err = err ? err : WRITE_REG(h, EVENTQ_BASE, eventq | QUEUE_LOG2);
    FIELD_SET(CR0, CMDQEN, &cr0, 1);
    err = err ? err : WRITE_REG(h, CR0, cr0);
    err = err ? err : give_and_sync(h, &all);
    err = err ? err : give_and_sync(h, &nsnh);
    if (priq)
        err = err ? err : WRITE_REG(h, PRIQ_BASE, priq | QUEUE_LOG2);
    FIELD_SET(CR0, EVENTQEN, &cr0, 1);
    FIELD_SET(CR0, PRIQEN, &cr0, priq != 0);
    FIELD_SET(CR0, ATSCHK, &cr0, has(h, IDR0_ATS_LO));
    err = err ? err : WRITE_REG(h, CR0, cr0);
    FIELD_SET(CR0, SMMUEN, &cr0, 1);
    return err ? err : WRITE_REG(h, CR0, cr0);
}

/* ---- tables ---------------------------------------------------------------------------------- */

/* Up to 16 top tables side by side, as stage 2 may, rather than a level more. [fact sheet 5.3] */
static int stage2_start(unsigned granule_log2, unsigned in_bits)
{
    int level = vmsa_start_level(granule_log2, in_bits);
    int last = granule_log2 == 12 ? 2 : 3;     /* a 4 KiB granule starts at level 2 at the latest */

    while (level < last && in_bits <= vmsa_shift(granule_log2, level) + 4)
        level++;
    return level;
}

static int take_id(struct host *h, uint32_t *next, uint16_t *id)
{
    if (*next >> h->par.id_bits)
        return host_fail(h, SIM_EENV, "no ASID or VMID left");
    *id = (uint16_t)(*next)++;
    return 0;
}

static int make_root(struct host_domain *d)
{
    unsigned log2 = vmsa_root_log2(&d->vmsa);

    d->vmsa.base = d->io.alloc(d->io.arg, log2 < 12 ? 12 : log2);
    return d->vmsa.base ? 0 : SIM_EENV;
}

/* params.in_bits speaks of the stage that params.stage names. */
static unsigned in_bits(const struct host *h, bool stage2)
{
    if (h->par.in_bits && h->par.stage == (stage2 ? 2 : 1))
        return (unsigned)h->par.in_bits;
    return stage2 ? STAGE2_BITS : STAGE1_BITS;
}

static int domain_init(struct host *h, struct host_domain *d)
{
    bool stage2 = d->mode == REC_MODE_STAGE2;
    unsigned g = (unsigned)h->par.granule_log2, in = in_bits(h, stage2);
    int err;

    if (d->mode == REC_MODE_NESTED) {
        d->parent = host_domain_new(h, d->id, REC_MODE_STAGE2);
        if (!d->parent)
            return SIM_EENV;
    }
    err = stage2 ? take_id(h, &h->next_vmid, &d->vmid) : take_id(h, &h->next_asid, &d->asid);
    if (err)
        return err;
    d->in_bits = (uint8_t)in;
    d->out_bits = d->parent ? d->parent->in_bits : (uint8_t)h->par.out_bits;
    if (g != 16 && d->out_bits > 48)
        d->out_bits = 48;                      /* no LPA2 here */
    d->vmsa = (struct vmsa_table){
        .stage = stage2 ? 2 : 1, .granule_log2 = (uint8_t)g, .in_bits = d->in_bits,
        .out_bits = d->out_bits, .sh = 3,
        .start = (int8_t)(stage2 ? stage2_start(g, in) : vmsa_start_level(g, in)),
    };
    d->stride = (uint8_t)vmsa_stride(g);
    for (int level = d->vmsa.start; level <= VMSA_LEVEL_LAST; level++)
        if (vmsa_leaf_ok(g, level, d->out_bits > 48))
            d->sizes |= 1ull << vmsa_shift(g, level);
    return make_root(d);
}

static uint64_t attr(const struct host_domain *d, unsigned perm)
{
    return vmsa_attr(d->vmsa.stage, perm & REC_PERM_R, perm & REC_PERM_W);
}

static void look(const struct host_domain *d, uint64_t in, struct host_leaf *l)
{
    uint64_t pa, address = bits_mask(47, d->vmsa.granule_log2);
    struct vmsa_walk w;

    vmsa_begin(&w, &d->vmsa, in, NULL);
    while (vmsa_ask(&w, &pa))
        vmsa_tell(&w, host_read(d->host, pa));
    *l = (struct host_leaf){ .present = w.fault == VMSA_OK,
                             .size_log2 = (uint8_t)vmsa_shift(d->vmsa.granule_log2, w.level) };
    if (!l->present)
        return;
    l->out = w.leaf.out;
    l->attr = w.leaf.desc & ~address;
    FIELD_SET(PTE, VALID, &l->attr, 0);
    FIELD_SET(PTE, TYPE, &l->attr, 0);
}

static int map(struct host_domain *d, uint64_t in, uint64_t out, unsigned size_log2,
               uint64_t attributes, uint64_t n)
{
    unsigned g = d->vmsa.granule_log2;
    int level = 3 - (int)((size_log2 - g) / vmsa_stride(g));

    return vmsa_map_run(&d->vmsa, &d->io, in, out, level, attributes, n);
}

static int unmap(struct host_domain *d, uint64_t in)
{
    unsigned size_log2;

    return vmsa_unmap(&d->vmsa, &d->io, in, &size_log2);
}

/* From invalid to valid takes no command: invalid descriptors are not cached. */
static int mapped(struct host *h, const struct host_domain *d, uint64_t first, uint64_t last)
{
    (void)h, (void)d, (void)first, (void)last;
    return 0;
}

static int page_response(struct host *h, const struct page_request *r, enum pri_code code)
{
    return give(h, &(struct smmuv3_cmd){ .op = SMMUV3_CMD_PRI_RESP, .sid_first = r->rid, .ssid = r->pasid,
                                         .has_ssid = r->has_pasid, .prgindex = r->group,
                                         .resp = (uint8_t)smmuv3_pri_resp(code) });
}

static bool awaits(const uint64_t *w)
{
    return FIELD_GET(EVENT, STALL, w);
}

/* A stalled access is retried if what it missed is there, else aborted.  Of a nested domain stage 1 alone is
 * ours to mend. */
static int event(struct host *h, const uint64_t *w)
{
    struct smmuv3_cmd c = { .op = SMMUV3_CMD_RESUME, .sid_first = (uint32_t)FIELD_GET(EVENT, SID, w),
                            .stag = (uint16_t)FIELD_GET(EVENT, STAG, w) };
    bool missed = FIELD_GET(EVENT, TYPE, w) == SMMUV3_F_TRANSLATION &&
                  FIELD_GET(EVENT, CLASS, w) == EVENT_CLASS_IN;
    int err = 0;

    h->st.stalls++;
    if (missed)
        err = host_fault(h, c.sid_first, (uint32_t)FIELD_GET(EVENT, SSID, w), FIELD_GET(EVENT, INPUT, w), FIELD_GET(EVENT, S2, w), &c.ac);
    c.ab = !c.ac;
    return err == SIM_EENV ? err : give(h, &c);
}

const struct host_ops host_smmuv3_ops = {
    .start = start, .domain_init = domain_init, .attach = attach, .attr = attr, .look = look,
    .map = map, .unmap = unmap, .mapped = mapped, .invalidate = invalidate, .flush = flush,
    .page_response = page_response,
    .awaits = awaits, .event = event,
};
