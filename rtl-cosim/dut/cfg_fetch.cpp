/* SPDX-License-Identifier: Apache-2.0
 *
 * Adapter of cfg_fetch_shim.sv: cfg_fetch and a walker, one transaction at a time.  Registers are STRTAB_BASE,
 * STRTAB_BASE_CFG and CR2; others are taken and mean nothing.  What a record would show is on channel walk, beside
 * the answer.
 */
#include DUT_HEADER

#include "rtl-cosim/dut/built.h"
#include "rtl-cosim/dut/pins.h"

namespace {

enum : uint32_t { CR2 = 0x2c, STRTAB_BASE = 0x80, STRTAB_BASE_CFG = 0x88 };

class CfgFetch : public ReadingDut<DUT_CLASS> {
public:
    using ReadingDut::ReadingDut;

    void tick(const struct cosim_in &in, struct cosim_out &out)
    {
        if (in.reg.valid && in.reg.write)
            write(in.reg);
        drive(in);
        clock([&] { sample(out); });
    }

private:
    void write(const struct cosim_reg &r)
    {
        switch (r.offset) {
        case CR2:
            top->recinvsid = r.data >> 1 & 1;
            break;
        case STRTAB_BASE:
            top->strtab = r.data & 0xffffffffffc0;
            break;
        case STRTAB_BASE_CFG:
            top->strtab_log2 = r.data & 63;
            top->split = r.data >> 6 & 31;
            top->two_level = (r.data >> 16 & 3) == 1;
            break;
        default:
            break;
        }
    }

    void drive(const struct cosim_in &in)
    {
        top->req_valid = in.req.valid;
        top->req_sid = in.req.sid;
        top->req_ssv = in.req.has_ssid;
        top->req_ssid = in.req.ssid & 0xfffff;
        top->req_addr = in.req.addr;
        top->req_write = in.req.write;
        top->req_exec = in.req.exec;
        top->req_priv = in.req.priv;
        top->rsp_ready = in.rsp_ready;
        drive_reads(in.ar_ready, in.r);
    }

    void sample(struct cosim_out &out)
    {
        out = {};
        out.req_ready = top->req_ready;
        out.idle = top->req_ready;
        out.reg_ready = true;
        sample_reads(out);
        if (top->rsp_valid)
            sample_rsp(out.rsp, out.walk);
    }

    void sample_rsp(struct cosim_rsp &r, struct cosim_walk_rsp &w)
    {
        r.valid = true;
        r.outcome = top->rsp_outcome;
        r.code = top->rsp_code;
        r.size_log2 = top->rsp_size_log2;
        r.addr = top->rsp_addr;
        r.trail.cfg_reads = top->rsp_cfg_reads;
        r.trail.s1_reads = top->rsp_s1_reads;
        r.trail.s2_reads = top->rsp_s2_reads;
        w.valid = true;
        w.recorded = top->rsp_record;
        w.fault_s2 = top->rsp_s2;
        w.cls = top->rsp_cls;
        w.perm1 = top->rsp_perm1;
        w.perm2 = top->rsp_perm2;
        w.global = top->rsp_global;
        w.ipa = top->rsp_ipa;
        w.fetch = top->rsp_fetch;
        w.id = uint32_t(top->rsp_asid) | uint32_t(top->rsp_vmid) << 16;
    }
};

struct cosim_dut_ops table()
{
    struct cosim_dut_ops ops = {};

    VerilatedOps<CfgFetch>::fill(&ops);
    ops.name = DUT_NAME;
    ops.about = "configurations fetched and walks in RTL, a transaction at a time";
    ops.level = COSIM_WALKER;
    ops.caps = COSIM_CAP_NESTED | COSIM_CAP_STAGE2 | COSIM_CAP_SUBSTREAM | COSIM_CAP_FAULTS;
    ops.built = built;
    return ops;
}

}

extern "C" {
extern const struct cosim_dut_ops DUT_OPS;
const struct cosim_dut_ops DUT_OPS = table();
}
