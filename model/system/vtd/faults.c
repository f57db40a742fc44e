/* SPDX-License-Identifier: Apache-2.0
 *
 * Fault records, the fault status, and events: when a message is sent, pends, is withdrawn.
 * [VT-d 7.2, 7.3]
 */
#include "system/vtd/vtd.h"

#include <string.h>

#include "base/sim.h"

/* ---- events --------------------------------------------------------------------------------- */

static const enum vtd_reg controls[VTD_EVENTS] = {
    [VTD_EVENT_FAULT] = VTD_REG_FECTL, [VTD_EVENT_INVAL] = VTD_REG_IECTL,
    [VTD_EVENT_PAGE] = VTD_REG_PECTL, [VTD_EVENT_PERF] = VTD_REG_PERFINTRCTL,
};
enum { DATA = 4, ADDR = 8, UPPER = 12 };       /* from the control register on */

static uint64_t beside(const struct vtd_system *u, enum vtd_event event, unsigned offset)
{
    return vtd_reg_get(u, (enum vtd_reg)(controls[event] + offset));
}

static void count(struct vtd_system *u, enum vtd_event event)
{
    uint64_t *const stat[VTD_EVENTS] = {
        [VTD_EVENT_FAULT] = &u->st.fault_events, [VTD_EVENT_INVAL] = &u->st.inval_events,
        [VTD_EVENT_PAGE] = &u->st.page_events, [VTD_EVENT_PERF] = &u->st.perf_events,
    };

    ++*stat[event];
}

/* The upper address belongs to 32-bit APIC ids.  What goes to the processors' interrupt controllers takes
 * nothing of memory. */
static void send(struct vtd_system *u, enum vtd_event event)
{
    uint64_t addr = beside(u, event, ADDR);

    count(u, event);
    if (FIELD_GET(ECAP, EIM, &u->regs.ecap))
        addr |= beside(u, event, UPPER) << 32;
    if (!addr || vtd_interrupt_range(addr))
        return;
    u->driver.msi.mem = u->sys.mem;
    msi_send(&u->driver.msi, event, addr, (uint32_t)beside(u, event, DATA) & 0xffff);
}

void vtd_event_raise(struct vtd_system *u, enum vtd_event event)
{
    uint64_t ctl = vtd_reg_get(u, controls[event]);

    if (!FIELD_GET(EVCTL, IM, &ctl)) {
        send(u, event);
        return;
    }
    FIELD_SET(EVCTL, IP, &ctl, 1);
    vtd_reg_put(u, controls[event], ctl);
}

void vtd_event_withdraw(struct vtd_system *u, enum vtd_event event)
{
    uint64_t ctl = vtd_reg_get(u, controls[event]);

    FIELD_SET(EVCTL, IP, &ctl, 0);
    vtd_reg_put(u, controls[event], ctl);
}

void vtd_event_unmask(struct vtd_system *u, enum vtd_event event)
{
    uint64_t ctl = vtd_reg_get(u, controls[event]);

    if (FIELD_GET(EVCTL, IM, &ctl) || !FIELD_GET(EVCTL, IP, &ctl))
        return;
    vtd_event_withdraw(u, event);
    send(u, event);
}

/* ---- status --------------------------------------------------------------------------------- */

/* Does any status bit call for an event?  All but FRI do. */
static bool condition(uint64_t fsts)
{
    FIELD_SET(FSTS, FRI, &fsts, 0);
    return fsts != 0;
}

/* The event is sent when the first condition appears, or, if it was masked, when the mask goes. */
void vtd_set_fault_status(struct vtd_system *u, uint64_t fsts)
{
    bool before = condition(vtd_reg_get(u, VTD_REG_FSTS)), now = condition(fsts);

    vtd_reg_put(u, VTD_REG_FSTS, fsts);
    if (now && !before)
        vtd_event_raise(u, VTD_EVENT_FAULT);
    else if (!now)
        vtd_event_withdraw(u, VTD_EVENT_FAULT);
}

/* ---- records -------------------------------------------------------------------------------- */

enum { RECORD_BYTES = FRCD_WORDS * 8 };

static unsigned fault_records(const struct vtd_system *u)
{
    return (unsigned)FIELD_GET(CAP, NFR, &u->regs.cap) + 1;
}

void vtd_faults_reset(struct vtd_system *u)
{
    memset(u->frcd, 0, sizeof u->frcd);
    u->next_frcd = 0;
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
    vtd_set_fault_status(u, fsts);
}

static void clear_fault(struct vtd_system *u, unsigned i)
{
    uint64_t fsts = vtd_reg_get(u, VTD_REG_FSTS);
    bool any = false;

    FIELD_SET(FRCD, F, u->frcd[i], 0);
    for (unsigned k = 0; k < fault_records(u); k++)
        any |= FIELD_GET(FRCD, F, u->frcd[k]);
    FIELD_SET(FSTS, PPF, &fsts, any);
    vtd_set_fault_status(u, fsts);
}

static bool find(const struct vtd_system *u, uint32_t offset, uint32_t *at)
{
    uint32_t base = (uint32_t)FIELD_GET(CAP, FRO, &u->regs.cap) * 16;

    *at = offset - base;
    return offset >= base && *at < fault_records(u) * RECORD_BYTES;
}

bool vtd_faults_write(struct vtd_system *u, uint32_t offset, uint64_t value, unsigned bytes)
{
    uint32_t at;

    if (!find(u, offset, &at))
        return false;
    if (at % RECORD_BYTES + bytes == RECORD_BYTES && value >> (bytes * 8 - 1) & 1)
        clear_fault(u, at / RECORD_BYTES);
    return true;
}

bool vtd_faults_read(const struct vtd_system *u, uint32_t offset, unsigned bytes, uint64_t *value)
{
    uint32_t at;

    if (!find(u, offset, &at))
        return false;
    *value = u->frcd[at / RECORD_BYTES][at / 8 % FRCD_WORDS] >> at % 8 * 8 & bits_low(bytes * 8);
    return true;
}
