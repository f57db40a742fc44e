/* SPDX-License-Identifier: Apache-2.0
 *
 * Adapter of the caches, L0: iotlb, cfg_cache and walk_cache through store_shim.sv.  One object for each design:
 * verilate.cmake says which by macros.
 */
#include DUT_HEADER

#include "rtl-cosim/dut/built.h"
#include "rtl-cosim/dut/pins.h"

namespace {

class Store : public VerilatedDut<DUT_CLASS> {
public:
    using VerilatedDut::VerilatedDut;

    void tick(const struct cosim_in &in, struct cosim_out &out)
    {
        drive(in.store);
        clock([&] { sample(out); });
    }

private:
    void drive(const struct cosim_store_in &in)
    {
        top->lookup = in.lookup;
        top->lookup_ctx = in.lookup_ctx;
        top->lookup_addr = in.lookup_addr;
        top->fill = in.fill;
        top->fill_size_log2 = in.fill_size_log2;
        top->fill_ctx = in.fill_ctx;
        top->fill_base = in.fill_base;
        top->fill_tag = in.fill_tag;
        top->fill_payload = uint32_t(in.fill_payload);
        top->inval = in.inval;
        drive_match(*top, in.match);
    }

    void sample(struct cosim_out &out)
    {
        out = {};
        out.store.ready = top->ready;
        out.store.answered = top->answered;
        out.store.hit = top->hit;
        out.store.size_log2 = top->size_log2;
        out.store.levels = top->levels;
        out.store.payload = top->payload;
        out.store.filled = top->filled;
        out.store.evicted = top->evicted;
        out.store.way = top->way;
        out.store.inval_done = top->inval_done;
        out.idle = top->ready;
    }
};

struct cosim_dut_ops table()
{
    struct cosim_dut_ops ops = {};

    VerilatedOps<Store>::fill(&ops);
    ops.name = DUT_NAME;
    ops.about = "cache in RTL: lookups, fills, invalidations";
    ops.level = COSIM_STORE;
    ops.built = built;
    return ops;
}

}

extern "C" {
extern const struct cosim_dut_ops DUT_OPS;
const struct cosim_dut_ops DUT_OPS = table();
}
