/* SPDX-License-Identifier: Apache-2.0
 *
 * iommu_top.cpp - adapter of iommu_top, L3: the whole IOMMU in RTL, of any organisation.
 */
#include <cstring>

#include DUT_HEADER
#include "rtl-cosim/dut/built.h"
#include "rtl-cosim/dut/pins.h"

#ifndef DUT_OPS
#define DUT_OPS cosim_dut              /* in a shared object of its own */
#endif

namespace {

class Iommu : public RegisterDut<DUT_CLASS> {
public:
    using RegisterDut::RegisterDut;

    void tick(const struct cosim_in &in, struct cosim_out &out)
    {
        drive_registers(in.reg);
        drive_reads(in.ar_ready, in.r);
        drive_request(in.req);
        top->rsp_ready = in.rsp_ready;
        top->aw_ready = in.aw_ready;
        top->b_valid = in.b.valid;
        top->b_error = in.b.error;
        clock([&] {
            out = {};
            sample_shared(out);
            out.req_ready = top->req_ready;
            if (top->rsp_valid)
                sample_response(out.rsp);
            if (top->aw_valid)
                out.aw = { true, top->aw_id, top->aw_strb, top->aw_addr, top->aw_data };
        });
    }

private:
    void drive_request(const struct cosim_req &req)
    {
        top->req_valid = req.valid;
        top->req_id = uint16_t(req.id);
        top->req_sid = req.sid;
        top->req_ssv = req.has_ssid;
        top->req_ssid = req.ssid;
        top->req_write = req.write;
        top->req_exec = req.exec;
        top->req_priv = req.priv;
        top->req_addr = req.addr;
    }

    void sample_response(struct cosim_rsp &rsp)
    {
        rsp.valid = true;
        rsp.id = top->rsp_id;
        rsp.outcome = top->rsp_outcome;
        rsp.code = top->rsp_code;
        rsp.size_log2 = top->rsp_size_log2;
        rsp.addr = top->rsp_addr;
        rsp.trail.cfg_hit = top->rsp_cfg_hit;
        rsp.trail.tlb_hit = top->rsp_tlb_hit;
        rsp.trail.merged = top->rsp_merged;
        rsp.trail.cfg_reads = top->rsp_cfg_reads;
        rsp.trail.s1_reads = top->rsp_s1_reads;
        rsp.trail.s2_reads = top->rsp_s2_reads;
    }
};

/* Parameters of iommu_top.sv, in lower case, with their defaults there, and what profiles call them. */
struct named { const char *name; uint64_t otherwise; const char *path; };
const struct named parameter[] = {
    { "slots", 16, "smmu.tcu.slots.n" },           { "slots", 16, "smmu.tbu.slots.n" },
    { "merge", 1, "smmu.tcu.merge_walks" },        { "walk_slots", 8, "smmu.tcu.walk.n" },
    { "cfg_sets", 8, "smmu.tcu.cfg.sets" },        { "cfg_ways", 4, "smmu.tcu.cfg.ways" },
    { "tlb_sets", 32, "smmu.tcu.tlb.sets" },       { "tlb_ways", 4, "smmu.tcu.tlb.ways" },
    { "wc_s1l0_sets", 1, "smmu.tcu.wc_s1l0.sets" }, { "wc_s1l0_ways", 4, "smmu.tcu.wc_s1l0.ways" },
    { "wc_s1l1_sets", 4, "smmu.tcu.wc_s1l1.sets" }, { "wc_s1l1_ways", 2, "smmu.tcu.wc_s1l1.ways" },
    { "wc_s1l2_sets", 8, "smmu.tcu.wc_s1l2.sets" }, { "wc_s1l2_ways", 2, "smmu.tcu.wc_s1l2.ways" },
    { "wc_s2l0_sets", 1, "smmu.tcu.wc_s2l0.sets" }, { "wc_s2l0_ways", 4, "smmu.tcu.wc_s2l0.ways" },
    { "wc_s2l1_sets", 4, "smmu.tcu.wc_s2l1.sets" }, { "wc_s2l1_ways", 2, "smmu.tcu.wc_s2l1.ways" },
    { "wc_s2l2_sets", 8, "smmu.tcu.wc_s2l2.sets" }, { "wc_s2l2_ways", 2, "smmu.tcu.wc_s2l2.ways" },
    { "cmdq_fetch", 4, "smmu.cmdq.fetch" },        { "evtq_depth", 8, "smmu.evtq.buffer" },
};
constexpr size_t parameters = sizeof parameter / sizeof *parameter;

uint64_t value_of(const struct named &n)
{
    for (const struct cosim_param *p = built; p->name; p++)
        if (!strcmp(p->name, n.name))
            return p->value;
    return n.otherwise;
}

const struct cosim_param *by_path()
{
    static struct cosim_param list[parameters + 1];

    for (size_t i = 0; i < parameters; i++)
        list[i] = { parameter[i].path, value_of(parameter[i]) };
    return list;
}

struct cosim_dut_ops table()
{
    struct cosim_dut_ops ops = {};

    VerilatedOps<Iommu>::fill(&ops);
    ops.name = DUT_NAME;
    ops.about = "the whole IOMMU in RTL: an SMMUv3 of one unit, 4K granule, both stages";
    ops.level = COSIM_PIPELINE;
    ops.caps = COSIM_CAP_REGISTERS | COSIM_CAP_QUEUES | COSIM_CAP_REORDERS | COSIM_CAP_TRAIL | COSIM_CAP_SUBSTREAM |
               COSIM_CAP_NESTED | COSIM_CAP_STAGE2 | COSIM_CAP_FAULTS;
    ops.built = by_path();
    return ops;
}

}

extern "C" {
extern COSIM_EXPORT const struct cosim_dut_ops DUT_OPS;
const struct cosim_dut_ops DUT_OPS = table();
}
