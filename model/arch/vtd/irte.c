/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/vtd/irte.h"

#include "arch/vtd/fault.h"
#include "arch/vtd/invdesc.h"
#include "base/sim.h"

FIELD_TABLE(vtd_irta_fields, "IRTA", "VT-d 11.4", 1, IRTA_FIELDS);
FIELD_TABLE(vtd_irte_fields, "IRTE", "VT-d 9.9", VTD_IRTE_WORDS, IRTE_FIELDS);
FIELD_TABLE(vtd_pirte_fields, "IRTE", "VT-d 9.10", VTD_IRTE_WORDS, PIRTE_FIELDS);
FIELD_TABLE(vtd_pd_fields, "PD", "VT-d 9.11", VTD_PD_WORDS, PD_FIELDS);

/* Without EIME an APIC id has 8 bits, which stand in the second byte. */
enum { XAPIC_SHIFT = 8, XAPIC_ID = 0xff };

bool vtd_ir_extended(const struct vtd_regs *r)
{
    return FIELD_GET(IRTA, EIME, &r->irta) && FIELD_GET(ECAP, EIM, &r->ecap);
}

uint32_t vtd_ir_entries(const struct vtd_regs *r)
{
    return 2u << FIELD_GET(IRTA, S, &r->irta);
}

uint64_t vtd_ir_entry_pa(const struct vtd_regs *r, uint32_t index)
{
    return FIELD_ADDR(IRTA, IRTA, &r->irta) + (uint64_t)index * VTD_IRTE_BYTES;
}

/* ---- entries -------------------------------------------------------------------------------- */

static uint32_t dest_of(const struct vtd_regs *r, uint32_t field)
{
    return vtd_ir_extended(r) ? field : field >> XAPIC_SHIFT & XAPIC_ID;
}

static bool remapped_reserved(const struct vtd_regs *r, const uint64_t *words)
{
    uint64_t dst = FIELD_GET(IRTE, DST, words);

    return (words[0] & field_reserved(&vtd_irte_fields, 0)) || (words[1] & field_reserved(&vtd_irte_fields, 1)) ||
           (!vtd_ir_extended(r) && (dst & ~((uint64_t)XAPIC_ID << XAPIC_SHIFT)));
}

static uint64_t descriptor_of(const uint64_t *words)
{
    return FIELD_GET(PIRTE, PDA_LO, words) << 6 | FIELD_GET(PIRTE, PDA_HI, words) << 32;
}

/* IM itself is reserved without posted interrupts. */
static bool posted_reserved(const struct vtd_regs *r, const uint64_t *words)
{
    return !FIELD_GET(CAP, PI, &r->cap) || (words[0] & field_reserved(&vtd_pirte_fields, 0)) ||
           (words[1] & field_reserved(&vtd_pirte_fields, 1)) || (descriptor_of(words) & ~bits_low(r->haw));
}

static void decode_remapped(const struct vtd_regs *r, const uint64_t *words, struct vtd_irte *e)
{
    e->dm = FIELD_GET(IRTE, DM, words);
    e->rh = FIELD_GET(IRTE, RH, words);
    e->tm = FIELD_GET(IRTE, TM, words);
    e->dlm = (uint8_t)FIELD_GET(IRTE, DLM, words);
    e->dest = dest_of(r, (uint32_t)FIELD_GET(IRTE, DST, words));
}

unsigned vtd_decode_irte(const struct vtd_regs *r, const uint64_t words[VTD_IRTE_WORDS], struct vtd_irte *e)
{
    bool posted = FIELD_GET(IRTE, IM, words);

    *e = (struct vtd_irte){
        .fpd = FIELD_GET(IRTE, FPD, words), .posted = posted, .vector = (uint8_t)FIELD_GET(IRTE, V, words),
        .sid = (uint16_t)FIELD_GET(IRTE, SID, words), .sq = (uint8_t)FIELD_GET(IRTE, SQ, words),
        .svt = (uint8_t)FIELD_GET(IRTE, SVT, words),
    };
    if (!FIELD_GET(IRTE, P, words))
        return VTD_IR_ABSENT;
    if (posted ? posted_reserved(r, words) : remapped_reserved(r, words))
        return VTD_IR_RESERVED;
    if (!posted) {
        decode_remapped(r, words, e);
        return VTD_NO_FAULT;
    }
    e->urgent = FIELD_GET(PIRTE, URG, words);
    e->pd = descriptor_of(words);
    return VTD_NO_FAULT;
}

