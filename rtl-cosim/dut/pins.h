/* SPDX-License-Identifier: Apache-2.0
 *
 * pins.h - ports that several modules of ours have, by the same names: registers, reads, interrupts, the match of an
 *          invalidation.  C++.
 */
#ifndef RTL_COSIM_DUT_PINS_H
#define RTL_COSIM_DUT_PINS_H
#include "rtl-cosim/dut/verilated_dut.h"

template <class V> class ReadingDut : public VerilatedDut<V> {
public:
    using VerilatedDut<V>::VerilatedDut;

protected:
    void drive_reads(bool ar_ready, const struct cosim_r &r)
    {
        V &t = *this->top;

        t.ar_ready = ar_ready;
        t.r_valid = r.valid;
        t.r_id = r.id;
        t.r_data = r.data;
        t.r_last = r.last;
        t.r_err = r.error;
    }

    void sample_reads(struct cosim_out &out)
    {
        const V &t = *this->top;

        out.r_ready = t.r_ready;
        if (t.ar_valid)
            out.ar = { true, t.ar_id, uint8_t(t.ar_len + 1), t.ar_addr };
    }
};

template <class V> class RegisterDut : public ReadingDut<V> {
public:
    using ReadingDut<V>::ReadingDut;

protected:
    void drive_registers(const struct cosim_reg &reg)
    {
        V &t = *this->top;

        t.reg_valid = reg.valid;
        t.reg_write = reg.write;
        t.reg_bytes = reg.bytes;
        t.reg_offset = reg.offset;
        t.reg_wdata = reg.data;
    }

    void sample_shared(struct cosim_out &out)
    {
        const V &t = *this->top;

        out.reg_ready = t.reg_ready;
        out.reg_valid = t.reg_rvalid;
        out.reg_data = t.reg_rdata;
        out.irq = t.irq;
        out.idle = t.idle;
        this->sample_reads(out);
    }
};

template <class V> void drive_match(V &t, const struct cosim_store_match &m)
{
    t.by_addr = m.by_addr;
    t.n_tag = m.n_tag;
    t.ctx_mask = m.ctx_mask;
    t.ctx_value = m.ctx_value;
    t.tag_mask0 = m.tag_mask[0];
    t.tag_value0 = m.tag_value[0];
    t.tag_mask1 = m.tag_mask[1];
    t.tag_value1 = m.tag_value[1];
    t.first = m.first;
    t.last = m.last;
}

#endif
