/* SPDX-License-Identifier: Apache-2.0 */
#include "system/vtd.h"

#include <string.h>

#include "arch/vtd/oracle.h"
#include "base/sim.h"
#include "system/judge.h"

/* ---- the file ------------------------------------------------------------------------------- */

static unsigned shift_of(uint32_t offset)
{
    return (offset & 7) * 8;
}

static uint64_t width_mask(unsigned bytes)
{
    return bits_low(bytes * 8);
}

static unsigned bytes_of(enum vtd_reg reg)
{
    return vtd_reg_find(reg)->bytes;
}

uint64_t vtd_reg_get(const struct vtd_system *u, enum vtd_reg reg)
{
    return u->file[reg / 8] >> shift_of(reg) & width_mask(bytes_of(reg));
}

void vtd_reg_put(struct vtd_system *u, enum vtd_reg reg, uint64_t value)
{
    uint64_t mask = width_mask(bytes_of(reg)) << shift_of(reg);

    u->file[reg / 8] = (u->file[reg / 8] & ~mask) | (value << shift_of(reg) & mask);
}

void vtd_regs_reset(struct vtd_system *u)
{
    uint64_t masked = 0;

    memset(u->file, 0, sizeof u->file);
    memset(u->frcd, 0, sizeof u->frcd);
    u->next_frcd = 0;
    u->iva = 0;
    u->regs.rtaddr = 0;
    u->regs.tes = false;
    FIELD_SET(EVCTL, IM, &masked, 1);
    vtd_reg_put(u, VTD_REG_FECTL, masked);
    vtd_reg_put(u, VTD_REG_IECTL, masked);
    vtd_reg_put(u, VTD_REG_PECTL, masked);
}

/* ---- fault status and event [VT-d 7.3] ------------------------------------------------------ */

static unsigned fault_records(const struct vtd_system *u)
{
    return (unsigned)FIELD_GET(CAP, NFR, &u->regs.cap) + 1;
}

/* Does any status bit call for an event?  All but FRI do. */
static bool condition(uint64_t fsts)
{
    FIELD_SET(FSTS, FRI, &fsts, 0);
    return fsts != 0;
}

/* The event is sent when the first condition appears, or, if it was masked, when the mask goes. */
static void set_status(struct vtd_system *u, uint64_t fsts)
{
    uint64_t ctl = vtd_reg_get(u, VTD_REG_FECTL);
    bool before = condition(vtd_reg_get(u, VTD_REG_FSTS)), now = condition(fsts);

    vtd_reg_put(u, VTD_REG_FSTS, fsts);
    if (now && !before) {
        if (FIELD_GET(EVCTL, IM, &ctl))
            FIELD_SET(EVCTL, IP, &ctl, 1);
        else
            u->st.fault_events++;
    } else if (!now) {
        FIELD_SET(EVCTL, IP, &ctl, 0);
    }
    vtd_reg_put(u, VTD_REG_FECTL, ctl);
}

static void unmask(struct vtd_system *u)
{
    uint64_t ctl = vtd_reg_get(u, VTD_REG_FECTL);

    if (FIELD_GET(EVCTL, IM, &ctl) || !FIELD_GET(EVCTL, IP, &ctl))
        return;
    u->st.fault_events++;
    FIELD_SET(EVCTL, IP, &ctl, 0);
    vtd_reg_put(u, VTD_REG_FECTL, ctl);
}

static bool pending(const struct vtd_system *u, uint32_t sid)
{
    for (unsigned i = 0; i < fault_records(u); i++)
        if (FIELD_GET(FRCD, F, u->frcd[i]) && FIELD_GET(FRCD, SID, u->frcd[i]) == sid)
            return true;
    return false;
}

void vtd_record_fault(struct vtd_system *u, const struct xl_req *req, uint8_t code)
{
    uint64_t fsts = vtd_reg_get(u, VTD_REG_FSTS), *record = u->frcd[u->next_frcd];

    if (FIELD_GET(FSTS, PFO, &fsts)) {
        u->st.fault_overflows++;
    } else if (u->par.unit.collapse && pending(u, req->sid & 0xffff)) {
        u->st.fault_collapsed++;
    } else if (FIELD_GET(FRCD, F, record)) {
        u->st.fault_overflows++;
        FIELD_SET(FSTS, PFO, &fsts, 1);
    } else {
        vtd_fault_encode(req, code, record);
        u->st.fault_records++;
        if (!FIELD_GET(FSTS, PPF, &fsts))
            FIELD_SET(FSTS, FRI, &fsts, u->next_frcd);
        FIELD_SET(FSTS, PPF, &fsts, 1);
        u->next_frcd = (u->next_frcd + 1) % fault_records(u);
    }
    set_status(u, fsts);
}

