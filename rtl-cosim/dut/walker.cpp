/* SPDX-License-Identifier: Apache-2.0
 *
 * Adapter of the walker, L1, through walker_shim.sv.  One object for each design, as for dut/store.cpp.
 */
#include DUT_HEADER

#include "rtl-cosim/dut/built.h"
#include "rtl-cosim/dut/pins.h"

namespace {

class Walker : public ReadingDut<DUT_CLASS> {
public:
    using ReadingDut::ReadingDut;

    void tick(const struct cosim_in &in, struct cosim_out &out)
    {
        drive_walk(in);
        drive_reads(in.ar_ready, in.r);
        drive_inval(in.store);
        clock([&] { sample(out); });
    }

private:
    void drive_walk(const struct cosim_in &in)
    {
        const struct cosim_walk_req &q = in.walk;

        top->req_valid = q.valid;
        top->req_ipa_only = q.stage2_only;
        top->req_nofill = q.nofill;
        top->req_write = q.write;
        top->req_exec = q.exec;
        top->req_priv = q.priv;
        top->req_tag = uint8_t(q.id);
        top->req_addr = q.addr;
        for (int i = 0; q.valid && i < 8; i++) {
            top->ste[i] = q.context->ste[i];
            top->cd[i] = q.context->cd[i];
        }
        top->rsp_ready = in.walk_rsp_ready;
    }

    void drive_inval(const struct cosim_store_in &in)
    {
        top->inval_valid = in.inval;
        top->inval_parts = in.parts;
        drive_match(*top, in.match);
    }

    void sample(struct cosim_out &out)
    {
        out = {};
        out.walk_ready = top->req_ready;
        out.store.ready = top->inval_ready;
        out.store.inval_done = top->inval_done;
        out.idle = top->idle;
        sample_reads(out);
        if (top->rsp_valid)
            sample_walk(out.walk);
    }

    void sample_walk(struct cosim_walk_rsp &w)
    {
        w.valid = true;
        w.fault = !top->rsp_ok;
        w.fault_s2 = top->rsp_s2;
        w.recorded = top->rsp_record;
        w.overtaken = top->rsp_overtaken;
        w.piece = top->rsp_piece;
        w.code = top->rsp_code;
        w.cls = top->rsp_cls;
        w.size_log2 = top->rsp_size_log2;
        w.perm1 = top->rsp_perm1;
        w.perm2 = top->rsp_perm2;
        w.global = top->rsp_global;
        w.id = top->rsp_tag;
        w.addr = top->rsp_pa;
        w.ipa = top->rsp_ipa;
        w.fetch = top->rsp_fetch;
        w.s1_reads = top->rsp_s1_reads;
        w.s2_reads = top->rsp_s2_reads;
    }
};

struct cosim_dut_ops table()
{
    struct cosim_dut_ops ops = {};

    VerilatedOps<Walker>::fill(&ops);
    ops.name = DUT_NAME;
    ops.about = "walker in RTL: translation table walks of both stages";
    ops.level = COSIM_WALKER;
    ops.caps = COSIM_CAP_NESTED | COSIM_CAP_STAGE2 | COSIM_CAP_FAULTS | COSIM_CAP_REORDERS;
    ops.built = built;
    return ops;
}

}

extern "C" {
extern const struct cosim_dut_ops DUT_OPS;
const struct cosim_dut_ops DUT_OPS = table();
}
