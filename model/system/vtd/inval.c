/* SPDX-License-Identifier: Apache-2.0 */
#include "system/vtd/vtd.h"

#include "base/sim.h"

/* ---- what goes ------------------------------------------------------------------------------ */

static struct store_match tagged(uint64_t mask, uint64_t value)
{
    struct store_match m = { .n_tag = 1 };

    m.tag[0].mask = mask;
    m.tag[0].value = value;
    return m;
}

static struct store_match of_domain(uint16_t did)
{
    return tagged(FIELD_MASK(VTD_TAG, DID), (uint64_t)did << VTD_TAG_DID_LO);
}

/* Entries that a second stage took part in. */
static struct store_match of_second(uint16_t did)
{
    return tagged(FIELD_MASK(VTD_TAG, DID) | FIELD_MASK(VTD_TAG, SECOND),
                  (uint64_t)did << VTD_TAG_DID_LO | FIELD_MASK(VTD_TAG, SECOND));
}

/* Entries of both stages: their addresses are not the domain's. */
static struct store_match of_nested(uint16_t did)
{
    const uint64_t both = FIELD_MASK(VTD_TAG, FIRST) | FIELD_MASK(VTD_TAG, SECOND);

    return tagged(FIELD_MASK(VTD_TAG, DID) | both, (uint64_t)did << VTD_TAG_DID_LO | both);
}

static struct store_match of_pasid(const struct vtd_inv *inv)
{
    return tagged(FIELD_MASK(VTD_TAG, DID) | FIELD_MASK(VTD_TAG, PASID),
                  (uint64_t)inv->did << VTD_TAG_DID_LO | (uint64_t)inv->pasid << VTD_TAG_PASID_LO);
}

/* What is kept as absent is of domain 0, and goes by its PASID: software names the domain that is to come. */
static struct store_match of_pasid_or_absent(const struct vtd_inv *inv)
{
    struct store_match m = of_pasid(inv);

    m.n_tag = 2;
    m.tag[1].mask = m.tag[0].mask;
    m.tag[1].value = (uint64_t)inv->pasid << VTD_TAG_PASID_LO;
    return m;
}

/* Entries of the PASID that a first stage took part in. */
static struct store_match of_first(const struct vtd_inv *inv)
{
    struct store_match m = of_pasid(inv);

    m.tag[0].mask |= FIELD_MASK(VTD_TAG, FIRST);
    m.tag[0].value |= FIELD_MASK(VTD_TAG, FIRST);
    return m;
}

static struct store_match of_functions(uint16_t sid, unsigned fm)
{
    uint64_t mask = 0, value = 0;

    FIELD_SET(VTD_TAG, SID, &mask, vtd_inv_sid_mask(fm));
    FIELD_SET(VTD_TAG, SID, &value, sid & vtd_inv_sid_mask(fm));
    return tagged(mask, value);
}

/* Entries of a domain that a first stage took part in. */
static struct store_match of_any_first(uint16_t did)
{
    return tagged(FIELD_MASK(VTD_TAG, DID) | FIELD_MASK(VTD_TAG, FIRST),
                  (uint64_t)did << VTD_TAG_DID_LO | FIELD_MASK(VTD_TAG, FIRST));
}

static struct store_match in_range(struct store_match m, const struct vtd_inv *inv)
{
    m.by_addr = true;
    vtd_inv_range(inv, &m.first, &m.last);
    return m;
}

/* QEMU compares the frame of an entry's first page with the address, both under a mask that 7.2
 * keeps in 8 bits; with none of them left, the domain is all that is compared. */
static struct store_match in_masked_range(struct store_match m, const struct vtd_inv *inv, uint64_t kept)
{
    m.frame_mask = ~bits_low(inv->am) & kept;
    if (!m.frame_mask)
        return m;
    m.by_addr = true;
    m.frame_value = inv->addr >> 12 & m.frame_mask;
    m.first = m.last = inv->addr;
    return m;
}

