/* SPDX-License-Identifier: Apache-2.0 */
#include "system/vtd.h"

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
    uint64_t value = 0;

    FIELD_SET(VTD_TAG, DID, &value, did);
    return tagged(bits_mask(VTD_TAG_DID_HI, VTD_TAG_DID_LO), value);
}

static struct store_match of_functions(uint16_t sid, unsigned fm)
{
    uint64_t mask = 0, value = 0;

    FIELD_SET(VTD_TAG, SID, &mask, vtd_inv_sid_mask(fm));
    FIELD_SET(VTD_TAG, SID, &value, sid & vtd_inv_sid_mask(fm));
    return tagged(mask, value);
}

static struct store_match of_pages(const struct vtd_inv *inv)
{
    struct store_match m = of_domain(inv->did);

    m.by_addr = true;
    vtd_inv_range(inv, &m.first, &m.last);
    return m;
}

/* QEMU compares the frame of an entry's first page with the address, both under a mask that 7.2
 * keeps in 8 bits; with none of them left, the domain is all that is compared. */
static struct store_match of_pages_masked(const struct vtd_inv *inv, uint64_t kept)
{
    struct store_match m = of_domain(inv->did);

    m.frame_mask = ~bits_low(inv->am) & kept;
    if (!m.frame_mask)
        return m;
    m.by_addr = true;
    m.frame_value = inv->addr >> 12 & m.frame_mask;
    m.first = m.last = inv->addr;
    return m;
}

static struct store_match iotlb_match(const struct vtd_system *u, const struct vtd_inv *inv)
{
    if (inv->g == VTD_IOTLB_GLOBAL)
        return (struct store_match){ 0 };
    if (inv->g == VTD_IOTLB_DOMAIN)
        return of_domain(inv->did);
    switch (u->par.unit.inval_match) {
    case VTD_MATCH_QEMU10: return of_pages_masked(inv, ~0ull);
    case VTD_MATCH_QEMU72: return of_pages_masked(inv, 0xff);
    default:               return of_pages(inv);
    }
}

/* ---- executing ------------------------------------------------------------------------------ */

static void invalidate(struct store *s, const struct store_match *m)
{
    if (store_exists(s))
        store_invalidate(s, m);
}

static void invalidate_contexts(struct vtd_system *u, const struct vtd_inv *inv)
{
    struct store_match m = { 0 };

    if (inv->g == VTD_CC_DEVICE)
        m = of_functions(inv->sid, inv->fm);
    else if (inv->g == VTD_CC_DOMAIN && u->par.unit.cc_domain == 0)
        m = of_domain(inv->did);
    invalidate(&u->cc, &m);
}

/* With IH = 1 only leaves have changed, and the non-leaf caches stay as they are. */
static void invalidate_translations(struct vtd_system *u, const struct vtd_inv *inv)
{
    struct store_match m = iotlb_match(u, inv);

    invalidate(&u->iotlb, &m);
    if (inv->g == VTD_IOTLB_PAGE) {
        if (inv->ih)
            return;
        m = of_pages(inv);
    }
    invalidate(&u->wc2, &m);
    invalidate(&u->wc3, &m);
    invalidate(&u->wc4, &m);
}

void vtd_invalidate(struct vtd_system *u, const struct vtd_inv *inv)
{
    if (inv->type == VTD_INV_CC)
        invalidate_contexts(u, inv);
    else if (inv->type == VTD_INV_IOTLB)
        invalidate_translations(u, inv);
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

    u->st.waits++;
    if (inv->wait.irq)
        vtd_reg_put(u, VTD_REG_ICS, 1);
    if (!inv->wait.sw)
        return SIM_OK;
    word = mem_read64(u->sys.mem, pa);
    return mem_write64(u->sys.mem, pa, bits_set(word, lo + 31, lo, inv->wait.data));
}

int vtd_descriptor(struct vtd_system *u, const uint64_t *words, unsigned n)
{
    struct vtd_inv inv;
    unsigned iqei;

    if (n != 2 && n != VTD_INV_WORDS)
        return SIM_EINPUT;
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
