/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/smmuv3/attr.h"

/* One half of a Normal type, from bits that say 1 non-cacheable, 2 write-through, 3 write-back. */
static uint8_t half(unsigned bits)
{
    static const uint8_t mair[4] = { 0, 0x4, 0xb, 0xf };

    return mair[bits];
}

uint8_t smmuv3_memattr(unsigned memattr)
{
    if ((memattr & 0xc) == 0)
        return (uint8_t)((memattr & 3) << 2);
    if ((memattr & 3) == 0)
        return 0;                      /* reserved: as Device-nGnRnE */
    return (uint8_t)(half(memattr >> 2) << 4 | half(memattr & 3));
}

struct smmuv3_attr smmuv3_attr(uint8_t mair, uint8_t sh)
{
    bool outer = smmuv3_is_device(mair) || mair == MAIR_NC;

    return (struct smmuv3_attr){ .mair = mair, .sh = outer ? SH_OSH : sh };
}

/* How cacheable one half is: 1 not, 2 write-through, 3 write-back. */
static unsigned rank(unsigned half_)
{
    return half_ == 4 ? 1 : half_ & 4 ? 3 : 2;
}

/* The less cacheable of two halves, with the hints of stage 1. */
static unsigned lesser(unsigned s1, unsigned s2)
{
    if (rank(s2) >= rank(s1))
        return s1;
    return rank(s2) == 1 ? 0x4 : s1 & 0xbu;        /* write-back becomes write-through */
}

/* One half with hints of its own; a transient one that allocates nothing has no encoding. */
static unsigned with_hints(unsigned half_, unsigned alloccfg)
{
    unsigned rw = alloccfg >> 1 & 3, transient = alloccfg & 1 && rw;

    if (rank(half_) == 1)
        return half_;
    return (transient ? 0u : 8u) | (rank(half_) == 3 ? 4u : 0u) | rw;
}

uint8_t smmuv3_alloc(uint8_t mair, unsigned alloccfg)
{
    if (!(alloccfg & 8) || smmuv3_is_device(mair))
        return mair;
    return (uint8_t)(with_hints(mair >> 4, alloccfg) << 4 | with_hints(mair & 0xf, alloccfg));
}

static uint8_t restrict_type(uint8_t s1, uint8_t s2)
{
    if (smmuv3_is_device(s1) && smmuv3_is_device(s2))
        return s1 < s2 ? s1 : s2;
    if (smmuv3_is_device(s1))
        return s1;
    if (smmuv3_is_device(s2))
        return s2;
    return (uint8_t)(lesser(s1 >> 4, s2 >> 4) << 4 | lesser(s1 & 0xf, s2 & 0xf));
}

/* Stage 2 forced write-back: 0xx Device, 5 non-cacheable, 6 write-back, 7 as stage 1 says. */
static uint8_t force_type(uint8_t s1, unsigned memattr)
{
    switch (memattr & 7) {
    case 7:
        return s1;
    case 6:
        return MAIR_WB;
    case 5:
        return smmuv3_is_device(s1) ? s1 : MAIR_NC;
    default:
        return restrict_type(s1, (uint8_t)((memattr & 3) << 2));
    }
}

static uint8_t wider(uint8_t a, uint8_t b)
{
    if (a == SH_OSH || b == SH_OSH)
        return SH_OSH;
    return a == SH_ISH || b == SH_ISH ? SH_ISH : SH_NSH;
}

struct smmuv3_attr smmuv3_attr_combine(struct smmuv3_attr in, unsigned memattr, uint8_t sh, bool fwb)
{
    uint8_t mair = fwb ? force_type(in.mair, memattr) : restrict_type(in.mair, smmuv3_memattr(memattr));

    return smmuv3_attr(mair, wider(in.sh, sh));
}

bool smmuv3_memattr_device(unsigned memattr, bool fwb)
{
    return fwb ? !(memattr & 4) : !(memattr & 0xc);
}