static struct store_match in_pages(const struct vtd_system *u, struct store_match m, const struct vtd_inv *inv)
{
    switch (u->par.unit.inval_match) {
    case VTD_MATCH_QEMU10: return in_masked_range(m, inv, ~0ull);
    case VTD_MATCH_QEMU72: return in_masked_range(m, inv, 0xff);
    default:               return in_range(m, inv);
    }
}

/* ---- executing ------------------------------------------------------------------------------ */

static bool is_scalable(const struct vtd_system *u)
{
    return FIELD_GET(RTADDR, TTM, &u->regs.rtaddr) == VTD_TTM_SCALABLE;
}

static void invalidate(struct store *s, const struct store_match *m)
{
    if (store_exists(s))
        store_invalidate(s, m);
}

static void invalidate_tables(struct vtd_system *u, unsigned stage, const struct store_match *m)
{
    for (unsigned level = VTD_WC_MIN; level <= VTD_WC_MAX; level++)
        invalidate(u->walk_cache[stage - 1][level], m);
}

/* Context entries of scalable mode have no domain. */
static void invalidate_contexts(struct vtd_system *u, const struct vtd_inv *inv)
{
    struct store_match m = { 0 };

    if (inv->g == VTD_CC_DEVICE)
        m = of_functions(inv->sid, inv->fm);
    else if (inv->g == VTD_CC_DOMAIN && u->par.unit.cc_domain == 0 && !is_scalable(u))
        m = of_domain(inv->did);
    invalidate(&u->cc, &m);
}

static void invalidate_pasids(struct vtd_system *u, const struct vtd_inv *inv)
{
    struct store_match m = { 0 };

    if (inv->g == VTD_PC_DOMAIN)
        m = of_domain(inv->did);
    else if (inv->g == VTD_PC_PASID)
        m = of_pasid_or_absent(inv);
    invalidate(&u->pc, &m);
}

/* All that a domain's second stage took part in; what an imitated unit removes beyond. */
static void invalidate_domain(struct vtd_system *u, const struct vtd_inv *inv)
{
    bool imitated = u->par.unit.inval_match != VTD_MATCH_ARCH;
    struct store_match m = { 0 };

    if (inv->g != VTD_IOTLB_GLOBAL)
        m = imitated ? of_domain(inv->did) : of_second(inv->did);
    invalidate(&u->iotlb, &m);
    m = inv->g == VTD_IOTLB_GLOBAL ? m : of_domain(inv->did);
    invalidate(&u->gpa, &m);
    invalidate_tables(u, 2, &m);
    m = inv->g == VTD_IOTLB_GLOBAL ? m : of_nested(inv->did);
    invalidate_tables(u, 1, &m);
}

/* An address of the domain says nothing of nested entries, whose own are first-stage ones: all of them go, and the
 * first-stage tables that are kept by where the second stage had put them.  With IH = 1 only leaves have changed, and
 * the second stage's non-leaf caches stay as they are. */
static void invalidate_domain_pages(struct vtd_system *u, const struct vtd_inv *inv)
{
    bool imitated = u->par.unit.inval_match != VTD_MATCH_ARCH;
    struct store_match m = in_pages(u, imitated ? of_domain(inv->did) : of_second(inv->did), inv);

    invalidate(&u->iotlb, &m);
    if (imitated && is_scalable(u)) {           /* whatever their addresses */
        m = of_any_first(inv->did);
        invalidate(&u->iotlb, &m);
    }
    if (u->nested) {
        m = of_nested(inv->did);
        invalidate(&u->iotlb, &m);
        invalidate_tables(u, 1, &m);
    }
    m = in_range(of_domain(inv->did), inv);
    invalidate(&u->gpa, &m);
    if (!inv->ih)
        invalidate_tables(u, 2, &m);
}

