/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/vtd/oracle.h"

#include <string.h>

#include "arch/vtd/translate.h"

/* What identifies the cached forms of a word. */
struct key {
    uint8_t  kind;             /* enum vtd_q_kind                                          */
    uint8_t  level;            /* VTD_Q_FS, _SS                                            */
    uint8_t  pgtt;             /* if did_known                                             */
    bool     leaf, did_known, scalable;
    bool     absent;           /* VTD_Q_CTX, _PE: kept in caching mode, of domain 0        */
    uint16_t sid, did;
    uint32_t pasid;
    uint64_t addr;             /* of the request                                           */
    uint64_t in;               /* what the entry's stage translates: addr, or a GPA        */
    uint64_t first, last;      /* VTD_Q_FS, _SS: what the entry covers of that             */
};

_Static_assert(sizeof(struct key) <= sizeof(struct oracle_key), "key");
_Static_assert(sizeof(struct vtd_inv) <= sizeof(struct oracle_inval), "invalidation");
_Static_assert(sizeof(struct vtd_xl) <= ORACLE_MACHINE, "machine");

bool vtd_oracle_inval(const struct vtd_inv *inv, struct oracle_inval *out)
{
    switch (inv->type) {
    case VTD_INV_CC: case VTD_INV_IOTLB: case VTD_INV_PC: case VTD_INV_PIOTLB: case VTD_INV_IEC: case VTD_INV_DEVTLB:
    case VTD_INV_PDEVTLB:
        memcpy(out, inv, sizeof *inv);
        return true;
    default:
        return false;
    }
}

/* ---- driving --------------------------------------------------------------------------------- */

static void begin(void *machine, const void *regs, const struct xl_req *req)
{
    static const struct vtd_impl impl;

    vtd_xl_begin(machine, regs, &impl, req);
}

static bool next(void *machine, struct oracle_question *q)
{
    struct vtd_xl *m = machine;

    while (vtd_xl_ask(m)) {
        if (m->q.kind == VTD_Q_UPDATE) {
            vtd_xl_tell(m, &m->q.old);               /* the oracle never writes */
        } else if (m->q.words) {
            *q = (struct oracle_question){ .pa = m->q.pa, .words = m->q.words,
                                           .name = vtd_q_name(&m->q) };
            return true;
        } else {
            vtd_xl_tell_none(m);
        }
    }
    return false;
}

static void tell(void *machine, const uint64_t *words)
{
    vtd_xl_tell(machine, words);
}

static void copy(void *to, const void *from)
{
    memcpy(to, from, sizeof(struct vtd_xl));
}

static const struct xl_result *result(const void *machine)
{
    return &((const struct vtd_xl *)machine)->res;
}

static bool is_leaf(const struct vtd_q *q, const uint64_t *words)
{
    if (q->kind == VTD_Q_FS)
        return q->level == VTDFS_LEVEL_LAST || FIELD_GET(FSPTE, PS, words);
    return q->kind == VTD_Q_SS && (q->level == VTDSS_LEVEL_LAST || FIELD_GET(SSPTE, PS, words));
}

static bool present(const struct vtd_xl *m, const uint64_t *words)
{
    switch (m->q.kind) {
    case VTD_Q_ROOT:
        if (m->scalable && m->req.sid >> 7 & 1)
            return FIELD_GET(SROOT, UP, words);
        return FIELD_GET(ROOT, P, words);
    case VTD_Q_CTX: return FIELD_GET(CTX, P, words);       /* the same bit in all of these */
    case VTD_Q_DIR: return FIELD_GET(PDE, P, words);
    case VTD_Q_PE:  return FIELD_GET(PE, P, words);
    case VTD_Q_FS:  return FIELD_GET(FSPTE, P, words);
    case VTD_Q_IRTE: return FIELD_GET(IRTE, P, words);
    default:        return *words & vtdss_attr(true, true);
    }
}

static void key(const void *machine, const uint64_t *words, struct oracle_key *out)
{
    const struct vtd_xl *m = machine;
    bool paging = m->q.kind == VTD_Q_FS || m->q.kind == VTD_Q_SS;
    unsigned shift = vtdss_shift(paging ? m->q.level : 1);
    struct key k = { .kind = m->q.kind, .level = m->q.level, .sid = (uint16_t)m->req.sid, .scalable = m->scalable,
                     .did = m->q.did, .did_known = m->q.did_known, .pgtt = m->q.pgtt, .pasid = m->pasid,
                     .addr = m->req.addr, .in = paging ? m->q.in : m->req.addr, .leaf = is_leaf(&m->q, words) };

    if (m->q.kind == VTD_Q_CTX && !m->scalable) {
        k.did = (uint16_t)FIELD_GET(CTX, DID, words);
        k.pgtt = FIELD_GET(CTX, TT, words) == VTD_TT_PASS ? VTD_PGTT_PT : VTD_PGTT_SS;
        k.did_known = true;
    } else if (m->q.kind == VTD_Q_PE) {
        k.did = (uint16_t)FIELD_GET(PE, DID, words);
        k.pgtt = (uint8_t)FIELD_GET(PE, PGTT, words);
        k.did_known = true;
    }
    if (m->q.kind == VTD_Q_IRTE)
        k.in = m->q.in;
    k.absent = k.did_known && (m->q.kind == VTD_Q_CTX || m->q.kind == VTD_Q_PE) && !present(m, words);
    if (k.absent)
        k.did = 0;
    k.first = bits_align_down(k.in, shift);
    k.last = k.first + bits_low(shift);
    memcpy(out, &k, sizeof k);
}