static void clear_fault(struct vtd_system *u, unsigned i)
{
    uint64_t fsts = vtd_reg_get(u, VTD_REG_FSTS);
    bool any = false;

    FIELD_SET(FRCD, F, u->frcd[i], 0);
    for (unsigned k = 0; k < fault_records(u); k++)
        any |= FIELD_GET(FRCD, F, u->frcd[k]);
    FIELD_SET(FSTS, PPF, &fsts, any);
    set_status(u, fsts);
}

void vtd_queue_error(struct vtd_system *u, unsigned iqei)
{
    uint64_t fsts = vtd_reg_get(u, VTD_REG_FSTS), record = vtd_reg_get(u, VTD_REG_IQERCD);

    FIELD_SET(FSTS, IQE, &fsts, 1);
    FIELD_SET(IQERCD, IQEI, &record, iqei);
    vtd_reg_put(u, VTD_REG_IQERCD, record);
    set_status(u, fsts);
}

/* ---- registers that act --------------------------------------------------------------------- */

/* An invalidation that no descriptor asked for. */
static void invalidate(struct vtd_system *u, const struct vtd_inv *inv)
{
    struct oracle_inval o;

    if (u->sys.judge && vtd_oracle_inval(inv, &o))
        judge_inval(u->sys.judge, &u->sys, &o);
    vtd_invalidate(u, inv);
}

static void set_root(struct vtd_system *u)
{
    static const struct vtd_inv all[] = {
        { .type = VTD_INV_CC, .g = VTD_CC_GLOBAL },
        { .type = VTD_INV_PC, .g = VTD_PC_GLOBAL },
        { .type = VTD_INV_IOTLB, .g = VTD_IOTLB_GLOBAL },
    };

    u->regs.rtaddr = vtd_reg_get(u, VTD_REG_RTADDR);
    if (u->sys.timed)
        vtd_timed_mode(u);
    for (unsigned i = 0; FIELD_GET(CAP, ESRTPS, &u->regs.cap) && i < ARRAY_LEN(all); i++)
        invalidate(u, &all[i]);
    if (u->par.unit.flush_on_root)
        vtd_flush(u);
}

static void switch_translation(struct vtd_system *u, bool on)
{
    u->regs.tes = on;
    if (!on)
        u->next_frcd = 0;
    if (u->par.unit.flush_on_enable)
        vtd_flush(u);
}

/* The bits of GCMD that say how things shall be from now on; the others start something once. */
static uint64_t level_bits(void)
{
    uint64_t level = 0;

    FIELD_SET(GSTS, TES, &level, 1);
    FIELD_SET(GSTS, AFLS, &level, 1);
    FIELD_SET(GSTS, QIES, &level, 1);
    FIELD_SET(GSTS, IRES, &level, 1);
    FIELD_SET(GSTS, CFIS, &level, 1);
    return level;
}

static void write_gcmd(struct vtd_system *u, uint64_t cmd)
{
    const uint64_t level = level_bits();
    uint64_t gsts = vtd_reg_get(u, VTD_REG_GSTS);
    bool had_queue = FIELD_GET(GSTS, QIES, &gsts), was_on = FIELD_GET(GSTS, TES, &gsts);
    bool on = FIELD_GET(GSTS, TES, &cmd);

    if (FIELD_GET(GSTS, RTPS, &cmd)) {
        set_root(u);
        FIELD_SET(GSTS, RTPS, &gsts, 1);
    }
    if (FIELD_GET(GSTS, IRTPS, &cmd))
        FIELD_SET(GSTS, IRTPS, &gsts, 1);
    if (FIELD_GET(GSTS, FLS, &cmd))
        FIELD_SET(GSTS, FLS, &gsts, 1);
    gsts = (gsts & ~level) | (cmd & level);
    vtd_reg_put(u, VTD_REG_GSTS, gsts);
    if (had_queue && !FIELD_GET(GSTS, QIES, &gsts))
        vtd_reg_put(u, VTD_REG_IQH, 0);
    if (on != was_on)
        switch_translation(u, on);
}

