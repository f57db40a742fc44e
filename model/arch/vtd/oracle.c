/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/vtd/oracle.h"

#include <string.h>

#include "arch/vtd/translate.h"

/* What identifies the cached forms of a word. */
struct key {
    uint8_t  kind;             /* enum vtd_q_kind                                          */
    uint8_t  level;            /* VTD_Q_SS                                                 */
    bool     leaf, did_known;
    uint16_t sid, did;
    uint64_t addr;             /* of the request                                           */
    uint64_t in, in_last;      /* VTD_Q_SS: what the entry covers                          */
};

_Static_assert(sizeof(struct key) <= sizeof(struct oracle_key), "key");
_Static_assert(sizeof(struct vtd_inv) <= sizeof(struct oracle_inval), "invalidation");
_Static_assert(sizeof(struct vtd_xl) <= ORACLE_MACHINE, "machine");

bool vtd_oracle_inval(const struct vtd_inv *inv, struct oracle_inval *out)
{
    if (inv->type != VTD_INV_CC && inv->type != VTD_INV_IOTLB)
        return false;
    memcpy(out, inv, sizeof *inv);
    return true;
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
        if (m->q.words) {
            *q = (struct oracle_question){ .pa = m->q.pa, .words = m->q.words,
                                           .name = vtd_q_name(&m->q) };
            return true;
        }
        vtd_xl_tell_none(m);
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

static void key(const void *machine, const uint64_t *words, struct oracle_key *out)
{
    const struct vtd_xl *m = machine;
    unsigned shift = vtdss_shift(m->q.kind == VTD_Q_SS ? m->q.level : 1);
    struct key k = { .kind = m->q.kind, .level = m->q.level, .sid = (uint16_t)m->req.sid,
                     .did = m->q.did, .did_known = m->q.did_known, .addr = m->req.addr };

    if (m->q.kind == VTD_Q_CTX) {
        k.did = (uint16_t)FIELD_GET(CTX, DID, words);
        k.did_known = true;
    }
    k.leaf = m->q.kind == VTD_Q_SS &&
             (m->q.level == VTDSS_LEVEL_LAST || FIELD_GET(SSPTE, PS, words));
    k.in = bits_align_down(m->req.addr, shift);
    k.in_last = k.in + bits_low(shift);
    memcpy(out, &k, sizeof k);
}

/* ---- coverage -------------------------------------------------------------------------------- */

static bool context_removed(const struct vtd_inv *inv, const struct key *k)
{
    uint16_t mask = vtd_inv_sid_mask(inv->fm);

    if (inv->type != VTD_INV_CC)
        return false;
    switch (inv->g) {
    case VTD_CC_GLOBAL: return true;
    case VTD_CC_DOMAIN: return k->did_known && inv->did == k->did;
    case VTD_CC_DEVICE: return ((inv->sid ^ k->sid) & mask) == 0;
    default:            return false;
    }
}

/* Is everything of the domain removed, whatever its address? */
static bool domain_removed(const struct vtd_inv *inv, const struct key *k)
{
    if (inv->type != VTD_INV_IOTLB)
        return false;
    return inv->g == VTD_IOTLB_GLOBAL ||
           (inv->g == VTD_IOTLB_DOMAIN && k->did_known && inv->did == k->did);
}

/* Does a page-selective request of the domain reach into first..last? */
static bool pages_removed(const struct vtd_inv *inv, const struct key *k, uint64_t first,
                          uint64_t last)
{
    uint64_t from, to;

    if (inv->type != VTD_INV_IOTLB || inv->g != VTD_IOTLB_PAGE)
        return false;
    if (!k->did_known || inv->did != k->did)
        return false;
    vtd_inv_range(inv, &from, &to);
    return from <= last && first <= to;
}

/* A large page may be cached in parts: only the part that holds the address has to go. */
static bool page_removed(const struct vtd_inv *inv, const struct key *k)
{
    uint64_t page = bits_align_down(k->addr, 12);

    return pages_removed(inv, k, page, page + bits_low(12));
}

/* IH = 1 leaves non-leaf entries, and what is derived through them, as they are; an entry of level
 * 2 has only leaves below it. */
static unsigned covers_table(const struct vtd_inv *inv, const struct key *k)
{
    unsigned layers = 0;

    if (!inv->ih && pages_removed(inv, k, k->in, k->in_last))
        layers |= ORACLE_WORD;
    if (page_removed(inv, k) && (!inv->ih || k->level == VTDSS_LEVEL_LAST + 1))
        layers |= ORACLE_DERIVED;
    return layers;
}

static unsigned covers(const struct oracle_inval *inv_, const struct oracle_key *key_)
{
    struct vtd_inv inv;
    struct key k;

    memcpy(&inv, inv_, sizeof inv);
    memcpy(&k, key_, sizeof k);
    if (k.kind == VTD_Q_SS) {
        if (domain_removed(&inv, &k) || (k.leaf && page_removed(&inv, &k)))
            return ORACLE_WORD | ORACLE_DERIVED;
        return k.leaf ? 0 : covers_table(&inv, &k);
    }
    if (context_removed(&inv, &k))
        return ORACLE_WORD;
    return domain_removed(&inv, &k) || (!inv.ih && page_removed(&inv, &k)) ? ORACLE_DERIVED : 0;
}

/* Neither not-present entries nor faults are cached while CAP.CM = 0; a hit may lack permission. */
static bool could_hit(const struct xl_result *r)
{
    return r->outcome == XL_OK || r->outcome == XL_BYPASS || r->code == VTD_LGN_2 ||
           r->code == VTD_LGN_3;
}

const struct oracle_arch vtd_oracle = {
    .begin = begin, .next = next, .tell = tell, .copy = copy, .result = result, .key = key,
    .covers = covers, .could_hit = could_hit, .tlb_by_stream = true,
};
