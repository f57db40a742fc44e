/* SPDX-License-Identifier: Apache-2.0
 *
 * lockstep.h - two designs of one level, clocked together with the same inputs, that have to answer alike in every
 *              field of struct cosim_out in every cycle: a block in RTL and its twin in C (levels 0 to 2).
 *
 * What they are given comes from a stimulus, a table of functions for each kind of block.  It sees what the design
 * said, so that it can hold what was not taken, answer reads, and follow a queue's registers, and it follows the
 * seed alone otherwise: the same seed, the same run.  It may not ask for what the block's manual excludes.
 *
 * The first difference ends a run: cycle, field, both values, and the inputs and outputs of the last cycles.  The
 * design's assertions count as a difference, too.  The run can then be repeated with a waveform of the cycles around it.
 */
#ifndef RTL_COSIM_LOCKSTEP_H
#define RTL_COSIM_LOCKSTEP_H
#include <stdio.h>

#include "base/diag.h"
#include "rtl-cosim/dut.h"

struct lockstep_stimulus {
    size_t bytes;                      /* of its state, which is zero at first                            */
    /* For a design built with these parameters, NULL-terminated as in struct cosim_dut_ops.  0 or SIM_E... */
    int  (*init)(void *state, const struct cosim_param *built, uint64_t seed);
    void (*destroy)(void *state);      /* may be NULL; also after an init that failed                     */
    /* The inputs of the next cycle, in *in, which still has those of the last one; `said` is what the design
     * answered to these.  Both are zero at first.  Returns how many operations the last cycle was. */
    unsigned (*next)(void *state, struct cosim_in *in, const struct cosim_out *said);
};

/* A kind of block: the twin, which takes the parameters that the design was built with, and what to give both. */
struct lockstep_kind {
    const char *name;                  /* of the block: designs with names that begin so are of this kind */
    const struct cosim_dut_ops *twin;
    const struct lockstep_stimulus *stimulus;
    bool any_name;                     /* and those of its level with names that are of no kind: its parameters say all */
};

/* K(name): struct lockstep_kind lockstep_name, in twin/. */
#define LOCKSTEP_KINDS(K)                                                                          \
    K(iotlb) K(cfg_cache) K(walk_cache) K(walker) K(cmdq)

#define LOCKSTEP_KIND(name) extern const struct lockstep_kind lockstep_##name;
LOCKSTEP_KINDS(LOCKSTEP_KIND)
#undef LOCKSTEP_KIND

/* NULL: there is no twin of it. */
const struct lockstep_kind *lockstep_kind_of(const struct cosim_dut_ops *dut);

struct lockstep {
    const struct cosim_dut_ops *dut, *twin;
    const struct lockstep_stimulus *stimulus;
    uint64_t operations, seed;
    /* Parameters of the twin that are not as the design was built; NULL-terminated; may be NULL.  For experiments
     * and to see that a difference is found. */
    const struct cosim_param *instead;
    const char *wave;                  /* path for a waveform of the first difference; may be NULL        */
    const char *coverage;              /* path for what the run covered of the design; may be NULL        */
    uint64_t quiet_cycles;             /* without an operation until the run counts as stuck; 0: 1000000  */
};

enum { LOCKSTEP_HISTORY = 48, LOCKSTEP_AFTER = 8 };      /* cycles before and after, in reports and waveforms */

enum lockstep_end { LOCKSTEP_EQUAL, LOCKSTEP_DIFFERS, LOCKSTEP_ASSERTION, LOCKSTEP_STUCK };

struct lockstep_result {
    enum lockstep_end end;
    uint64_t cycles, operations;       /* with the last one                                               */
    const char *field;                 /* of the difference: as in struct cosim_out                       */
    uint64_t dut, twin;                /* its values                                                      */
    struct lockstep_cycle { struct cosim_in in; struct cosim_out dut, twin; } last[LOCKSTEP_HISTORY];
};                                     /* cycle n in last[n % LOCKSTEP_HISTORY]                           */

/* For design `dut` and its kind; false if it has none. */
bool lockstep_of(struct lockstep *l, const struct cosim_dut_ops *dut, uint64_t operations, uint64_t seed);

/* 0, whatever the end is, or SIM_E... with d filled: a design that cannot be made. */
int  lockstep_run(const struct lockstep *l, struct lockstep_result *r, struct diag *d);

/* Says how the run ended, and of a difference each of the last cycles in which something went on. */
void lockstep_report(const struct lockstep_result *r, FILE *f);

/* A parameter of a list as in struct cosim_dut_ops, or what it is if it is not there. */
uint64_t lockstep_param(const struct cosim_param *list, const char *name, uint64_t otherwise);

#endif
