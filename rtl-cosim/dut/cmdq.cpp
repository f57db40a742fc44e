/* SPDX-License-Identifier: Apache-2.0
 *
 * cmdq.cpp - adapter of queue_top, L2: registers and command queue; what commands invalidate comes out decoded.
 */
#include "Vcmdq.h"
#include "rtl-cosim/dut/pins.h"

namespace {

class Queue : public RegisterDut<Vcmdq> {
public:
    using RegisterDut::RegisterDut;

    void tick(const struct cosim_in &in, struct cosim_out &out)
    {
        drive_registers(in.reg);
        drive_reads(in.ar_ready, in.r);
        top->inv_ready = in.inval_ready;
        clock([&] {
            out = {};
            sample_shared(out);
            if (top->inv_valid)
                sample_inval(out.inval);
        });
    }

private:
    void sample_inval(struct cosim_inval &inv)
    {
        inv.valid = true;
        inv.kind = top->inv_kind;
        inv.leaf = top->inv_leaf;
        inv.asid = top->inv_asid;
        inv.vmid = top->inv_vmid;
        inv.sid_first = top->inv_sid_first;
        inv.sid_last = top->inv_sid_last;
        inv.first = top->inv_first;
        inv.last = top->inv_last;
    }
};

const struct cosim_param built[] = { { "fetch", 4 }, { nullptr, 0 } };

struct cosim_dut_ops table()
{
    struct cosim_dut_ops ops = {};

    VerilatedOps<Queue>::fill(&ops);
    ops.name = "cmdq";
    ops.about = "registers and command queue of iommu_top";
    ops.level = COSIM_QUEUE;
    ops.caps = COSIM_CAP_REGISTERS | COSIM_CAP_QUEUES;
    ops.built = built;
    return ops;
}

}

extern "C" {
extern const struct cosim_dut_ops DUT_OPS;
const struct cosim_dut_ops DUT_OPS = table();
}