void vtd_encode_irte(const struct vtd_regs *r, const struct vtd_irte *e, uint64_t words[VTD_IRTE_WORDS])
{
    words[0] = words[1] = 0;
    FIELD_SET(IRTE, P, words, 1);
    FIELD_SET(IRTE, FPD, words, e->fpd);
    FIELD_SET(IRTE, IM, words, e->posted);
    FIELD_SET(IRTE, V, words, e->vector);
    FIELD_SET(IRTE, SID, words, e->sid);
    FIELD_SET(IRTE, SQ, words, e->sq);
    FIELD_SET(IRTE, SVT, words, e->svt);
    if (e->posted) {
        FIELD_SET(PIRTE, URG, words, e->urgent);
        FIELD_SET(PIRTE, PDA_LO, words, e->pd >> 6);
        FIELD_SET(PIRTE, PDA_HI, words, e->pd >> 32);
        return;
    }
    FIELD_SET(IRTE, DM, words, e->dm);
    FIELD_SET(IRTE, RH, words, e->rh);
    FIELD_SET(IRTE, TM, words, e->tm);
    FIELD_SET(IRTE, DLM, words, e->dlm);
    FIELD_SET(IRTE, DST, words, vtd_ir_extended(r) ? e->dest : e->dest << XAPIC_SHIFT);
}

bool vtd_irte_source_ok(const struct vtd_irte *e, uint16_t sid)
{
    unsigned bus = sid >> 8;

    switch (e->svt) {
    case VTD_SVT_NONE: return true;
    case VTD_SVT_SID:  return ((sid ^ e->sid) & vtd_inv_sid_mask(e->sq)) == 0;
    case VTD_SVT_BUS:  return bus >= e->sid >> 8 && bus <= (e->sid & 0xffu);
    default:           return false;
    }
}

/* ---- messages ------------------------------------------------------------------------------- */

static uint64_t message_addr(bool dm, bool rh, uint32_t dest)
{
    uint64_t a = 0;

    FIELD_SET(MSG_ADDR, DM, &a, dm);
    FIELD_SET(MSG_ADDR, RH, &a, rh);
    FIELD_SET(MSG_ADDR, DEST, &a, dest);
    FIELD_SET(MSG_ADDR, HEAD, &a, 0xfee);
    FIELD_SET(MSG_ADDR, DEST_HI, &a, dest >> 8);
    return a;
}

static uint32_t message_data(uint8_t vector, uint8_t dlm, bool tm)
{
    uint64_t d = 0;

    FIELD_SET(MSG_DATA, V, &d, vector);
    FIELD_SET(MSG_DATA, DLM, &d, dlm);
    FIELD_SET(MSG_DATA, L, &d, 1);
    FIELD_SET(MSG_DATA, TM, &d, tm);
    return (uint32_t)d;
}

struct vtd_msg vtd_ir_request(uint16_t handle, bool shv, uint16_t subhandle)
{
    uint64_t a = message_addr(false, false, 0);

    FIELD_SET(IRQ_ADDR, FORMAT, &a, 1);
    FIELD_SET(IRQ_ADDR, SHV, &a, shv);
    FIELD_SET(IRQ_ADDR, HANDLE, &a, handle);
    FIELD_SET(IRQ_ADDR, HANDLE_15, &a, handle >> 15);
    return (struct vtd_msg){ a, shv ? subhandle : 0 };
}

/* ---- the machine ---------------------------------------------------------------------------- */

static void end(struct vtd_ir *ir, unsigned code)
{
    ir->ask = VTD_IR_END;
    ir->code = (uint8_t)code;
    ir->recorded = code && !(ir->e.fpd && vtd_reason_fpd((uint8_t)code));
}

static void ask(struct vtd_ir *ir, enum vtd_ir_ask what, uint64_t pa)
{
    ir->ask = (uint8_t)what;
    ir->pa = pa;
}

/* Compatibility format passes as it is, if it may. */
static void pass(struct vtd_ir *ir)
{
    if (vtd_ir_extended(ir->regs) || !ir->regs->cfis) {
        end(ir, VTD_IR_COMPAT);
        return;
    }
    ir->msg = (struct vtd_msg){ ir->req.addr, ir->req.data };
    end(ir, VTD_NO_FAULT);
}

static void take_handle(struct vtd_ir *ir)
{
    uint64_t addr = ir->req.addr, data = ir->req.data;

    ir->index = (uint32_t)(FIELD_GET(IRQ_ADDR, HANDLE, &addr) | FIELD_GET(IRQ_ADDR, HANDLE_15, &addr) << 15);
    if (FIELD_GET(IRQ_ADDR, SHV, &addr)) {
        if (data & ~FIELD_MASK(IRQ_DATA, SUBHANDLE)) {
            end(ir, VTD_IR_REQUEST);
            return;
        }
        ir->index += (uint32_t)FIELD_GET(IRQ_DATA, SUBHANDLE, &data);
    }
    if (ir->index >= vtd_ir_entries(ir->regs))
        end(ir, VTD_IR_INDEX);
    else
        ask(ir, VTD_IR_IEC, 0);
}

