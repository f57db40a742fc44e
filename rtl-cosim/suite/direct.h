/* SPDX-License-Identifier: Apache-2.0
 *
 * direct.h - which parameters a round of random stimulus is given: by chance, the more likely the more of what they lead
 *            to has not been met yet.
 *
 * A lever is a handful of settings with the bins that it brings nearer [cover.h]; levers that exclude each other share a
 * slot, and a round pulls one or none of each slot.  A bin that has not been met calls for its levers, and less so
 * with each round that pulled one of them in vain: what a design cannot reach does not hold up the rest.
 *
 * Everything follows from the seed and from what was met.
 */
#ifndef RTL_COSIM_DIRECT_H
#define RTL_COSIM_DIRECT_H
#include "rtl-cosim/drive/driver.h"
#include "rtl-cosim/judge/cover.h"
#include "rtl-cosim/stimulus/random.h"

#define DIRECT_CHOICES(C)                                                                            \
    C(FIXED,    "fixed",    "the given parameters, round after round")                               \
    C(RANDOM,   "random",   "by chance alone")                                                       \
    C(DIRECTED, "directed", "by what has not been met")
#define DIRECT_CHOICE_ENUM(N, name, help) DIRECT_##N,
enum direct_choice { DIRECT_CHOICES(DIRECT_CHOICE_ENUM) DIRECT_CHOICES_N };

enum { DIRECT_SLOTS_MAX = 16, DIRECT_TEXT = 1024 };

struct direct {
    enum direct_choice how;
    struct rng rng;
    struct cover seen;                 /* in all rounds so far */
    uint32_t vain[COVER_BINS];         /* rounds that were to meet it and did not */
    int pulled[DIRECT_SLOTS_MAX];      /* lever by slot; -1: none */
};

void direct_init(struct direct *d, enum direct_choice how, uint64_t seed);

/* Sets what the levers of the next round say; all else stays.  text: " --set PATH=VALUE" for each. */
void direct_choose(struct direct *d, struct driver_params *driver, struct random_params *random, char text[DIRECT_TEXT]);

/* What that round has met. */
void direct_learn(struct direct *d, const struct cover *round);

#endif
