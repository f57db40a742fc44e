/* SPDX-License-Identifier: Apache-2.0
 *
 * The structures that lead from a source-id to its tables: root and context tables of legacy mode; root, context,
 * PASID directory and PASID table of scalable mode.  An entry changes while it is not present: the old one is
 * cleared and forgotten first.  [VT-d 6.2, 6.5, 9.1 to 9.6]
 */
#include "base/bits.h"
#include "base/sim.h"
#include "workloads/host/host_vtd_impl.h"

enum { TABLE_LOG2 = 12, DIR_MIN_BITS = 13 /* of the PASIDs that the smallest directory holds */ };

/* The first word last: P is there. */
static int write_entry(struct host *h, uint64_t pa, const uint64_t *w, unsigned n)
{
    for (unsigned i = n; i-- > 0;) {
        int err = host_write(h, pa + 8 * i, w[i]);

        if (err)
            return err;
    }
    return 0;
}

/* ---- legacy mode ----------------------------------------------------------------------------- */

static int find_context(struct host *h, uint32_t sid, uint64_t *pa)
{
    uint64_t root_pa = h->root + (uint64_t)(sid >> 8) * VTD_ENTRY_BYTES;
    uint64_t root[VTD_ROOT_WORDS] = { host_read(h, root_pa), 0 };

    if (!FIELD_GET(ROOT, P, root)) {
        uint64_t table = host_alloc(h, TABLE_LOG2);
        int err;

        if (!table)
            return SIM_EENV;
        vtd_encode_root(table, root);
        err = write_entry(h, root_pa, root, VTD_ROOT_WORDS);
        if (err)
            return err;
    }
    *pa = FIELD_ADDR(ROOT, CTP, root) + (sid & 0xff) * VTD_ENTRY_BYTES;
    return 0;
}

static int flush_context(struct host *h, uint32_t sid, uint16_t did)
{
    return host_vtd_give(h, &(struct vtd_inv){ .type = VTD_INV_CC, .g = VTD_CC_DEVICE, .did = did,
                                               .sid = (uint16_t)sid });
}

static int flush_domain(struct host *h, uint16_t did)
{
    return host_vtd_give(h, &(struct vtd_inv){ .type = VTD_INV_IOTLB, .g = VTD_IOTLB_DOMAIN, .did = did, .dr = true,
                                               .dw = true });
}

/* Context cache of the device, then the IOTLB of the domain it had. */
static int forget_context(struct host *h, uint32_t sid, uint16_t did)
{
    int err = flush_context(h, sid, did);

    err = err ? err : flush_domain(h, did);
    return err ? err : host_vtd_wait(h);
}

static int clear_context(struct host *h, const struct host_stream *s)
{
    uint64_t old[VTD_CTX_WORDS] = { host_read(h, s->entry), host_read(h, s->entry + 8) };
    int err;

    if (!FIELD_GET(CTX, P, old))
        return 0;
    err = host_write(h, s->entry, 0);
    err = err ? err : forget_context(h, s->sid, (uint16_t)FIELD_GET(CTX, DID, old));
    return err ? err : host_write(h, s->entry + 8, 0);
}

int host_vtd_attach_context(struct host *h, struct host_stream *s)
{
    struct vtd_context c = { .tt = VTD_TT_PASS, .did = HOST_VTD_PASS_DID };
    uint64_t ctx[VTD_CTX_WORDS];
    int err = 0;

    if (s->pasid)
        return host_fail(h, SIM_EINPUT, "VT-d: PASIDs need scalable mode");
    if (!s->entry)
        err = find_context(h, s->sid, &s->entry);
    err = err ? err : clear_context(h, s);
    if (err || s->mode == REC_MODE_ABORT)
        return err;
    c.ss.levels = (uint8_t)host_vtd_levels(h);
    if (s->domain)
        c = (struct vtd_context){ .tt = s->ats ? VTD_TT_ALL : VTD_TT_UNTRANSLATED, .did = s->domain->asid,
                                  .ss = s->domain->ss };
    h->ats |= s->ats;
    vtd_encode_context(&c, ctx);
    err = write_entry(h, s->entry, ctx, VTD_CTX_WORDS);
    return err || !h->par.caching_mode ? err : forget_context(h, s->sid, c.did);
}

/* ---- scalable mode --------------------------------------------------------------------------- */

static int find_scontext(struct host *h, uint32_t sid, uint64_t *pa)
{
    uint64_t root_pa = h->root + (uint64_t)(sid >> 8) * VTD_ENTRY_BYTES;
    uint64_t root[VTD_ROOT_WORDS] = { host_read(h, root_pa), host_read(h, root_pa + 8) };
    uint64_t table[2] = { FIELD_ADDR(SROOT, LCTP, root), FIELD_ADDR(SROOT, UCTP, root) };
    unsigned half = sid >> 7 & 1;
    int err = 0;

    if (!table[half]) {
        table[half] = host_alloc(h, TABLE_LOG2);
        if (!table[half])
            return SIM_EENV;
        vtd_encode_sroot(table[0], table[1], root);
        err = write_entry(h, root_pa, root, VTD_ROOT_WORDS);
    }
    *pa = vtd_scontext_at(table[half], sid & 0xff);
    return err;
}

