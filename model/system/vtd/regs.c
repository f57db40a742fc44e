/* SPDX-License-Identifier: Apache-2.0 */
#include "system/vtd/regs.h"

#include <string.h>

#include "arch/vtd/oracle.h"
#include "base/sim.h"
#include "system/judge.h"
#include "system/vtd/vtd.h"

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
    u->iva = u->iotlb_reg = 0;
    u->regs.rtaddr = 0;
    u->regs.tes = u->regs.ires = u->regs.cfis = false;
    u->regs.irta = 0;
    memset(u->regs.protect, 0, sizeof u->regs.protect);
    FIELD_SET(EVCTL, IM, &masked, 1);
    vtd_reg_put(u, VTD_REG_FECTL, masked);
    vtd_reg_put(u, VTD_REG_IECTL, masked);
    vtd_reg_put(u, VTD_REG_PECTL, masked);
    vtd_faults_reset(u);
    vtd_queue_reset(u);
    vtd_perf_reset(u);
    vtd_pri_reset(u);
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

static void set_interrupt_table(struct vtd_system *u)
{
    static const struct vtd_inv all = { .type = VTD_INV_IEC, .g = VTD_IEC_GLOBAL };

    if (vtd_ir_set_table(u))
        invalidate(u, &all);
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
static const uint64_t level_bits = FIELD_MASK(GSTS, TES) | FIELD_MASK(GSTS, AFLS) | FIELD_MASK(GSTS, QIES) |
                                   FIELD_MASK(GSTS, IRES) | FIELD_MASK(GSTS, CFIS);
/* One-shots whose status stays; that of a write buffer flush goes when it is done. */
static const uint64_t set_bits = FIELD_MASK(GSTS, RTPS) | FIELD_MASK(GSTS, IRTPS) | FIELD_MASK(GSTS, FLS);

static void write_gcmd(struct vtd_system *u, uint64_t cmd)
{
    struct vtd_driver *d = &u->driver;
    const struct timed *t = u->sys.timed;
    uint64_t changed, old = d->status;

    cmd &= vtd_caps_commands(u->regs.cap, u->regs.ecap);
    if (cmd & FIELD_MASK(GSTS, RTPS))
        set_root(u);
    if (cmd & FIELD_MASK(GSTS, IRTPS))
        set_interrupt_table(u);
    d->status = ((old | cmd) & set_bits) | (cmd & level_bits);
    changed = d->status ^ old;
    d->unsettled = true;
    d->drains |= (changed & FIELD_MASK(GSTS, TES)) != 0;
    d->settles_ps = t ? sim_now(t->sim) + clock_ps(&t->clk, u->par.unit.ack) : 0;
    vtd_reg_put(u, VTD_REG_GSTS, (vtd_reg_get(u, VTD_REG_GSTS) & ~(cmd & set_bits)) | (cmd & FIELD_MASK(GSTS, WBFS)));
    vtd_ir_switch(u, d->status);
    if (changed & FIELD_MASK(GSTS, QIES))
        vtd_queue_enable(u, FIELD_GET(GSTS, QIES, &cmd));
    if (changed & FIELD_MASK(GSTS, TES))
        switch_translation(u, FIELD_GET(GSTS, TES, &cmd));
}

/* Requests that were under way when translation was switched have ended, the queue's descriptor is done. */
static bool is_settled(const struct vtd_system *u)
{
    const struct vtd_driver *d = &u->driver;
    const struct timed *t = u->sys.timed;

    if (d->turning_off)
        return false;
    return !t || (sim_now(t->sim) >= d->settles_ps && !(d->drains && t->era_count[0] + t->era_count[1]));
}

/* What has happened since the last access is put into the registers. */
static void settle(struct vtd_system *u)
{
    struct vtd_driver *d = &u->driver;

    vtd_queue_settle(u);
    vtd_pri_settle(u);
    if (!d->unsettled || !is_settled(u))
        return;
    d->unsettled = d->drains = false;
    vtd_reg_put(u, VTD_REG_GSTS, d->status);
}

/* Requests by register are for units without a queue, or before it is on; scalable mode needs the queue. */
static bool by_register(const struct vtd_system *u)
{
    return !(vtd_reg_get(u, VTD_REG_GSTS) & FIELD_MASK(GSTS, QIES)) &&
           FIELD_GET(RTADDR, TTM, &u->regs.rtaddr) == VTD_TTM_LEGACY;
}

/* The granularity performed; 0: the request is rejected. */
static unsigned perform(struct vtd_system *u, const struct vtd_inv *inv)
{
    bool pages = inv->type == VTD_INV_IOTLB && inv->g == VTD_IOTLB_PAGE;

    if (!inv->g || !by_register(u) || (pages && inv->am > FIELD_GET(CAP, MAMV, &u->regs.cap)))
        return 0;
    u->st.register_invalidations++;
    invalidate(u, inv);
    return pages && !FIELD_GET(CAP, PSI, &u->regs.cap) ? VTD_IOTLB_DOMAIN : inv->g;
}

static void write_ccmd(struct vtd_system *u)
{
    uint64_t ccmd = vtd_reg_get(u, VTD_REG_CCMD);
    struct vtd_inv inv;

    if (!FIELD_GET(CCMD, ICC, &ccmd))
        return;
    vtd_inv_from_ccmd(ccmd, &inv);
    FIELD_SET(CCMD, CAIG, &ccmd, perform(u, &inv));
    FIELD_SET(CCMD, ICC, &ccmd, 0);
    vtd_reg_put(u, VTD_REG_CCMD, ccmd);
}

static void write_iotlb(struct vtd_system *u, uint64_t iotlb)
{
    struct vtd_inv inv;

    if (FIELD_GET(IOTLB, IVT, &iotlb)) {
        vtd_inv_from_iotlb(u->iva, iotlb, &inv);
        FIELD_SET(IOTLB, IAIG, &iotlb, perform(u, &inv));
        FIELD_SET(IOTLB, IVT, &iotlb, 0);
    }
    u->iotlb_reg = iotlb;
}

static struct vtd_region region(const struct vtd_system *u, enum vtd_reg base, enum vtd_reg limit)
{
    struct vtd_region r = { .first = vtd_reg_get(u, base),
                            .last = vtd_reg_get(u, limit) | bits_low((unsigned)u->par.unit.pmr_log2) };

    r.on = vtd_caps_has_register(u->regs.cap, u->regs.ecap, base) && r.first <= r.last;
    return r;
}

/* Base and limit count from the moment that protection is enabled. */
static void write_pmen(struct vtd_system *u, uint64_t pmen)
{
    bool on = FIELD_GET(PMEN, EPM, &pmen);

    if (on == FIELD_GET(PMEN, PRS, &pmen))
        return;
    FIELD_SET(PMEN, PRS, &pmen, on);
    vtd_reg_put(u, VTD_REG_PMEN, pmen);
    memset(u->regs.protect, 0, sizeof u->regs.protect);
    if (!on)
        return;
    u->regs.protect[0] = region(u, VTD_REG_PLMBASE, VTD_REG_PLMLIMIT);
    u->regs.protect[1] = region(u, VTD_REG_PHMBASE, VTD_REG_PHMLIMIT);
}

/* The cause of an event that has only one is gone. */
static void write_status(struct vtd_system *u, enum vtd_reg reg, enum vtd_event event)
{
    if (!vtd_reg_get(u, reg))
        vtd_event_withdraw(u, event);
}

/* After a merged write. */
static void act(struct vtd_system *u, const struct vtd_reg_row *r, uint64_t value)
{
    switch (r->offset) {
    case VTD_REG_GCMD:  write_gcmd(u, value); break;
    case VTD_REG_CCMD:  write_ccmd(u); break;
    case VTD_REG_FSTS:  vtd_queue_restart(u); break;
    case VTD_REG_FECTL: vtd_event_unmask(u, VTD_EVENT_FAULT); break;
    case VTD_REG_PMEN:  write_pmen(u, value); break;
    case VTD_REG_IQA:   vtd_queue_place(u); break;
    case VTD_REG_IQT:   vtd_queue_ring(u); break;
    case VTD_REG_ICS:   write_status(u, VTD_REG_ICS, VTD_EVENT_INVAL); break;
    case VTD_REG_IECTL: vtd_event_unmask(u, VTD_EVENT_INVAL); break;
    case VTD_REG_PQH: case VTD_REG_PQT: case VTD_REG_PQA: case VTD_REG_PRS:
        vtd_pri_change(u, (enum vtd_reg)r->offset);
        break;
    case VTD_REG_PECTL: vtd_event_unmask(u, VTD_EVENT_PAGE); break;
    case VTD_REG_PERFINTRSTS: write_status(u, VTD_REG_PERFINTRSTS, VTD_EVENT_PERF); break;
    case VTD_REG_PERFINTRCTL: vtd_event_unmask(u, VTD_EVENT_PERF); break;
    case VTD_REG_ECMD:  vtd_perf_command(u, value); break;
    default:            break;
    }
}

/* ---- writes --------------------------------------------------------------------------------- */

/* Bits that are 0 in this unit: a region's bounds are of its granularity, and within its addresses. */
static uint64_t hardwired(const struct vtd_system *u, enum vtd_reg reg)
{
    switch (reg) {
    case VTD_REG_PLMBASE: case VTD_REG_PLMLIMIT: case VTD_REG_PHMBASE: case VTD_REG_PHMLIMIT:
        return bits_low((unsigned)u->par.unit.pmr_log2) | ~bits_low(u->regs.haw);
    default:
        return 0;
    }
}

/* Bytes `offset` on of one register; `value` is aligned to `offset`. */
static void write_fixed(struct vtd_system *u, const struct vtd_reg_row *r, uint32_t offset,
                        uint64_t value, unsigned bytes)
{
    enum vtd_reg reg = (enum vtd_reg)r->offset;
    unsigned lo = (offset - r->offset) * 8;
    uint64_t mask = width_mask(bytes) << lo, old = vtd_reg_get(u, reg);
    uint64_t v = (old & ~(mask & r->writable)) | (value << lo & mask & r->writable);

    if (!vtd_caps_has_register(u->regs.cap, u->regs.ecap, reg))
        return;
    v &= ~(value << lo & mask & r->clear) & ~hardwired(u, reg);
    if (reg == VTD_REG_FSTS)
        vtd_set_fault_status(u, v);
    else if (reg != VTD_REG_GCMD)
        vtd_reg_put(u, reg, v);
    if (reg != VTD_REG_ECMD || offset == reg)        /* the command's own half */
        act(u, r, v);
}

static bool iva_at(const struct vtd_system *u, uint32_t offset, uint32_t *at)
{
    uint32_t base = (uint32_t)FIELD_GET(ECAP, IRO, &u->regs.ecap) * 16;

    *at = offset - base;
    return offset >= base && *at < 16;
}

/* IOTLB acts when its upper half is written; a driver with 32-bit accesses writes that one last. */
static bool write_iva(struct vtd_system *u, uint32_t offset, uint64_t value, unsigned bytes)
{
    uint64_t low = u->iotlb_reg & width_mask(4);
    uint32_t at;

    if (!iva_at(u, offset, &at))
        return false;
    if (at < VTD_REG_IOTLB)
        u->iva = bits_set(u->iva, at * 8 + bytes * 8 - 1, at * 8, value);
    else if (bytes == 8)
        write_iotlb(u, value);
    else if (at == VTD_REG_IOTLB)
        u->iotlb_reg = bits_set(u->iotlb_reg, 31, 0, value);
    else
        write_iotlb(u, value << 32 | low);
    return true;
}

static bool size_ok(uint32_t offset, unsigned bytes)
{
    return (bytes == 4 || bytes == 8) && offset % bytes == 0;
}

static void write(struct vtd_system *u, uint32_t offset, uint64_t value, unsigned bytes)
{
    const struct vtd_reg_row *r = vtd_reg_find(offset);

    value &= width_mask(bytes);
    if (vtd_faults_write(u, offset, value, bytes) || write_iva(u, offset, value, bytes) ||
        vtd_perf_write(u, offset, value, bytes))
        return;
    if (bytes == 8 && (!r || r->bytes == 4)) {
        write(u, offset, value & width_mask(4), 4);
        write(u, offset + 4, value >> 32, 4);
    } else if (r) {
        write_fixed(u, r, offset, value, bytes);
    }
}

int vtd_reg_write(struct vtd_system *u, uint32_t offset, uint64_t value, unsigned bytes)
{
    if (!size_ok(offset, bytes))
        return SIM_EINPUT;
    settle(u);
    write(u, offset, value, bytes);
    settle(u);
    return SIM_OK;
}

/* ---- reads ---------------------------------------------------------------------------------- */

/* GCMD and IVA are write-only. */
static uint64_t read_fixed(const struct vtd_system *u, const struct vtd_reg_row *r, uint32_t offset,
                           unsigned bytes)
{
    enum vtd_reg reg = (enum vtd_reg)r->offset;
    uint64_t value;

    switch (reg) {
    case VTD_REG_VER:  value = u->par.unit.ver; break;
    case VTD_REG_CAP:  value = u->regs.cap; break;
    case VTD_REG_ECAP: value = u->regs.ecap; break;
    case VTD_REG_GCMD: value = 0; break;
    case VTD_REG_PERFFRZ: value = u->perf.frozen ? bits_low((unsigned)u->par.unit.perf_counters) : 0; break;
    default:           value = vtd_reg_get(u, reg); break;
    }
    if (!vtd_caps_has_register(u->regs.cap, u->regs.ecap, reg))
        value = 0;
    return value >> (offset - r->offset) * 8 & width_mask(bytes);
}

static uint64_t read(struct vtd_system *u, uint32_t offset, unsigned bytes)
{
    const struct vtd_reg_row *r = vtd_reg_find(offset);
    uint64_t value = 0;
    uint32_t at;

    if (vtd_faults_read(u, offset, bytes, &value) || vtd_perf_read(u, offset, bytes, &value))
        return value;
    if (iva_at(u, offset, &at))
        return at < VTD_REG_IOTLB ? 0 : u->iotlb_reg >> (at - VTD_REG_IOTLB) * 8 & width_mask(bytes);
    if (bytes == 8 && (!r || r->bytes == 4))
        return read(u, offset, 4) | read(u, offset + 4, 4) << 32;
    return r ? read_fixed(u, r, offset, bytes) : 0;
}

uint64_t vtd_reg_read(struct vtd_system *u, uint32_t offset, unsigned bytes)
{
    if (!size_ok(offset, bytes))
        return 0;
    settle(u);
    return read(u, offset, bytes);
}
