/* SPDX-License-Identifier: Apache-2.0
 *
 * vtd_ref.h - a second VT-d unit for tests: one request from source-id to output address, straight down the
 *             list of checks.  [VT-d 3, 7.1, 9; fact sheet 2 to 5, 8.1]
 *
 * Shares nothing with model/arch but the structs a request and the registers come in.  Structures are decoded by
 * the bit numbers of the whole structure, tables are walked by plain loops, and nothing is kept from one request to
 * the next.  It answers what the machine answers and what memory saw: reads in order, and the words that accessed
 * and dirty bits change (held back from memory, but seen by later reads of the same request).
 *
 * Left out: execute permission of the second stage, memory types.
 */
#ifndef TESTS_MODEL_ARCH_VTD_REF_H
#define TESTS_MODEL_ARCH_VTD_REF_H
#include "arch/vtd/context.h"
#include "arch/xlate.h"

enum { VTD_REF_READS = 96, VTD_REF_WRITES = 64 };

struct vtd_ref_read  { char name[12]; uint64_t pa; };
struct vtd_ref_write { uint64_t pa, old, new; };

struct vtd_ref {
    uint8_t  outcome;          /* enum xl_outcome                                            */
    uint8_t  code;             /* fault reason, 0: none                                      */
    bool     recorded;
    uint64_t pa;
    bool     leaf;             /* a translation was found: what follows is valid             */
    unsigned size_log2;        /* of the smaller of both stages' pages                       */
    unsigned perm1, perm2;     /* enum xl_perm of the first stage, R and W of the second      */
    bool     dirty1, dirty2;   /* a write would have to set a dirty bit                      */
    bool     super;            /* judged as a supervisor's                                   */
    bool     ats_r, ats_w, ats_x;
    bool     did_known;
    uint16_t did;
    unsigned reads, writes;
    struct vtd_ref_read  read[VTD_REF_READS];
    struct vtd_ref_write write_at[VTD_REF_WRITES];
};

/* False if the read aborts. */
typedef bool vtd_ref_mem(void *arg, uint64_t pa, unsigned words, uint64_t *out);

void vtd_ref_run(struct vtd_ref *a, const struct vtd_regs *regs, const struct xl_req *req, vtd_ref_mem *mem,
                 void *arg);

#endif
