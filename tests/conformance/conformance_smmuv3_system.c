/* SPDX-License-Identifier: Apache-2.0
 *
 * conformance_smmuv3_system.c - one transaction on a whole SMMUv3, with and without caches, functional and
 * in time, each cold and then warm.
 */
#include "tests/conformance/conformance_smmuv3.h"

#include <stdlib.h>

#include "base/sim.h"
#include "system/smmuv3/smmuv3.h"

#define STORES(ways)                                                                                \
    { "smmu.tbu.utlb.sets", "1" },   { "smmu.tbu.utlb.ways", ways },                                \
    { "smmu.tbu.tlb.sets", "1" },    { "smmu.tbu.tlb.ways", ways },                                 \
    { "smmu.tcu.tlb.sets", "1" },    { "smmu.tcu.tlb.ways", ways },                                 \
    { "smmu.tcu.cfg.sets", "1" },    { "smmu.tcu.cfg.ways", ways },                                 \
    { "smmu.tcu.ipa.sets", "1" },    { "smmu.tcu.ipa.ways", ways },                                 \
    { "smmu.tcu.wc_s1l0.sets", "1" }, { "smmu.tcu.wc_s1l1.sets", "1" }, { "smmu.tcu.wc_s1l2.sets", "1" }, \
    { "smmu.tcu.wc_s2l0.sets", "1" }, { "smmu.tcu.wc_s2l1.sets", "1" }, { "smmu.tcu.wc_s2l2.sets", "1" }, \
    { "smmu.tcu.ipa_cache", "own" }

static const struct unit_kind kinds[] = {
    { "no caches", false, { { NULL, NULL } } },
    { "all caches", false, { STORES("16") } },
    { "caches of one entry", false, { STORES("1") } },
    { "stages in caches of their own", false, { STORES("16"), { "smmu.tcu.tlb_stages", "split" } } },
    { "in time, no caches", true, { { NULL, NULL } } },
    { "in time, all caches", true, { STORES("16") } },
};

/* ---- a unit as the vector wants it --------------------------------------------------------------- */

/* A row's value reaches the unit as the driver's write does, in an order that it allows. */
static void write_regs(struct system *sys, const struct smmuv3_regs *r)
{
    const struct { uint32_t offset; uint64_t value; unsigned bytes; } id[] = {
        { 0x00, r->idr0, 4 }, { 0x04, r->idr1, 4 },  { 0x0c, r->idr3, 4 },
        { 0x14, r->idr5, 4 }, { 0x1c, r->aidr, 4 },
    }, ctl[] = {
        { 0x28, r->cr1, 4 }, { 0x2c, r->cr2, 4 }, { 0x44, r->gbpa | 1u << 31, 4 },
        { 0x80, r->strtab_base, 8 }, { 0x88, r->strtab_base_cfg, 4 }, { 0x20, r->cr0, 4 },
    };

    for (size_t i = 0; i < ARRAY_LEN(id); i++)
        system_capability(sys, id[i].offset, id[i].value);
    for (size_t i = 0; i < ARRAY_LEN(ctl); i++)
        system_reg_write(sys, ctl[i].offset, ctl[i].value, ctl[i].bytes);
}

static void start(struct system *sys, const struct json_object *v, const void *regs)
{
    const struct json_object *aborts = jget(v, "abort_pa");

    json_object_object_foreach(jown(jget(v, "mem")), at, word) {
        uint64_t value = jvalue(word);

        system_table_write(sys, strtoull(at, NULL, 0), &value, 1);
    }
    for (size_t i = 0; i < jlen(aborts); i++)
        mem_abort_region(sys->mem, jvalue(jat(aborts, i)), jvalue(jat(aborts, i)) + 7);
    write_regs(sys, regs);
}

void conformance_smmuv3_systems(const struct json_object *v, const struct smmuv3_regs *regs,
                                const struct xl_req *req, struct score *s, conformance_check *check)
{
    const struct unit_run run = { .start = start, .check = check, .check_memory = conformance_check_memory };

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        conformance_on_unit(SYSTEM_SMMUV3, &kinds[i], &run, v, regs, req, s);
}