static void invalidate_pasid_translations(struct vtd_system *u, const struct vtd_inv *inv)
{
    bool imitated = u->par.unit.inval_match != VTD_MATCH_ARCH;
    struct store_match m = inv->g == VTD_PIOTLB_PASID && imitated ? of_pasid(inv) : of_first(inv);

    if (inv->g == VTD_PIOTLB_PASID) {
        invalidate(&u->iotlb, &m);
        invalidate_tables(u, 1, &m);
        return;
    }
    m = in_pages(u, m, inv);
    invalidate(&u->iotlb, &m);
    m = in_range(of_first(inv), inv);
    if (!inv->ih)
        invalidate_tables(u, 1, &m);
}

/* Whatever the domain. */
void vtd_forget_page(struct vtd_system *u, uint32_t pasid, uint64_t addr)
{
    struct store_match m = tagged(FIELD_MASK(VTD_TAG, PASID) | FIELD_MASK(VTD_TAG, FIRST),
                                  (uint64_t)pasid << VTD_TAG_PASID_LO | FIELD_MASK(VTD_TAG, FIRST));

    m.by_addr = true;
    m.first = bits_align_down(addr, 12);
    m.last = m.first + bits_low(12);
    invalidate(&u->iotlb, &m);
    invalidate_tables(u, 1, &m);
}

void vtd_invalidate(struct vtd_system *u, const struct vtd_inv *inv)
{
    switch (inv->type) {
    case VTD_INV_CC:
        invalidate_contexts(u, inv);
        vtd_ats_forget(u);
        break;
    case VTD_INV_PC:
        invalidate_pasids(u, inv);
        break;
    case VTD_INV_IOTLB:
        if (inv->g == VTD_IOTLB_PAGE && FIELD_GET(CAP, PSI, &u->regs.cap))
            invalidate_domain_pages(u, inv);
        else
            invalidate_domain(u, inv);
        break;
    case VTD_INV_DEVTLB:
    case VTD_INV_PDEVTLB:
        vtd_ats_invalidate(u, inv);
        break;
    case VTD_INV_PIOTLB:
        invalidate_pasid_translations(u, inv);
        break;
    case VTD_INV_PGRSP:
        vtd_page_response(u, inv);
        break;
    case VTD_INV_IEC:
        vtd_ir_invalidate(u, inv);
        break;
    default:
        break;
    }
}

#define STORE_CLEAR(member, path) store_clear(&u->member);
void vtd_flush(struct vtd_system *u)
{
    VTD_STORES(STORE_CLEAR)
}

/* All earlier descriptors are done: functional mode executes each at once. */
static int complete_wait(struct vtd_system *u, const struct vtd_inv *inv)
{
    uint64_t word, pa = bits_align_down(inv->wait.addr, 3);
    unsigned lo = (unsigned)(inv->wait.addr & 4) * 8;
    int err = SIM_OK;

    u->st.waits++;
    if (inv->wait.sw) {
        word = mem_read64(u->sys.mem, pa);
        err = mem_write64(u->sys.mem, pa, bits_set(word, lo + 31, lo, inv->wait.data));
    }
    if (inv->wait.irq && !vtd_reg_get(u, VTD_REG_ICS)) {
        vtd_reg_put(u, VTD_REG_ICS, 1);
        vtd_event_raise(u, VTD_EVENT_INVAL);
    }
    return err;
}

int vtd_descriptor(struct vtd_system *u, const uint64_t *words, unsigned n)
{
    struct vtd_inv inv;
    unsigned iqei;

    if (n != 2 && n != VTD_INV_WORDS)
        return SIM_EINPUT;
    if (!u->sys.timed)
        cmdq_pass(u->driver.cmdq);
    iqei = vtd_inv_decode(words, n, u->regs.cap, &inv);
    if (iqei) {
        u->st.descriptor_errors++;
        vtd_queue_error(u, iqei);
        return SIM_OK;
    }
    u->st.descriptors++;
    if (inv.type == VTD_INV_WAIT)
        return complete_wait(u, &inv);
    vtd_invalidate(u, &inv);
    return SIM_OK;
}