void vtd_ir_begin(struct vtd_ir *ir, const struct vtd_regs *regs, const struct vtd_ir_req *req)
{
    *ir = (struct vtd_ir){ .regs = regs, .req = *req };
    if (!req->write)
        end(ir, VTD_IR_BLOCKED);
    else if (FIELD_GET(IRQ_ADDR, FORMAT, &req->addr))
        take_handle(ir);
    else
        pass(ir);
}

unsigned vtd_ir_words(const struct vtd_ir *ir)
{
    return ir->ask == VTD_IR_IRTE ? VTD_IRTE_WORDS : ir->ask == VTD_IR_PD ? VTD_PD_WORDS : 0;
}

/* With an entry that is present and legal. */
static void with_entry(struct vtd_ir *ir)
{
    const struct vtd_irte *e = &ir->e;

    if (!vtd_irte_source_ok(e, ir->req.sid)) {
        end(ir, VTD_IR_SOURCE);
        return;
    }
    ir->remapped = true;
    if (e->posted) {
        ask(ir, VTD_IR_PD, e->pd);
        return;
    }
    ir->msg = (struct vtd_msg){ message_addr(e->dm, e->rh, e->dest), message_data(e->vector, e->dlm, e->tm) };
    end(ir, VTD_NO_FAULT);
}

static void take_entry(struct vtd_ir *ir, const uint64_t *words)
{
    unsigned code = words ? vtd_decode_irte(ir->regs, words, &ir->e) : VTD_IR_READ;

    if (code) {
        end(ir, code);
        return;
    }
    ir->got = true;
    with_entry(ir);
}

static bool descriptor_reserved(const uint64_t *words)
{
    for (unsigned i = 0; i < VTD_PD_WORDS; i++)
        if (words[i] & field_reserved(&vtd_pd_fields, i))
            return true;
    return false;
}

static void write_back(struct vtd_ir *ir, unsigned word, uint64_t value)
{
    ir->post[ir->posts].pa = ir->pa + 8ull * word;
    ir->post[ir->posts++].value = value;
}

/* The vector's request bit is set; ON too, and a notification sent, if none is outstanding and they are wanted. */
static void take_descriptor(struct vtd_ir *ir, const uint64_t *words)
{
    unsigned word = ir->e.vector / 64u;

    if (!words || descriptor_reserved(words)) {
        end(ir, words ? VTD_IR_PD_RESERVED : VTD_IR_PD_READ);
        return;
    }
    write_back(ir, word, words[word] | 1ull << ir->e.vector % 64u);
    ir->notifies = !FIELD_GET(PD, ON, words) && (!FIELD_GET(PD, SN, words) || ir->e.urgent);
    if (ir->notifies) {
        write_back(ir, PD_ON_WORD, words[PD_ON_WORD] | FIELD_MASK(PD, ON));
        ir->msg = (struct vtd_msg){ message_addr(false, false, dest_of(ir->regs, (uint32_t)FIELD_GET(PD, NDST, words))),
                                    message_data((uint8_t)FIELD_GET(PD, NV, words), 0, false) };
    }
    end(ir, VTD_NO_FAULT);
}

void vtd_ir_tell(struct vtd_ir *ir, const uint64_t *words)
{
    ir->got = false;
    ir->posts = 0;
    SIM_CHECK(vtd_ir_words(ir), "words told to question %u of an interrupt", ir->ask);
    if (ir->ask == VTD_IR_IRTE)
        take_entry(ir, words);
    else
        take_descriptor(ir, words);
}

void vtd_ir_tell_none(struct vtd_ir *ir)
{
    SIM_CHECK(ir->ask == VTD_IR_IEC, "nothing told to question %u of an interrupt", ir->ask);
    ask(ir, VTD_IR_IRTE, vtd_ir_entry_pa(ir->regs, ir->index));
}

void vtd_ir_tell_entry(struct vtd_ir *ir, const struct vtd_irte *e)
{
    SIM_CHECK(ir->ask == VTD_IR_IEC, "an entry told to question %u of an interrupt", ir->ask);
    ir->e = *e;
    with_entry(ir);
}

bool vtd_ir_names_index(uint8_t code)
{
    switch (code) {
    case VTD_IR_INDEX: case VTD_IR_ABSENT: case VTD_IR_READ: case VTD_IR_RESERVED: case VTD_IR_SOURCE:
    case VTD_IR_PD_READ: case VTD_IR_PD_RESERVED:
        return true;
    default:
        return false;
    }
}
