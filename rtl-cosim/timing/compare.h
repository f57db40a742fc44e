/* SPDX-License-Identifier: Apache-2.0
 *
 * compare.h - are two designs equally fast?  Latencies of the same requests on both sides, class by class.
 *
 * Classes are latency.h's, told by what a request met on the side that is compared (`found`); the reference is the
 * model.  A class is equal if every request took as long, within if the tolerances hold, else outside.
 */
#ifndef RTL_COSIM_COMPARE_H
#define RTL_COSIM_COMPARE_H
#include "base/param.h"
#include "rtl-cosim/timing/latency.h"

#define TOLERANCE_PARAMS(P)                                                                        \
    P(u64, cycles, 0, 0, 65536, "cycles", "that a class's mean and percentile may differ by in any case") \
    P(u64, mean,   3, 0, 1000, "%", "that a class's mean may differ by")                           \
    P(u64, p99,   10, 0, 1000, "%", "that its 99th percentile may differ by")                      \
    P(u64, total,  2, 0, 1000, "%", "that the run's length may differ by")                         \
    P(u64, least,  1, 1, 1000000, "1", "requests that a class has to have on either side to be judged")

struct tolerance { PARAM_FIELDS(TOLERANCE_PARAMS) };
extern const struct param_row tolerance_rows[];
extern const size_t tolerance_row_count;
void tolerance_defaults(struct tolerance *t);

/* NONE: no request; FEW: too few to be judged. */
enum compare_verdict { COMPARE_NONE, COMPARE_FEW, COMPARE_EQUAL, COMPARE_WITHIN, COMPARE_OUTSIDE };
extern const char *const compare_verdict_name[];

struct class_error {
    struct cosim_summary found, model;
    uint64_t pairs;                    /* requests that were of the class on both sides            */
    double   mean_error;               /* of means, relative to the model's; signed                */
    double   p99_error;
    double   mean_abs;                 /* of pairs, cycles                                         */
    double   correlation;              /* of pairs; 0 where one side does not vary                  */
    double   ks;                       /* largest distance of the two distributions, 0..1          */
    uint64_t worst;                    /* request of the largest error among pairs                 */
    uint8_t  verdict;                  /* enum compare_verdict                                     */
};

struct run_error {
    struct class_error of[COSIM_CLASSES_N];
    uint64_t cycles_found, cycles_model;
    double   total_error;              /* relative, signed */
    uint8_t  verdict;                  /* the worst */
};

/* Lists may be in any order; they are not changed.  0 or SIM_EENV. */
int compare_latency(const struct cosim_latency *found, const struct cosim_latency *model, uint64_t cycles_found,
                    uint64_t cycles_model, const struct tolerance *t, struct run_error *e);

#endif