/* The device's directory; with the context entry that points to it, which stays as it is from then on. */
static int find_directory(struct host *h, uint32_t sid, uint64_t *dir)
{
    unsigned bits = h->par.pasid_bits > DIR_MIN_BITS ? (unsigned)h->par.pasid_bits : DIR_MIN_BITS;
    struct vtd_context c = { .pdts = (uint8_t)(bits - DIR_MIN_BITS), .paside = h->par.pasid_bits };
    uint64_t pa, ctx[VTD_SCTX_WORDS];
    int err = find_scontext(h, sid, &pa);

    if (err)
        return err;
    ctx[0] = host_read(h, pa);
    *dir = FIELD_ADDR(SCTX, PASIDDIRPTR, ctx);
    if (FIELD_GET(SCTX, P, ctx))
        return 0;
    *dir = c.dir = host_alloc(h, bits - 6 + 3 > TABLE_LOG2 ? bits - 6 + 3 : TABLE_LOG2);
    if (!c.dir)
        return SIM_EENV;
    vtd_encode_scontext(&c, ctx);
    err = write_entry(h, pa, ctx, VTD_SCTX_WORDS);
    if (err || !h->par.caching_mode)
        return err;
    err = flush_context(h, sid, 0);
    return err ? err : host_vtd_wait(h);
}

static int find_pasid(struct host *h, const struct host_stream *s, uint64_t *pa)
{
    uint64_t dir, entry;
    int err = find_directory(h, s->sid, &dir);

    if (err)
        return err;
    dir = vtd_dir_at(dir, s->pasid);
    entry = host_read(h, dir);
    if (!FIELD_GET(PDE, P, &entry)) {
        uint64_t table = host_alloc(h, TABLE_LOG2);

        if (!table)
            return SIM_EENV;
        vtd_encode_dir(table, &entry);
        err = host_write(h, dir, entry);
    }
    *pa = vtd_pasid_at(FIELD_ADDR(PDE, SMPTBLPTR, &entry), s->pasid);
    return err;
}

static int flush_pasid(struct host *h, uint16_t did, uint32_t pasid)
{
    return host_vtd_give(h, &(struct vtd_inv){ .type = VTD_INV_PC, .g = VTD_PC_PASID, .did = did, .pasid = pasid });
}

/* The PASID cache, then the translations: of the first stage and of pass-through by PASID, of the second by domain. */
static int forget_pasid(struct host *h, uint32_t pasid, uint16_t did, unsigned pgtt)
{
    const struct vtd_inv tlb = { .type = VTD_INV_PIOTLB, .g = VTD_PIOTLB_PASID, .did = did, .pasid = pasid };
    bool by_pasid = pgtt == VTD_PGTT_FS || pgtt == VTD_PGTT_PT;
    int err = flush_pasid(h, did, pasid);

    err = err ? err : by_pasid ? host_vtd_give(h, &tlb) : flush_domain(h, did);
    return err ? err : host_vtd_wait(h);
}

/* P goes first. */
static int clear_pasid(struct host *h, const struct host_stream *s)
{
    uint64_t old[VTD_PE_WORDS];
    int err = 0;

    for (unsigned i = 0; i < VTD_PE_WORDS; i++)
        old[i] = host_read(h, s->entry + 8 * i);
    if (!FIELD_GET(PE, P, old))
        return 0;
    for (unsigned i = 0; !err && i < VTD_PE_WORDS; i++)
        err = host_write(h, s->entry + 8 * i, 0);
    return err ? err : forget_pasid(h, s->pasid, (uint16_t)FIELD_GET(PE, DID, old),
                                    (unsigned)FIELD_GET(PE, PGTT, old));
}

/* Walks are snooped where the unit can, so that accessed bits could be set. */
static struct vtd_pasid describe(const struct host *h, const struct host_stream *s)
{
    const struct host_domain *d = s->domain;
    struct vtd_pasid p = { .pgtt = VTD_PGTT_PT, .did = HOST_VTD_PASS_DID };
    bool snooped = FIELD_GET(ECAP, SMPWCS, &host_vtd_unit(h)->ecap);

    if (!d)
        return p;
    p.did = d->asid;
    p.pgtt = d->parent ? VTD_PGTT_NESTED : d->first ? VTD_PGTT_FS : VTD_PGTT_SS;
    if (d->first)
        p.fs = d->fs;
    if (d->parent || !d->first)
        p.ss = d->parent ? d->parent->ss : d->ss;
    p.fs.snooped = p.ss.snooped = snooped;
    return p;
}

int host_vtd_attach_pasid(struct host *h, struct host_stream *s)
{
    uint64_t pe[VTD_PE_WORDS];
    struct vtd_pasid p;
    int err = 0;

    if (s->pasid && !FIELD_GET(ECAP, PASID, &host_vtd_unit(h)->ecap))
        return host_fail(h, SIM_EINPUT, "the unit takes no requests with PASID (ECAP.PASID)");
    if (!s->entry)
        err = find_pasid(h, s, &s->entry);
    err = err ? err : clear_pasid(h, s);
    if (err || s->mode == REC_MODE_ABORT)
        return err;
    p = describe(h, s);
    vtd_encode_pasid(&p, pe);
    err = write_entry(h, s->entry, pe, VTD_PE_WORDS);
    if (!err && !s->pasid)
        err = host_vtd_switch_device(h, s);
    return err || !h->par.caching_mode ? err : forget_pasid(h, s->pasid, p.did, p.pgtt);
}
