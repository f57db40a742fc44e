/* SPDX-License-Identifier: Apache-2.0
 *
 * conformance_smmuv3.h - what the two halves of the SMMUv3 runner share: vectors on the machine driven from
 * memory (conformance_smmuv3.c), and on whole systems (conformance_smmuv3_system.c).
 */
#ifndef TESTS_CONFORMANCE_SMMUV3_H
#define TESTS_CONFORMANCE_SMMUV3_H
#include "arch/smmuv3/regs.h"
#include "tests/conformance/conformance_unit.h"

/* Memory is as the vector had it, but for what hardware updated. */
void conformance_check_memory(struct score *s, const char *who, const struct json_object *v,
                              struct mem *mem);

void conformance_smmuv3_systems(const struct json_object *v, const struct smmuv3_regs *regs,
                                const struct xl_req *req, struct score *s, conformance_check *check);

#endif