/* What is not present is cached in caching mode alone, of the first stage never.  A posted-interrupt descriptor is memory
 * to the unit, not a table.  [fact sheet 6.2] */
static bool kept(const void *machine, const uint64_t *words)
{
    const struct vtd_xl *m = machine;

    if (m->q.kind == VTD_Q_PD)
        return false;
    return (m->q.kind != VTD_Q_FS && FIELD_GET(CAP, CM, &m->regs->cap)) || present(m, words);
}

/* Of a structure that does not name the domain: the one that it led to. */
static void derived(const void *machine, struct oracle_key *key_)
{
    const struct vtd_xl *m = machine;
    struct key k;

    memcpy(&k, key_, sizeof k);
    if (k.did_known || !m->pgtt)
        return;
    k.did_known = true;
    k.did = m->did;
    k.pgtt = m->pgtt;
    k.pasid = m->pasid;
    memcpy(key_, &k, sizeof k);
}

/* ---- coverage [fact sheet 7.4] -------------------------------------------------------------- */

static bool of_domain(const struct vtd_inv *inv, const struct key *k)
{
    return k->did_known && inv->did == k->did;
}

static bool of_pasid(const struct vtd_inv *inv, const struct key *k)
{
    return of_domain(inv, k) && inv->pasid == k->pasid;
}

/* Of scalable mode the domain says nothing: context entries have none. */
static bool context_removed(const struct vtd_inv *inv, const struct key *k)
{
    uint16_t mask = vtd_inv_sid_mask(inv->fm);

    if (inv->type != VTD_INV_CC)
        return false;
    switch (inv->g) {
    case VTD_CC_GLOBAL: return true;
    case VTD_CC_DOMAIN: return k->scalable || of_domain(inv, k);
    case VTD_CC_DEVICE: return ((inv->sid ^ k->sid) & mask) == 0;
    default:            return false;
    }
}

static bool pasid_removed(const struct vtd_inv *inv, const struct key *k)
{
    if (inv->type != VTD_INV_PC)
        return false;
    switch (inv->g) {
    case VTD_PC_GLOBAL: return true;
    case VTD_PC_DOMAIN: return of_domain(inv, k);
    case VTD_PC_PASID:  return of_pasid(inv, k) || (k->absent && inv->pasid == k->pasid);
    default:            return false;
    }
}

static bool reaches(const struct vtd_inv *inv, uint64_t first, uint64_t last)
{
    uint64_t from, to;

    vtd_inv_range(inv, &from, &to);
    return from <= last && first <= to;
}

/* A large page may be cached in parts: only the part that holds the address has to go. */
static bool reaches_page(const struct vtd_inv *inv, uint64_t addr)
{
    uint64_t page = bits_align_down(addr, 12);

    return reaches(inv, page, page + bits_low(12));
}

/* Has the entry of the whole translation to go?  Of a nested one its domain's page-selective request cannot tell. */
static bool translation_removed(const struct vtd_inv *inv, const struct key *k)
{
    if (inv->type == VTD_INV_IOTLB) {
        if (inv->g == VTD_IOTLB_GLOBAL)
            return true;
        return of_domain(inv, k) && k->pgtt != VTD_PGTT_FS &&
               (inv->g == VTD_IOTLB_DOMAIN || k->pgtt == VTD_PGTT_NESTED || reaches_page(inv, k->addr));
    }
    return inv->type == VTD_INV_PIOTLB && of_pasid(inv, k) && k->pgtt != VTD_PGTT_SS &&
           (inv->g == VTD_PIOTLB_PASID || reaches_page(inv, k->addr));
}

/* The part of a request that selects entries of the kind that keeps this word; a second stage's has no PASID. */
static bool selects(const struct vtd_inv *inv, const struct key *k)
{
    if (inv->type == VTD_INV_IOTLB)
        return inv->g == VTD_IOTLB_GLOBAL || (of_domain(inv, k) && k->pgtt != VTD_PGTT_FS);
    return inv->type == VTD_INV_PIOTLB && k->kind == VTD_Q_FS && of_pasid(inv, k);
}

static bool by_page(const struct vtd_inv *inv)
{
    return inv->type == VTD_INV_IOTLB ? inv->g == VTD_IOTLB_PAGE : inv->g == VTD_PIOTLB_PAGE;
}

