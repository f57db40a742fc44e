/* SPDX-License-Identifier: Apache-2.0
 *
 * generic.h - the suite that judges any L3 design: random accesses and changes under several kinds of memory, stalls and
 *             queues, then the sweep of invalidations over the phases of a request.
 *
 * It knows nothing of the design but what it claims to be.  The first wrong run ends it; its records are then cut
 * down to a few that fail in the same way.  Everything follows from the seed.
 */
#ifndef RTL_COSIM_GENERIC_H
#define RTL_COSIM_GENERIC_H
#include "rtl-cosim/drive/driver.h"
#include "rtl-cosim/stimulus/minimise.h"

struct generic_options {
    const struct cosim_dut_ops *ops;
    const struct system_config *config;    /* of the SMMUv3 that it claims to be, with time; borrowed     */
    uint64_t seed;
    uint64_t accesses;                     /* of each random run                                          */
    uint64_t rounds;                       /* times that all random runs are made, with other seeds       */
    uint64_t sweep_step;                   /* cycles from one trial to the next; 0: no sweep              */
    const char *only;                      /* runs whose names begin so; NULL: all                        */
    uint64_t max_runs;                     /* of candidates when cutting down; 0: it is not done          */
    const volatile int *stop;              /* set from outside: ends soon; may be NULL                    */
    void (*progress)(void *arg, const char *run);      /* a run begins; may be NULL                       */
    void *progress_arg;
};

enum { GENERIC_NAME = 80 };

struct generic_result {
    bool wrong;
    char run[GENERIC_NAME];                /* "random stalled 7", "sweep nh-va 4k-on-2m cold": the wrong one's, else the last one's */
    struct verdict verdict;                /* the first of the whole run; its request and record are of that */
    struct records records;                /* wrong: cut down; to be destroyed                            */
    struct driver_params par;              /* with these and this seed they fail                          */
    uint64_t seed;
    struct minimise_stats cut;
    uint64_t runs, requests, cycles;       /* of the suite, without the cutting down                      */
};

/* 0: r says what was found; SIM_EINPUT, SIM_EENV: d says what is missing. */
int  generic_run(const struct generic_options *opt, struct generic_result *r, struct diag *d);
void generic_result_destroy(struct generic_result *r);

#endif
