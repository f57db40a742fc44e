/* SPDX-License-Identifier: Apache-2.0
 *
 * translate_impl.h - what the parts of the machine know of each other: translate.c has the structures and the
 * ends, translate_walk.c the paging, translate_ir.c interrupts.
 */
#ifndef ARCH_VTD_TRANSLATE_IMPL_H
#define ARCH_VTD_TRANSLATE_IMPL_H
#include "arch/vtd/translate.h"

enum vtd_xl_after { VTD_XL_AFTER_OUTPUT, VTD_XL_AFTER_TABLE, VTD_XL_AFTER_UPDATE };

void vtd_xl_end(struct vtd_xl *m, enum xl_outcome outcome, uint64_t pa);
void vtd_xl_fault(struct vtd_xl *m, enum vtd_reason_code code);
void vtd_xl_end_with_leaf(struct vtd_xl *m);
void vtd_xl_expect(const struct vtd_xl *m, enum vtd_q_kind kind);

/* enum vtdss_perm that the access needs of the second stage. */
uint8_t vtd_xl_needed(const struct xl_req *req);
/* A fetch of instructions: a request without PASID cannot say that it is one. */
bool vtd_xl_executes(const struct vtd_xl *m);
/* Does the answer grant writes, so that dirty bits are to be set? */
bool vtd_xl_grants_write(const struct vtd_xl *m);
/* The reason for a second-stage walk that ended so, for the access itself. */
enum vtd_reason_code vtd_xl_ss_reason(const struct vtd_xl *m, enum vtdss_fault fault, uint8_t need);

/* Asks where the walk may begin. */
void vtd_xl_ask_seed(struct vtd_xl *m, unsigned stage, uint64_t in);
/* Nothing is cached of what SEED, GPA asked for. */
void vtd_xl_no_seed(struct vtd_xl *m);
void vtd_xl_no_gpa(struct vtd_xl *m);
void vtd_xl_take_fs(struct vtd_xl *m, const uint64_t *words);
void vtd_xl_take_ss(struct vtd_xl *m, const uint64_t *words);
void vtd_xl_take_update(struct vtd_xl *m, const uint64_t *words);

void vtd_xl_begin_ir(struct vtd_xl *m);
void vtd_xl_no_irte(struct vtd_xl *m);
/* An entry or a posted-interrupt descriptor. */
void vtd_xl_take_ir(struct vtd_xl *m, const uint64_t *words);

#endif
