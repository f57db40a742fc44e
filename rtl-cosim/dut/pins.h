/* SPDX-License-Identifier: Apache-2.0
 *
 * pins.h - the ports that iommu_top and queue_top share: registers, reads, interrupts.  C++.
 */
#ifndef RTL_COSIM_DUT_PINS_H
#define RTL_COSIM_DUT_PINS_H
#include "rtl-cosim/dut/verilated_dut.h"

template <class V> class RegisterDut : public VerilatedDut<V> {
public:
    using VerilatedDut<V>::VerilatedDut;

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

    void sample_shared(struct cosim_out &out)
    {
        const V &t = *this->top;

        out.reg_ready = t.reg_ready;
        out.reg_valid = t.reg_rvalid;
        out.reg_data = t.reg_rdata;
        out.r_ready = t.r_ready;
        out.irq = t.irq;
        out.idle = t.idle;
        if (t.ar_valid)
            out.ar = { true, t.ar_id, uint8_t(t.ar_len + 1), t.ar_addr };
    }
};

#endif
