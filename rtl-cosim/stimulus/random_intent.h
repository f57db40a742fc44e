/* SPDX-License-Identifier: Apache-2.0
 *
 * random_intent.h - random intent: what software means and devices ask for, for designs with any tables.
 *
 * A few domains with pages and blocks of all sizes, a few devices that move between them, and accesses: most to what
 * is mapped or was until a moment ago, some to neighbours and to nothing.  Everything that is changed is invalidated.
 * The same seed gives the same records.
 */
#ifndef RTL_COSIM_STIMULUS_RANDOM_INTENT_H
#define RTL_COSIM_STIMULUS_RANDOM_INTENT_H
#include "base/param.h"
#include "rtl-cosim/stimulus/records.h"

#define RANDOM_INTENT_PARAMS(P)                                                                    \
    P(u64, domains,  3, 1, 16, "1", "address spaces")                                              \
    P(u64, devices,  4, 1, 64, "1", "devices")                                                     \
    P(u64, pages,   12, 1, 64, "1", "places of a domain where something is mapped, now or later")  \
    P(u64, va_bits, 39, 32, 48, "1", "width of addresses")                                         \
    P(u64, change,   6, 0, 100, "%", "records that change a map")                                  \
    P(u64, move,     1, 0, 100, "%", "records that attach or detach a device")                     \
    P(u64, miss,    10, 0, 100, "%", "accesses beside what is mapped")                             \
    P(flag, write_only, 0, 0, 1, "flag", "maps that can be written and not read, too")

struct random_intent_params { PARAM_FIELDS(RANDOM_INTENT_PARAMS) };
extern const struct random_intent_params random_intent_defaults;

/* Until there are so many accesses.  0 or SIM_EENV. */
int random_intent(struct records *out, const struct random_intent_params *par, uint64_t accesses, uint64_t seed);

#endif
