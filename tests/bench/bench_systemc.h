/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_systemc.h - the patterns of bench_kernel on SystemC, where CMake found it.
 */
#ifndef TESTS_BENCH_SYSTEMC_H
#define TESTS_BENCH_SYSTEMC_H
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bench_systemc {         /* ns per wait, call, item; 0: not measured */
    double random_ns, pipeline_ns, transport_ns, fifo_ns;
    double random_method_ns, pipeline_method_ns;       /* by methods instead of threads */
};

/* The delays are in ps, `n` what is measured of each pattern. */
#ifdef BENCH_SYSTEMC
void bench_systemc_run(struct bench_systemc *to, const uint32_t *uniform, const uint32_t *pipeline,
                       uint32_t delays, uint64_t n);
#else
static inline void bench_systemc_run(struct bench_systemc *to, const uint32_t *uniform,
                                     const uint32_t *pipeline, uint32_t delays, uint64_t n)
{
    (void)to, (void)uniform, (void)pipeline, (void)delays, (void)n;
}
#endif

#ifdef __cplusplus
}
#endif
#endif
