/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/vtd/caps.h"

#include "arch/vtd/invdesc.h"
#include "base/sim.h"

enum which { IN_ECAP, IN_CAP };

/* A field that is 0 unless all bits of `needs` are set in ECAP, or CAP; NEVER: the model does not have it. */
#define NEVER (1ull << 63)
#define E(N)  FIELD_MASK(ECAP, N)
static const struct dependency {
    uint64_t field, needs;
    enum which in, needs_in;
} dependencies[] = {
    { FIELD_MASK(CAP, AFL), NEVER, IN_CAP, IN_ECAP },        /* advanced fault log                   */
    { E(PMS), FIELD_MASK(CAP, ECMDS), IN_ECAP, IN_CAP },
    { FIELD_MASK(CAP, ECMDS), E(PMS), IN_CAP, IN_ECAP },   /* the commands are of counters  */
    { E(MTS), NEVER, IN_ECAP, IN_ECAP },                     /* memory types                         */
    { E(VCS), NEVER, IN_ECAP, IN_ECAP },                     /* virtual commands                     */
    { FIELD_MASK(CAP, PI), E(IR), IN_CAP, IN_ECAP },
    { FIELD_MASK(CAP, ESIRTPS), E(IR), IN_CAP, IN_ECAP },
    { E(EIM), E(IR), IN_ECAP, IN_ECAP },
    { E(MHMV), E(IR), IN_ECAP, IN_ECAP },
    { E(SMTS), E(QI), IN_ECAP, IN_ECAP },                    /* before those that need it in turn    */
    { E(SSADS), E(SMTS), IN_ECAP, IN_ECAP },
    { E(SSTS), E(SMTS), IN_ECAP, IN_ECAP },
    { E(FSTS), E(SMTS), IN_ECAP, IN_ECAP },
    { E(SMPWCS), E(SMTS), IN_ECAP, IN_ECAP },
    { E(RPS), E(SMTS), IN_ECAP, IN_ECAP },
    { E(RPRIVS), E(SMTS), IN_ECAP, IN_ECAP },
    { E(PASID), E(SMTS), IN_ECAP, IN_ECAP },
    { E(NEST), E(SSTS) | E(FSTS), IN_ECAP, IN_ECAP },
    { E(DIT), E(DT), IN_ECAP, IN_ECAP },
    { E(PRS), E(DT), IN_ECAP, IN_ECAP },
    { E(PDS), E(PRS), IN_ECAP, IN_ECAP },
};

void vtd_caps_limit(uint64_t *cap, uint64_t *ecap)
{
    for (size_t i = 0; i < ARRAY_LEN(dependencies); i++) {
        const struct dependency *d = &dependencies[i];

        uint64_t there = d->needs_in == IN_CAP ? *cap : *ecap;

        if (d->needs != NEVER && (there & d->needs) == d->needs)
            continue;
        if (d->in == IN_CAP)
            *cap &= ~d->field;
        else
            *ecap &= ~d->field;
    }
}

static bool has(uint64_t caps, uint64_t field)
{
    return (caps & field) != 0;
}

uint64_t vtd_caps_commands(uint64_t cap, uint64_t ecap)
{
    uint64_t bits = FIELD_MASK(GSTS, TES) | FIELD_MASK(GSTS, RTPS);

    if (has(cap, FIELD_MASK(CAP, RWBF)))
        bits |= FIELD_MASK(GSTS, WBFS);
    if (has(ecap, E(QI)))
        bits |= FIELD_MASK(GSTS, QIES);
    if (has(ecap, E(IR)))
        bits |= FIELD_MASK(GSTS, IRES) | FIELD_MASK(GSTS, IRTPS) | FIELD_MASK(GSTS, CFIS);
    return bits;
}

bool vtd_caps_has_register(uint64_t cap, uint64_t ecap, enum vtd_reg reg)
{
    switch (reg) {
    case VTD_REG_AFLOG:
        return has(cap, FIELD_MASK(CAP, AFL));
    case VTD_REG_PMEN:
        return has(cap, FIELD_MASK(CAP, PLMR) | FIELD_MASK(CAP, PHMR));
    case VTD_REG_PLMBASE: case VTD_REG_PLMLIMIT:
        return has(cap, FIELD_MASK(CAP, PLMR));
    case VTD_REG_PHMBASE: case VTD_REG_PHMLIMIT:
        return has(cap, FIELD_MASK(CAP, PHMR));
    case VTD_REG_IQH: case VTD_REG_IQT: case VTD_REG_IQA: case VTD_REG_ICS: case VTD_REG_IECTL:
    case VTD_REG_IEDATA: case VTD_REG_IEADDR: case VTD_REG_IEUADDR: case VTD_REG_IQERCD:
        return has(ecap, E(QI));
    case VTD_REG_IRTA:
        return has(ecap, E(IR));
    case VTD_REG_PQH: case VTD_REG_PQT: case VTD_REG_PQA: case VTD_REG_PRS: case VTD_REG_PECTL:
    case VTD_REG_PEDATA: case VTD_REG_PEADDR: case VTD_REG_PEUADDR:
        return has(ecap, E(PRS));
    default:
        return reg < VTD_REG_PERFCAP || has(ecap, E(PMS));
    }
}

bool vtd_caps_has_descriptor(uint64_t ecap, unsigned type)
{
    static const uint64_t needs[VTD_INV_TYPE_COUNT] = {
        [VTD_INV_DEVTLB] = E(DT), [VTD_INV_IEC] = E(IR), [VTD_INV_PIOTLB] = E(SMTS),
        [VTD_INV_PC] = E(SMTS), [VTD_INV_PDEVTLB] = E(SMTS) | E(DT), [VTD_INV_PGRSP] = E(PRS),
    };

    return type < VTD_INV_TYPE_COUNT && (ecap & needs[type]) == needs[type];
}