/* Has the cached form of a paging entry itself to go?  IH = 1 leaves non-leaf entries as they are.  A page-selective
 * request of a domain speaks of addresses that first-stage entries do not know: all nested ones are meant. */
static bool entry_removed(const struct vtd_inv *inv, const struct key *k)
{
    if (!selects(inv, k))
        return false;
    if (!by_page(inv))
        return true;
    if (inv->type == VTD_INV_IOTLB && k->kind == VTD_Q_FS)
        return k->leaf || !inv->ih;
    return k->leaf ? reaches_page(inv, k->in) : !inv->ih && reaches(inv, k->first, k->last);
}

/* An entry of level 2 has only leaves below it; what is derived through one above may live with IH = 1. */
static bool spared(const struct vtd_inv *inv, const struct key *k)
{
    return by_page(inv) && inv->ih && !k->leaf && k->level > VTDSS_LEVEL_LAST + 1;
}

/* Nothing is derived from interrupt entries. */
static bool irte_removed(const struct vtd_inv *inv, const struct key *k)
{
    uint32_t first = inv->iec.iidx & ~bits_low(inv->iec.im);

    if (inv->type != VTD_INV_IEC)
        return false;
    return inv->g == VTD_IEC_GLOBAL || (k->in >= first && k->in <= (first | bits_low(inv->iec.im)));
}

/* Of scalable mode's root and context entries the PASID entries that they led to are held beside. */
static bool leads_to_pasids(const struct key *k)
{
    return k->scalable && (k->kind == VTD_Q_ROOT || k->kind == VTD_Q_CTX);
}

static bool held(const struct oracle_key *key_)
{
    struct key k;

    memcpy(&k, key_, sizeof k);
    return leads_to_pasids(&k);
}

/* An entry of the directory leads to a PASID entry as a configuration does. */
static bool in_config(const struct oracle_key *key_)
{
    struct key k;

    memcpy(&k, key_, sizeof k);
    return k.kind == VTD_Q_DIR;
}

static unsigned structure_covered(const struct vtd_inv *inv, const struct key *k)
{
    bool pasids = k->kind == VTD_Q_DIR || k->kind == VTD_Q_PE;
    unsigned layers = 0;

    if (pasids ? pasid_removed(inv, k) : context_removed(inv, k))
        layers |= ORACLE_WORD;
    if (leads_to_pasids(k) && pasid_removed(inv, k))
        layers |= ORACLE_HELD;
    if (translation_removed(inv, k) && !(by_page(inv) && inv->ih))
        layers |= ORACLE_DERIVED;
    return layers;
}

static unsigned covers(const struct oracle_inval *inv_, const struct oracle_key *key_)
{
    struct vtd_inv inv;
    struct key k;
    unsigned layers = 0;

    memcpy(&inv, inv_, sizeof inv);
    memcpy(&k, key_, sizeof k);
    switch (k.kind) {
    case VTD_Q_IRTE:
        return irte_removed(&inv, &k) ? ORACLE_WORD | ORACLE_DERIVED : 0;
    case VTD_Q_FS: case VTD_Q_SS:
        if (entry_removed(&inv, &k))
            layers |= ORACLE_WORD;
        if (translation_removed(&inv, &k) && !spared(&inv, &k))
            layers |= ORACLE_DERIVED;
        return layers;
    default:
        return structure_covered(&inv, &k);
    }
}

/* Neither not-present entries nor faults are cached while CAP.CM = 0; a hit may lack permission. */
static bool could_hit(const struct xl_result *r)
{
    switch (r->code) {
    case VTD_LGN_2: case VTD_LGN_3: case VTD_SGN_2: case VTD_SGN_3: case VTD_SGN_6: case VTD_SGN_7:
        return true;
    default:
        return r->outcome == XL_OK || r->outcome == XL_BYPASS || r->outcome == XL_ATS_OK;
    }
}

/* From a table that is kept of an entry that led there: whatever paging ends in. */
static bool could_walk(const struct xl_result *r)
{
    return could_hit(r) || r->code == VTD_LSS_1 || r->code == VTD_LSS_2 || r->code == VTD_LGN_4 || r->code >= VTD_SFS_1;
}

static bool device(const struct oracle_inval *inv_, const struct xl_req *req, uint64_t first, uint64_t last)
{
    struct vtd_inv inv;

    memcpy(&inv, inv_, sizeof inv);
    return (inv.type == VTD_INV_DEVTLB || inv.type == VTD_INV_PDEVTLB) && inv.sid == (req->sid & 0xffff) &&
           reaches(&inv, first, last) &&
           (!vtd_inv_has_pasid(&inv) || (req->has_ssid && req->ssid == inv.pasid));
}

const struct oracle_arch vtd_oracle = {
    .begin = begin, .next = next, .tell = tell, .copy = copy, .result = result, .key = key, .derived = derived,
    .covers = covers, .held = held, .in_config = in_config, .kept = kept, .could_hit = could_hit, .could_walk = could_walk,
    .device = device, .tlb_by_stream = true,
};
