/* SPDX-License-Identifier: Apache-2.0
 *
 * oracle.h - SMMUv3 for arch/oracle: the machine driven without caches, and what commands must remove.
 *            [SMMUv3 4.3, 4.4; matrix: fact sheet 6.4]
 */
#ifndef ARCH_SMMUV3_ORACLE_H
#define ARCH_SMMUV3_ORACLE_H
#include "arch/oracle.h"
#include "arch/smmuv3/cmd.h"
#include "arch/smmuv3/translate.h"

/* What oracle_new takes as registers: with them, which of an imitated implementation's outcomes count as
 * right (not its ways to them, which are no business of the oracle). */
struct smmuv3_oracle_view {
    const struct smmuv3_regs *regs;
    struct smmuv3_impl impl;
};

extern const struct oracle_arch smmuv3_oracle;

/* False if the command removes nothing from any cache of the SMMU. */
bool smmuv3_oracle_inval(const struct smmuv3_cmd *c, struct oracle_inval *inv);

#endif
