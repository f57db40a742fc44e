/* SPDX-License-Identifier: Apache-2.0
 *
 * The usual request of a VT-d unit, for which caches answer every question: the machine's checks on its way, without
 * the machine.  Whatever is not usual is left to that, with what has been looked up.
 */
#include "system/vtd/vtd.h"

#define QUICK static inline __attribute__((always_inline))

/* A read or write of a user, by DMA, in a mode that translates. */
QUICK bool is_usual(const struct vtd_system *u, const struct xl_req *req, bool *scalable)
{
    uint64_t rtaddr = u->regs.rtaddr, mode = rtaddr & bits_low(RTADDR_RTA_LO);

    *scalable = mode == (uint64_t)VTD_TTM_SCALABLE << RTADDR_TTM_LO && FIELD_GET(ECAP, SMTS, &u->regs.ecap);
    return u->regs.tes && (*scalable || (mode == 0 && !req->has_ssid)) && xl_req_plain(req) && !req->exec &&
           !req->priv && !vtd_interrupt_range(req->addr) && !u->perf.active;
}

QUICK bool context_lets(const struct vtd_context *c, const struct xl_req *req, bool scalable, uint32_t *pasid)
{
    if (c->absent)
        return false;
    if (!scalable)
        return c->tt != VTD_TT_PASS && !(req->addr & ~bits_low(c->ss.in_bits));
    *pasid = req->has_ssid ? req->ssid : c->rid_pasid;
    return (!req->has_ssid || c->paside) && !(c->rid_priv && !req->has_ssid) && vtd_pasid_reached(c, *pasid);
}

QUICK bool entry_lets(const struct vtd_pasid *p, const struct xl_req *req)
{
    return !p->absent && p->pgtt != VTD_PGTT_PT && !(p->pgtt == VTD_PGTT_SS && req->addr & ~bits_low(p->ss.in_bits));
}

QUICK bool line_lets(const struct vtd_line *l, const struct xl_req *req, uint64_t pa)
{
    uint8_t need = req->write ? XL_W : XL_R, first = l->leaf.stage1 ? l->leaf.perm1 : XL_ALL;

    return (l->leaf.perm2 & first & need) && first & XL_R && !(req->write && (l->leaf.dirty1 || l->leaf.dirty2)) &&
           !vtd_interrupt_range(pa);
}

QUICK void *look(struct store *s, bool again, uint64_t key, uint64_t addr)
{
    return again ? store_lookup_again(s, key, addr) : store_lookup(s, key, addr);
}

QUICK void note_context(const struct vtd_system *u, struct vtd_xact *x)
{
    if (x->seen & VTD_SEEN_CONTEXT)
        return;
    x->trail->config_looked = store_exists(&u->cc);
    x->trail->config_hit = x->context != NULL;
}

QUICK void note_tlb(const struct vtd_system *u, struct vtd_xact *x, bool hit)
{
    if (x->seen & VTD_SEEN_TLB)
        return;
    if (hit)
        x->trail->hits |= 1u << x->trail->lookups;
    x->trail->lookups += store_exists(&u->iotlb);
}

/* own_did: nobody but the line knows the domain. */
QUICK enum vtd_quick look_tlb(struct vtd_system *u, struct vtd_xact *x, const struct xl_req *req, uint64_t key,
                              bool own_did, uint16_t did, struct xl_result *res)
{
    const struct vtd_line *l = look(&u->iotlb, x->seen & VTD_SEEN_TLB, key, req->addr);
    uint64_t pa;

    x->have |= VTD_SEEN_TLB;
    x->line = l;
    if (!l) {
        note_tlb(u, x, false);
        return VTD_QUICK_MISS;
    }
    pa = l->leaf.pa | (req->addr & bits_low(l->leaf.size_log2));
    if (!line_lets(l, req, pa))
        return VTD_QUICK_NO;
    note_tlb(u, x, true);
    x->trail->reads = 0;
    x->trail->cls = VTD_CLASS_HIT;
    u->st.requests++;
    u->st.translated++;
    *res = (struct xl_result){ .outcome = XL_OK, .write = req->write, .level = l->leaf.level, .pa = pa, .domain = own_did ? l->did : did };
    return VTD_QUICK_HIT;
}

enum vtd_quick vtd_quick(struct vtd_system *u, struct vtd_xact *x, const struct xl_req *req, unsigned last,
                         struct xl_result *res)
{
    bool by_source = u->par.unit.key == VTD_KEY_SOURCE, scalable;
    uint32_t sid = req->sid & 0xffff, pasid = 0;
    const struct vtd_context *c;
    const struct vtd_pasid *p;
    uint16_t did;
    uint8_t pgtt;

    x->have = 0;
    if (!is_usual(u, req, &scalable))
        return VTD_QUICK_NO;
    if (u->impl.tlb_first && (!scalable || req->has_ssid))
        return look_tlb(u, x, req, vtd_iotlb_source_key(&u->impl, req, req->has_ssid ? req->ssid : 0), true, 0, res);
    c = x->context = look(&u->cc, x->seen & VTD_SEEN_CONTEXT, sid, sid);
    x->have = VTD_SEEN_CONTEXT;
    if (c && !context_lets(c, req, scalable, &pasid))
        return VTD_QUICK_NO;
    note_context(u, x);
    if (!c)
        return VTD_QUICK_MISS;
    if (last == VTD_Q_CONTEXT)
        return VTD_QUICK_ON;
    did = c->did;
    pgtt = VTD_PGTT_SS;
    if (scalable) {
        p = x->entry = look(&u->pc, x->seen & VTD_SEEN_PASID, vtd_source_key(sid, pasid), pasid);
        x->have |= VTD_SEEN_PASID;
        if (!p)
            return VTD_QUICK_MISS;
        if (!entry_lets(p, req))
            return VTD_QUICK_NO;
        did = p->did;
        pgtt = p->pgtt;
    }
    if (last == VTD_Q_PASID)
        return VTD_QUICK_ON;
    return look_tlb(u, x, req, by_source ? vtd_iotlb_source_key(&u->impl, req, pasid) : vtd_domain_key(did, pasid, pgtt),
                    false, did, res);
}