static void write_ccmd(struct vtd_system *u)
{
    uint64_t ccmd = vtd_reg_get(u, VTD_REG_CCMD);
    struct vtd_inv inv;

    if (!FIELD_GET(CCMD, ICC, &ccmd))
        return;
    vtd_inv_from_ccmd(ccmd, &inv);
    if (inv.g)
        invalidate(u, &inv);
    u->st.register_invalidations += inv.g != 0;
    FIELD_SET(CCMD, CAIG, &ccmd, inv.g);
    FIELD_SET(CCMD, ICC, &ccmd, 0);
    vtd_reg_put(u, VTD_REG_CCMD, ccmd);
}

static void write_iotlb(struct vtd_system *u, uint64_t iotlb)
{
    struct vtd_inv inv;

    if (!FIELD_GET(IOTLB, IVT, &iotlb))
        return;
    vtd_inv_from_iotlb(u->iva, iotlb, &inv);
    if (!inv.g || (inv.g == VTD_IOTLB_PAGE && inv.am > FIELD_GET(CAP, MAMV, &u->regs.cap)))
        return;                                      /* rejected: IAIG would read 0 */
    u->st.register_invalidations++;
    invalidate(u, &inv);
}

/* After a merged write; FSTS and FECTL also need what was there before. */
static void act(struct vtd_system *u, const struct vtd_reg_row *r, uint64_t value)
{
    switch (r->offset) {
    case VTD_REG_GCMD:  write_gcmd(u, value); break;
    case VTD_REG_CCMD:  write_ccmd(u); break;
    case VTD_REG_FECTL: unmask(u); break;
    default:            break;
    }
}

/* ---- writes --------------------------------------------------------------------------------- */

/* Bytes `offset` on of one register; `value` is aligned to `offset`. */
static void write_fixed(struct vtd_system *u, const struct vtd_reg_row *r, uint32_t offset,
                        uint64_t value, unsigned bytes)
{
    unsigned lo = (offset - r->offset) * 8;
    uint64_t mask = width_mask(bytes) << lo, old = vtd_reg_get(u, (enum vtd_reg)r->offset);
    uint64_t v = (old & ~(mask & r->writable)) | (value << lo & mask & r->writable);

    v &= ~(value << lo & mask & r->clear);
    if (r->offset == VTD_REG_FSTS)
        set_status(u, v);
    else if (r->offset != VTD_REG_GCMD)
        vtd_reg_put(u, (enum vtd_reg)r->offset, v);
    act(u, r, v);
}

static bool write_frcd(struct vtd_system *u, uint32_t offset, uint64_t value, unsigned bytes)
{
    uint32_t base = (uint32_t)FIELD_GET(CAP, FRO, &u->regs.cap) * 16, at = offset - base;

    if (offset < base || at >= fault_records(u) * 16)
        return false;
    if ((at & 15) == 8 && bytes == 8 && value >> 63)
        clear_fault(u, at / 16);
    else if ((at & 15) == 12 && value >> 31 & 1)
        clear_fault(u, at / 16);
    return true;
}

/* IOTLB acts when its upper half is written; a driver with 32-bit accesses writes that one last. */
static bool write_iva(struct vtd_system *u, uint32_t offset, uint64_t value, unsigned bytes)
{
    uint32_t base = (uint32_t)FIELD_GET(ECAP, IRO, &u->regs.ecap) * 16;

    if (offset < base || offset >= base + 16)
        return false;
    if (offset - base < VTD_REG_IOTLB) {
        unsigned lo = (offset - base) * 8;

        u->iva = bits_set(u->iva, lo + bytes * 8 - 1, lo, value);
    } else if (bytes == 8) {
        write_iotlb(u, value);
    } else if (offset - base == VTD_REG_IOTLB + 4) {
        write_iotlb(u, value << 32);
    }
    return true;
}

static bool size_ok(uint32_t offset, unsigned bytes)
{
    return (bytes == 4 || bytes == 8) && offset % bytes == 0;
}

int vtd_reg_write(struct vtd_system *u, uint32_t offset, uint64_t value, unsigned bytes)
{
    const struct vtd_reg_row *r = vtd_reg_find(offset);

    if (!size_ok(offset, bytes))
        return SIM_EINPUT;
    if (bytes == 4)
        value &= width_mask(4);
    if (write_frcd(u, offset, value, bytes) || write_iva(u, offset, value, bytes))
        return SIM_OK;
    if (bytes == 8 && (!r || r->bytes == 4)) {
        vtd_reg_write(u, offset, value & width_mask(4), 4);
        return vtd_reg_write(u, offset + 4, value >> 32, 4);
    }
    if (r)
        write_fixed(u, r, offset, value, bytes);
    return SIM_OK;
}
