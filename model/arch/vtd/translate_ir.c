/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/vtd/translate_impl.h"

/* What arch/vtd/irte asks for, or its end. */
static void follow(struct vtd_xl *m)
{
    static const uint8_t kind[] = { [VTD_IR_IEC] = VTD_Q_IEC, [VTD_IR_IRTE] = VTD_Q_IRTE, [VTD_IR_PD] = VTD_Q_PD };
    const struct vtd_ir *ir = &m->ir;
    bool posted = ir->remapped && ir->e.posted;

    m->got = ir->got ? VTD_GOT_IRTE : 0;
    m->fpd = ir->e.fpd;
    if (vtd_ir_asks(ir)) {
        m->q = (struct vtd_q){ .kind = kind[ir->ask], .words = (uint8_t)vtd_ir_words(ir), .pa = ir->pa,
                               .in = ir->index };
    } else if (ir->code) {
        vtd_xl_fault(m, (enum vtd_reason_code)ir->code);
    } else {
        m->res.ipa = posted ? ir->e.vector : ir->msg.data;
        vtd_xl_end(m, XL_INTERRUPT, posted ? ir->e.pd : ir->msg.addr);
    }
}

void vtd_xl_begin_ir(struct vtd_xl *m)
{
    const struct xl_req *r = &m->req;

    if (!m->regs->ires) {
        m->res.ipa = r->data;
        vtd_xl_end(m, XL_INTERRUPT, r->addr);
        return;
    }
    m->remaps = true;
    vtd_ir_begin(&m->ir, m->regs,
                 &(struct vtd_ir_req){ .addr = r->addr, .data = r->data, .sid = (uint16_t)r->sid,
                                       .write = (r->write || r->no_dir) && !r->atomic });
    follow(m);
}

void vtd_xl_no_irte(struct vtd_xl *m)
{
    vtd_ir_tell_none(&m->ir);
    follow(m);
}

void vtd_xl_tell_irte(struct vtd_xl *m, const struct vtd_irte *e)
{
    vtd_xl_expect(m, VTD_Q_IEC);
    vtd_ir_tell_entry(&m->ir, e);
    follow(m);
}

void vtd_xl_take_ir(struct vtd_xl *m, const uint64_t *words)
{
    vtd_ir_tell(&m->ir, words);
    follow(m);
}
